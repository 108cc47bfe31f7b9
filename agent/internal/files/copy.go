package files

import (
	"context"
	"errors"

	"golang.org/x/sys/unix"

	"atoll/agent/internal/fsid"
	"atoll/agent/internal/umask"
)

// errPending stops a walk so that a content can be moved outside of the user's thread; the walk goes on behind it.
var errPending = errors.New("a content is to be moved")

// copier copies a tree into folders that it makes. Links stay links; devices, FIFOs and sockets are left out.
type copier struct {
	service *Service
	cred    fsid.Cred
	path    string
	walker  *walker
	dirs    []filled    // the folders being filled, outermost first
	root    unix.Stat_t // of the outermost
	pending *pendingCopy
	whole   bool // nothing may be left out: the original is going to be removed
}

type filled struct {
	rel string // of the original
	fd  int
}

type pendingCopy struct {
	src, dst int
	st       unix.Stat_t
	at       int64 // how far a copy that looks for holes has come
}

// tree copies what is in the folder at path into rootFD, which is the caller's.
func (c *copier) tree(ctx context.Context, rootFD int) error {
	c.dirs = []filled{{"", rootFD}}
	if err := unix.Fstat(rootFD, &c.root); err != nil {
		return wrap(c.path, err)
	}
	c.walker = &walker{visit: c.visit, leave: c.leave, denied: func(_ string, err error) error { return err }}
	defer c.close()
	if err := c.service.as(c.cred, c.path, func() error { return c.walker.begin(c.path) }); err != nil {
		return err
	}
	for done := false; !done; {
		err := c.service.as(c.cred, c.path, func() (err error) {
			if done, err = c.walker.step(batch); errors.Is(err, errPending) {
				return nil
			}
			return err
		})
		if err == nil && c.pending != nil {
			err = c.content(ctx)
		}
		if err == nil && stopped(ctx) {
			err = wrap(c.path, unix.ECANCELED)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *copier) visit(n *node) error {
	into := c.at(parentOf(n.rel))
	switch n.st.Mode & unix.S_IFMT {
	case unix.S_IFDIR:
		if n.st.Dev == c.root.Dev && n.st.Ino == c.root.Ino {
			return refuse("invalid", c.path, "holds the place that it is copied to")
		}
		fd, err := makeDir(into, n.name)
		if err == nil {
			c.dirs = append(c.dirs, filled{n.rel, fd})
		}
		return err
	case unix.S_IFLNK:
		target, err := readlinkAt(n.dirFD, n.name)
		if err != nil {
			return err
		}
		if err := unix.Symlinkat(target, into, n.name); err != nil {
			return err
		}
		return keep(into, n.name, -1, &n.st, c.cred)
	case unix.S_IFREG:
		src, err := unix.Openat(n.dirFD, n.name, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
		if err != nil {
			return err
		}
		return c.open(src, into, n.name)
	}
	if c.whole {
		return c.special(n, into)
	}
	return nil
}

// at is the copy of a folder that the walk is in. One behind it was never entered: its original vanished as it was to be, or is the kernel's.
func (c *copier) at(rel string) int {
	last := len(c.dirs) - 1
	for ; last > 0 && c.dirs[last].rel != rel; last-- {
		closeFD(c.dirs[last].fd)
		c.dirs = c.dirs[:last]
	}
	return c.dirs[last].fd
}

// special makes a FIFO anew; what else there is stays what it is only where it is.
func (c *copier) special(n *node, into int) error {
	if n.st.Mode&unix.S_IFMT != unix.S_IFIFO {
		return refuse("special", join(c.path, n.rel), "is a device or a socket, which cannot go to another file system; nothing is moved")
	}
	return makeFIFO(into, n.name, &n.st, c.cred)
}

func makeFIFO(dirFD int, name string, st *unix.Stat_t, cred fsid.Cred) error {
	_, err := umask.Make(func() (int, error) { return 0, unix.Mknodat(dirFD, name, unix.S_IFIFO|0o600, 0) })
	if err != nil {
		return err
	}
	fd, err := unix.Openat(dirFD, name, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return keep(-1, "", fd, st, cred)
}

// open begins the copy of one file; src is taken over.
func (c *copier) open(src, dirFD int, name string) error {
	p := &pendingCopy{src: src, dst: -1}
	c.pending = p
	if err := unix.Fstat(src, &p.st); err != nil {
		return err
	}
	var err error
	p.dst, err = umask.Openat(dirFD, name, unix.O_CREAT|unix.O_EXCL|unix.O_WRONLY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return err
	}
	return errPending
}

// content moves the bytes of the pending file and finishes it.
func (c *copier) content(ctx context.Context) error {
	p := c.pending
	for done := false; !done; {
		var err error
		c.service.pool.Block(func() { done, err = p.some() })
		if err == nil && stopped(ctx) {
			err = unix.ECANCELED
		}
		if err != nil {
			return wrap(c.path, err)
		}
	}
	err := c.service.as(c.cred, c.path, func() error { return keep(-1, "", p.dst, &p.st, c.cred) })
	c.drop()
	return err
}

func (c *copier) leave(dirFD int, name, rel string) error {
	fd := c.at(rel)
	c.dirs = c.dirs[:len(c.dirs)-1]
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstatat(dirFD, name, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return err
	}
	return keep(-1, "", fd, &st, c.cred)
}

func (c *copier) drop() {
	if c.pending != nil {
		closeFD(c.pending.src)
		closeFD(c.pending.dst)
		c.pending = nil
	}
}

func (c *copier) close() {
	c.walker.close()
	c.drop()
	for _, dir := range c.dirs[1:] {
		closeFD(dir.fd)
	}
}

// some moves the next chunk.
func (p *pendingCopy) some() (done bool, err error) {
	if p.st.Blocks*512 >= p.st.Size { // or it is one of /proc, whose size is 0 and whose holes nobody tells
		n, err := copySome(p.src, p.dst, chunk)
		return n == 0, err
	}
	data, err := unix.Seek(p.src, p.at, unix.SEEK_DATA)
	if errors.Is(err, unix.ENXIO) { // a hole up to the end, or the end
		end, err := unix.Seek(p.src, 0, unix.SEEK_END)
		if err != nil {
			return false, err
		}
		return true, unix.Ftruncate(p.dst, max(p.at, end))
	}
	if err != nil {
		return false, err
	}
	hole, err := unix.Seek(p.src, data, unix.SEEK_HOLE)
	if err != nil {
		return false, err
	}
	for _, fd := range []int{p.src, p.dst} {
		if _, err := unix.Seek(fd, data, unix.SEEK_SET); err != nil {
			return false, err
		}
	}
	n, err := copySome(p.src, p.dst, int(min(chunk, hole-data)))
	p.at = data + int64(n)
	return n == 0, err
}

// chunk bounds how long a copy goes on before it looks whether it is still wanted.
const chunk = 4 << 20

// copySome moves up to limit bytes, in the kernel where it can; none is the end.
func copySome(src, dst, limit int) (int, error) {
	n, err := retry(func() (int, error) { return unix.CopyFileRange(src, nil, dst, nil, limit, 0) })
	if err == nil && n > 0 {
		return n, nil
	}
	// At the end, or a file system that cannot: reading tells.
	buf := chunks.Get().(*[]byte)
	defer chunks.Put(buf)
	if n, err = readFull(src, (*buf)[:min(limit, len(*buf))]); err != nil || n == 0 {
		return 0, err
	}
	return n, writeFull(dst, (*buf)[:n])
}

// makeDir makes a folder that its maker alone may use for now, and opens it.
func makeDir(dirFD int, name string) (int, error) {
	if err := umask.Mkdirat(dirFD, name, 0o700); err != nil {
		return -1, err
	}
	return unix.Openat(dirFD, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
}

// keep gives a copy what the original had: for root its owner too. Of fd, or of a link by name.
func keep(dirFD int, name string, fd int, st *unix.Stat_t, cred fsid.Cred) error {
	if fd < 0 {
		if cred.UID == 0 {
			_ = unix.Fchownat(dirFD, name, int(st.Uid), int(st.Gid), unix.AT_SYMLINK_NOFOLLOW)
		}
		_ = unix.UtimesNanoAt(dirFD, name, onlyModified(st.Mtim), unix.AT_SYMLINK_NOFOLLOW)
		return nil
	}
	mode := st.Mode & 0o7777
	if cred.UID == 0 {
		if err := unix.Fchown(fd, int(st.Uid), int(st.Gid)); err != nil {
			return err
		}
	} else {
		mode &^= unix.S_ISUID | unix.S_ISGID
	}
	if err := setMode(fd, mode); err != nil {
		return err
	}
	touch(fd, st.Mtim)
	return nil
}
