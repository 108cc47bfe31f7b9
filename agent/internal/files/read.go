package files

import (
	"io"

	"golang.org/x/sys/unix"
)

// Content is an open file. Size is -1 where only reading tells (/proc, /sys).
type Content struct {
	Size    int64
	Mode    uint32 // permission bits with setuid, setgid, sticky
	MtimeMs int64

	service *Service
	fd      int
	small   []byte // the whole content, when it was read along with the open
}

// smallRead is read in the same step as the open: one change of thread instead of many.
const smallRead = 64 << 10

// Open opens a regular file for reading as user. It never waits: not for a FIFO's writer, not for a device.
func (s *Service) Open(path, user string) (*Content, error) {
	if err := check(path); err != nil {
		return nil, err
	}
	cred, err := s.who(user)
	if err != nil {
		return nil, err
	}
	c := &Content{service: s, fd: -1}
	err = s.as(cred, path, func() error { return c.open(path) })
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func (c *Content) open(path string) error {
	var st unix.Stat_t
	// Before the open: opening some devices has effects.
	if err := unix.Stat(path, &st); err != nil {
		return err
	}
	if err := wantRegular(path, &st); err != nil {
		return err
	}
	fd, err := retry(func() (int, error) {
		return unix.Open(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC|unix.O_NOCTTY, 0)
	})
	if err != nil {
		return err
	}
	c.fd = fd
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	if err := wantRegular(path, &st); err != nil {
		return err
	}
	c.Size, c.Mode, c.MtimeMs = st.Size, st.Mode&0o7777, st.Mtim.Nano()/1e6
	if onKernelSystem(fd) {
		if ownSecret(fd) {
			return refuse("permission", path, "is the agent's own")
		}
		c.Size = -1
		return nil
	}
	if c.Size <= smallRead {
		return c.readSmall()
	}
	return nil
}

func (c *Content) readSmall() error {
	c.small = make([]byte, c.Size)
	n, err := readFull(c.fd, c.small)
	if err != nil {
		return err
	}
	c.small, c.Size = c.small[:n], int64(n)
	return nil
}

// CopyTo writes the content to w. An error after Size was promised means that the file has changed or failed meanwhile.
func (c *Content) CopyTo(w io.Writer) error {
	if c.small != nil {
		_, err := w.Write(c.small)
		return err
	}
	buf := chunks.Get().(*[]byte)
	defer chunks.Put(buf)
	for left := c.Size; left != 0; {
		room := *buf
		if left > 0 {
			room = room[:min(left, int64(len(room)))]
		}
		var n int
		var err error
		c.service.pool.Block(func() { n, err = retry(func() (int, error) { return unix.Read(c.fd, room) }) })
		switch {
		case err != nil:
			return err
		case n == 0 && left > 0:
			return io.ErrUnexpectedEOF
		case n == 0:
			return nil
		}
		if _, err := w.Write(room[:n]); err != nil {
			return err
		}
		if left > 0 {
			left -= int64(n)
		}
	}
	return nil
}

// Close gives the file back.
func (c *Content) Close() {
	closeFD(c.fd)
	c.fd = -1
}

func wantRegular(path string, st *unix.Stat_t) error {
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		return nil
	case unix.S_IFDIR:
		return unix.EISDIR
	}
	return refuse("special", path, "is a device, a FIFO or a socket")
}

func readFull(fd int, b []byte) (int, error) {
	done := 0
	for done < len(b) {
		n, err := retry(func() (int, error) { return unix.Read(fd, b[done:]) })
		if err != nil {
			return done, err
		}
		if n == 0 {
			break
		}
		done += n
	}
	return done, nil
}

func writeFull(fd int, b []byte) error {
	for len(b) > 0 {
		n, err := retry(func() (int, error) { return unix.Write(fd, b) })
		if err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// retry repeats what a signal interrupted.
func retry(fn func() (int, error)) (int, error) {
	for {
		n, err := fn()
		if err != unix.EINTR {
			return n, err
		}
	}
}
