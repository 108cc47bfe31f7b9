package files

import (
	"io"

	"golang.org/x/sys/unix"
)

// Content is an open file, or a part of it. Size is -1 where only reading tells (/proc, /sys).
type Content struct {
	Size    int64  // of the whole file
	From    int64  // where the part begins
	Length  int64  // of the part; -1 as Size
	Partial bool   // a part was asked for, and is what this is
	Mode    uint32 // permission bits with setuid, setgid, sticky
	MtimeMs int64
	ETag    string // "" where there is none

	service *Service
	fd      int
	small   []byte // the whole part, or the beginning where only reading tells, when it was read along with the open
}

// ReadOptions ask for a part.
type ReadOptions struct {
	Range   string // as HTTP's header has it; "" is all
	IfRange string // the etag to which the range belongs; "" is any
}

// smallRead is read in the same step as the open: one change of thread instead of many.
const smallRead = 64 << 10

// Open opens a regular file for reading as user. It never waits: not for a FIFO's writer, not for a device.
func (s *Service) Open(path, user string, options ReadOptions) (*Content, error) {
	if err := check(path); err != nil {
		return nil, err
	}
	cred, err := s.who(user)
	if err != nil {
		return nil, err
	}
	c := &Content{service: s, fd: -1}
	err = s.as(cred, path, func() error { return c.open(path, options) })
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func (c *Content) open(path string, options ReadOptions) error {
	fd, st, err := openRegular(path)
	if err != nil {
		return err
	}
	c.fd = fd
	c.Size, c.Mode, c.MtimeMs = st.Size, st.Mode&0o7777, millis(st.Mtim)
	if onKernelSystem(fd) {
		if ownSecret(fd) {
			return refuse("permission", path, "is the agent's own")
		}
		c.Size, c.Length = -1, -1
		return c.readHead(path)
	}
	c.ETag, c.Length = etagOf(st), c.Size
	if options.Range != "" && (options.IfRange == "" || options.IfRange == c.ETag) {
		if err := c.part(path, options.Range); err != nil {
			return err
		}
	}
	if c.Length <= smallRead {
		return c.readSmall()
	}
	return nil
}

// part narrows the content down to a range; one that is no range, or more than one, is as none.
func (c *Content) part(path, spec string) error {
	from, length, ok := parseRange(spec, c.Size)
	if !ok {
		return nil
	}
	if length <= 0 {
		e := refuse("range", path, "the range lies outside of the file")
		e.Size = &c.Size
		return e
	}
	c.From, c.Length, c.Partial = from, length, true
	return nil
}

// openRegular opens path for reading when it is a regular file. Runs as the acting user.
func openRegular(path string) (int, *unix.Stat_t, error) {
	var st unix.Stat_t
	// Before the open: opening some devices has effects.
	if err := unix.Stat(path, &st); err != nil {
		return -1, nil, err
	}
	if err := wantRegular(path, &st); err != nil {
		return -1, nil, err
	}
	fd, err := retry(func() (int, error) {
		return unix.Open(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC|unix.O_NOCTTY, 0)
	})
	if err != nil {
		return -1, nil, err
	}
	if st, err = regular(fd, path); err != nil {
		return -1, nil, err
	}
	return fd, &st, nil
}

// regular tells of an opened file, and closes it when it is none.
func regular(fd int, path string) (st unix.Stat_t, err error) {
	if err = unix.Fstat(fd, &st); err == nil {
		err = wantRegular(path, &st)
	}
	if err != nil {
		_ = unix.Close(fd)
	}
	return st, err
}

// readHead begins to read a file of the kernel's: whether that can be read at all only the first read tells.
func (c *Content) readHead(path string) error {
	head := make([]byte, smallRead)
	n, err := retry(func() (int, error) { return unix.Read(c.fd, head) })
	if err != nil {
		if known(err) {
			return err
		}
		return refuse("special", path, "cannot be read: "+err.Error())
	}
	c.small = head[:n]
	return nil
}

func (c *Content) readSmall() error {
	c.small = make([]byte, c.Length)
	n, err := readAt(c.fd, c.small, c.From)
	if err != nil {
		return err
	}
	c.small = c.small[:n]
	if n < int(c.Length) {
		c.Length = int64(n) // it has become shorter since
		if !c.Partial {
			c.Size = c.Length
		}
	}
	return nil
}

// CopyTo writes the content to w. An error after Length was promised means that the file has changed or failed meanwhile.
func (c *Content) CopyTo(w io.Writer) error {
	if c.small != nil {
		if _, err := w.Write(c.small); err != nil || c.Length >= 0 {
			return err
		}
	}
	if c.From > 0 {
		if _, err := unix.Seek(c.fd, c.From, 0); err != nil {
			return err
		}
	}
	return c.service.send(w, c.fd, c.Length)
}

// send writes left bytes of an open file to w; -1 is all that there are.
func (s *Service) send(w io.Writer, fd int, left int64) error {
	buf := chunks.Get().(*[]byte)
	defer chunks.Put(buf)
	for left != 0 {
		room := *buf
		if left > 0 {
			room = room[:min(left, int64(len(room)))]
		}
		var n int
		var err error
		s.pool.Block(func() { n, err = retry(func() (int, error) { return unix.Read(fd, room) }) })
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
