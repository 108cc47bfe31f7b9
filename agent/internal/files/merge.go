package files

import (
	"errors"
	"maps"
	"slices"

	"golang.org/x/sys/unix"

	"atoll/agent/internal/fsid"
	"atoll/agent/internal/umask"
)

// merge moves what is complete into the folder: first it looks whether all of it can go there, then it goes.
func (u *unpacker) merge() error {
	m := merger{cred: u.cred, there: map[string]bool{}}
	for _, m.act = range []bool{false, true} {
		if err := m.into(&folders{from: u.stageFD, to: u.rootFD, path: u.path}); err != nil {
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
	cred  fsid.Cred
	act   bool            // and does not only look whether it can
	there map[string]bool // folders that were there already
}

// folders are one of the tree and the one that it goes into.
type folders struct {
	from, to int
	path     string
	asked    bool // whether it may be changed
}

// into does a folder: one that is there stays and gets what is in the other, a file or link is replaced.
func (m *merger) into(f *folders) error {
	if _, err := unix.Seek(f.from, 0, 0); err != nil {
		return err
	}
	names, err := namesIn(f.from)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := m.one(f, name, f.path+"/"+name); err != nil {
			return wrap(f.path+"/"+name, err)
		}
	}
	return nil
}

func (m *merger) one(f *folders, name, path string) error {
	var from, to unix.Stat_t
	if err := unix.Fstatat(f.from, name, &from, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return err
	}
	err := unix.Fstatat(f.to, name, &to, unix.AT_SYMLINK_NOFOLLOW)
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
		return m.dir(f, name, path)
	case !m.act:
		return m.look(f, name, path, &from, &to, isNew)
	}
	err = unix.Renameat(f.from, name, f.to, name)
	switch isFile := from.Mode&unix.S_IFMT == unix.S_IFREG; {
	case errors.Is(err, unix.EBUSY) && isFile:
		return inMount(f, name, path)
	case errors.Is(err, unix.EXDEV):
		return m.across(f, name, path, &from)
	}
	return err
}

// look refuses what the rename would refuse when a part is done already.
func (m *merger) look(f *folders, name, path string, from, to *unix.Stat_t, isNew bool) error {
	if !isNew && isMount(f.to, name) {
		if from.Mode&unix.S_IFMT != unix.S_IFREG {
			return unix.EBUSY
		}
		fd, _, err := openInPlace(f.to, name, path, 0)
		closeFD(fd)
		return err
	}
	if !f.asked {
		if err := mayChange(f.to); err != nil {
			return wrap(f.path+"/", err)
		}
		f.asked = true
	}
	if isNew {
		return nil
	}
	var dir unix.Stat_t
	if err := unix.Fstat(f.to, &dir); err != nil {
		return err
	}
	return mayReplace(m.cred, &dir, to)
}

func (m *merger) dir(f *folders, name, path string) error {
	from, err := openDirAt(f.from, name)
	if err != nil {
		return err
	}
	defer unix.Close(from)
	to, err := openDirAt(f.to, name)
	if err != nil {
		return err
	}
	defer unix.Close(to)
	if onKernelSystem(to) {
		return refuse("permission", path, "the kernel's own files are not written")
	}
	return m.into(&folders{from: from, to: to, path: path})
}

// inMount writes into a file that is a mount, such as /etc/hosts: nothing can be renamed onto it. It keeps owner and mode.
func inMount(f *folders, name, path string) error {
	var st unix.Stat_t
	src, err := unix.Openat(f.from, name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(src)
	if err := unix.Fstat(src, &st); err != nil {
		return err
	}
	return overwrite(src, &st, f.to, name, path)
}

// across goes into another file system, that is mounted below the folder: there a rename cannot go.
func (m *merger) across(f *folders, name, path string, st *unix.Stat_t) error {
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFDIR:
		if err := umask.Mkdirat(f.to, name, 0o755); err != nil {
			return err
		}
		if err := m.dir(f, name, path); err != nil {
			return err
		}
		return chmodAt(f.to, name, st.Mode&0o7777)
	case unix.S_IFLNK:
		target, err := readlinkAt(f.from, name)
		if err != nil {
			return err
		}
		return linkTo(target, f.to, name, st.Mtim)
	}
	src, err := unix.Openat(f.from, name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(src)
	temp := tempName()
	dst, err := umask.Openat(f.to, temp, unix.O_CREAT|unix.O_EXCL|unix.O_WRONLY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
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
		err = unix.Renameat(f.to, temp, f.to, name)
	}
	if errors.Is(err, unix.EBUSY) {
		err = errors.Join(overwrite(src, st, f.to, name, path), unix.Unlinkat(f.to, temp, 0))
	} else if err != nil {
		_ = unix.Unlinkat(f.to, temp, 0)
	}
	return err
}
