package files

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Changed says how many entries a call changed.
type Changed struct {
	Entries int `json:"entries"`
}

// change is one call of Change.
type change struct {
	Attributes
	path string
	root int // O_PATH
	st   unix.Stat_t
	done Changed
}

// Change gives path, and recursive all below it, another mode or owner. A link at path is followed; below it none is: a link's
// own owner changes, its mode cannot. What is in a folder comes before the folder, which may be one that its owner cannot enter
// afterwards.
func (s *Service) Change(ctx context.Context, path, user string, a Attributes, recursive bool) (Changed, error) {
	if err := check(path); err != nil {
		return Changed{}, err
	}
	cred, err := s.who(user)
	if err != nil {
		return Changed{}, err
	}
	c := &change{Attributes: a, path: path, root: -1}
	defer func() { closeFD(c.root) }()
	w := &walker{visit: c.visit, leave: c.leave, denied: c.wrap}
	defer w.close()
	tree := false
	err = s.as(cred, path, func() error {
		if err := c.open(); err != nil {
			return err
		}
		tree = recursive && c.st.Mode&unix.S_IFMT == unix.S_IFDIR
		if !tree || isClosed(&c.st) {
			if err := changeOpened(c.root, a); err != nil {
				return err
			}
		}
		if tree {
			return w.begin(path)
		}
		return nil
	})
	if err == nil && tree {
		err = s.walk(ctx, cred, path, w)
		if err == nil {
			err = s.as(cred, path, func() error { return changeOpened(c.root, a) })
		}
	}
	if err == nil {
		c.done.Entries++
	}
	return c.done, err
}

// open opens what is at the path and refuses the kernel's own.
func (c *change) open() (err error) {
	if underKernel(c.path) {
		return refuse("permission", c.path, "the kernel's own files are not changed")
	}
	if c.root, err = unix.Open(c.path, unix.O_PATH|unix.O_CLOEXEC, 0); err != nil {
		return err
	}
	if onKernelSystem(c.root) {
		return refuse("permission", c.path, "the kernel's own files are not changed")
	}
	return unix.Fstat(c.root, &c.st)
}

func (c *change) visit(n *node) error {
	if !n.isDir() {
		return c.one(n.dirFD, n.name, n.rel, &n.st)
	}
	if isClosed(&n.st) {
		return c.wrap(n.rel, changeAt(n.dirFD, n.name, &n.st, c.Attributes))
	}
	return nil
}

func (c *change) leave(dirFD int, name, rel string) error {
	var st unix.Stat_t
	if err := unix.Fstatat(dirFD, name, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return c.wrap(rel, err)
	}
	return c.one(dirFD, name, rel, &st)
}

func (c *change) one(dirFD int, name, rel string, st *unix.Stat_t) error {
	if err := changeAt(dirFD, name, st, c.Attributes); err != nil {
		return c.wrap(rel, err)
	}
	c.done.Entries++
	return nil
}

// wrap forgives what vanished since.
func (c *change) wrap(rel string, err error) error {
	if errors.Is(err, unix.ENOENT) {
		return nil
	}
	return wrap(strings.TrimRight(c.path, "/")+"/"+rel, err)
}

// isClosed tells of a folder whose owner cannot see what is in it: the change may open it, so it is changed beforehand too.
func isClosed(st *unix.Stat_t) bool { return st.Mode&0o500 != 0o500 }

func changeAt(dirFD int, name string, st *unix.Stat_t, a Attributes) error {
	if a.UID != nil || a.GID != nil {
		if err := unix.Fchownat(dirFD, name, idOr(a.UID), idOr(a.GID), unix.AT_SYMLINK_NOFOLLOW); err != nil {
			return err
		}
	}
	if a.Mode == nil || st.Mode&unix.S_IFMT == unix.S_IFLNK {
		return nil
	}
	return chmodAt(dirFD, name, *a.Mode)
}

// chmodAt never follows a link, whoever puts one there just now: what is changed has been opened first.
func chmodAt(dirFD int, name string, mode uint32) error {
	fd, err := unix.Openat(dirFD, name, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return changeOpened(fd, Attributes{Mode: &mode})
}

// changeOpened changes what an O_PATH descriptor stands for.
func changeOpened(fd int, a Attributes) error {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	if a.UID != nil || a.GID != nil {
		if err := unix.Fchownat(fd, "", idOr(a.UID), idOr(a.GID), unix.AT_EMPTY_PATH); err != nil {
			return err
		}
	}
	if a.Mode == nil || st.Mode&unix.S_IFMT == unix.S_IFLNK {
		return nil
	}
	return settingMode(fd, *a.Mode, func() error { return unix.Chmod("/proc/self/fd/"+strconv.Itoa(fd), *a.Mode) })
}

// Named fills in the ids of an owner and a group, each a name or a number of the sandbox's; "" is none.
func (s *Service) Named(a *Attributes, owner, group string) error {
	if owner != "" {
		u, err := s.users.Lookup(owner)
		if err != nil {
			return &Error{Kind: "invalid", Message: "owner: " + err.Error()}
		}
		a.UID = &u.UID
	}
	if group != "" {
		u, err := s.users.Lookup("0:" + group)
		if err != nil {
			return &Error{Kind: "invalid", Message: "group: " + err.Error()}
		}
		a.GID = &u.GID
	}
	return nil
}
