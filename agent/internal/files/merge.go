package files

import (
	"errors"
	"maps"
	"slices"

	"golang.org/x/sys/unix"

	"atoll/agent/internal/umask"
)

// merge moves what is complete into the folder: first it looks whether all of it can go there, then it goes.
func (u *unpacker) merge() error {
	m := merger{there: map[string]bool{}}
	for _, m.act = range []bool{false, true} {
		if err := m.into(u.stageFD, u.rootFD, u.path); err != nil {
			return err
		}
	}
	// What is in a folder comes before the folder: it may be one that cannot be entered afterwards.
	for _, name := range slices.Backward(slices.Sorted(maps.Keys(u.dirs))) {
		if m.there[u.path+"/"+name] {
			continue // it keeps what it has
		}
		if err := u.dirs[name].give(u.rootFD, name); err != nil {
			return wrap(u.path+"/"+name, err)
		}
	}
	u.made = false
	return nil
}

func (end dirEnd) give(rootFD int, name string) error {
	fd, _, err := openBelow(rootFD, name)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := unix.Fchmod(fd, end.mode); err != nil {
		return err
	}
	touch(fd, end.mtime)
	return nil
}

// merger moves one tree into another.
type merger struct {
	act   bool            // and does not only look whether it can
	there map[string]bool // folders that were there already
}

// into does a folder: one that is there stays and gets what is in the other, a file or link is replaced.
func (m *merger) into(fromFD, toFD int, path string) error {
	if _, err := unix.Seek(fromFD, 0, 0); err != nil {
		return err
	}
	names, err := namesIn(fromFD)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := m.one(fromFD, toFD, name, path+"/"+name); err != nil {
			return wrap(path+"/"+name, err)
		}
	}
	return nil
}

func (m *merger) one(fromFD, toFD int, name, path string) error {
	var from, to unix.Stat_t
	if err := unix.Fstatat(fromFD, name, &from, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return err
	}
	err := unix.Fstatat(toFD, name, &to, unix.AT_SYMLINK_NOFOLLOW)
	isNew := errors.Is(err, unix.ENOENT)
	if err != nil && !isNew {
		return err
	}
	fromDir, toDir := from.Mode&unix.S_IFMT == unix.S_IFDIR, to.Mode&unix.S_IFMT == unix.S_IFDIR
	switch {
	case !isNew && fromDir && !toDir:
		return refuse("exists", path, "is there, and no directory; nothing is unpacked")
	case !isNew && !fromDir && toDir:
		return refuse("exists", path, "is a directory there; nothing is unpacked")
	case !isNew && fromDir:
		m.there[path] = true
		return m.dir(fromFD, toFD, name, path)
	case !m.act:
		return nil
	}
	err = unix.Renameat(fromFD, name, toFD, name)
	if errors.Is(err, unix.EXDEV) {
		return m.across(fromFD, toFD, name, path, &from)
	}
	return err
}

func (m *merger) dir(fromFD, toFD int, name, path string) error {
	from, err := openDirAt(fromFD, name)
	if err != nil {
		return err
	}
	defer unix.Close(from)
	to, err := openDirAt(toFD, name)
	if err != nil {
		return err
	}
	defer unix.Close(to)
	if onKernelSystem(to) {
		return refuse("permission", path, "the kernel's own files are not written")
	}
	return m.into(from, to, path)
}

// across goes into another file system, that is mounted below the folder: there a rename cannot go.
func (m *merger) across(fromFD, toFD int, name, path string, st *unix.Stat_t) error {
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFDIR:
		if err := umask.Mkdirat(toFD, name, 0o755); err != nil {
			return err
		}
		if err := m.dir(fromFD, toFD, name, path); err != nil {
			return err
		}
		return chmodAt(toFD, name, st.Mode&0o7777)
	case unix.S_IFLNK:
		target, err := readlinkAt(fromFD, name)
		if err != nil {
			return err
		}
		return linkTo(target, toFD, name, st.Mtim)
	}
	src, err := unix.Openat(fromFD, name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(src)
	temp := tempName()
	dst, err := umask.Openat(toFD, temp, unix.O_CREAT|unix.O_EXCL|unix.O_WRONLY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return err
	}
	defer unix.Close(dst)
	for n := 1; n > 0 && err == nil; {
		n, err = copySome(src, dst, chunk)
	}
	if err == nil {
		err = unix.Fchmod(dst, st.Mode&0o7777)
	}
	if err == nil {
		touch(dst, st.Mtim)
		err = unix.Renameat(toFD, temp, toFD, name)
	}
	if err != nil {
		_ = unix.Unlinkat(toFD, temp, 0)
	}
	return err
}
