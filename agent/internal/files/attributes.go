package files

import (
	"context"
	"strconv"

	"golang.org/x/sys/unix"
)

// Changed says how many entries a call changed.
type Changed struct {
	Entries int `json:"entries"`
}

// Change gives path, and recursive all below it, another mode or owner. A link at path is followed; below it none is: a link's
// own owner changes, its mode cannot.
func (s *Service) Change(ctx context.Context, path, user string, a Attributes, recursive bool) (Changed, error) {
	var done Changed
	if err := check(path); err != nil {
		return done, err
	}
	cred, err := s.who(user)
	if err != nil {
		return done, err
	}
	w := &walker{visit: func(n *node) error { done.Entries++; return changeAt(n.dirFD, n.name, &n.st, a) }}
	defer w.close()
	isDir := false
	err = s.as(cred, path, func() error {
		if isDir, err = changeRoot(path, a); err != nil {
			return err
		}
		done.Entries++
		if recursive && isDir {
			return w.begin(path)
		}
		return nil
	})
	if err != nil || !recursive || !isDir {
		return done, err
	}
	return done, s.walk(ctx, cred, path, w)
}

func changeRoot(path string, a Attributes) (isDir bool, err error) {
	if underKernel(path) {
		return false, refuse("permission", path, "the kernel's own files are not changed")
	}
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return false, err
	}
	defer unix.Close(fd)
	if onKernelSystem(fd) {
		return false, refuse("permission", path, "the kernel's own files are not changed")
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return false, err
	}
	return st.Mode&unix.S_IFMT == unix.S_IFDIR, changeOpened(fd, a)
}

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
