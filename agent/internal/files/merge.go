package files

import (
	"context"
	"errors"
	"maps"
	"slices"

	"golang.org/x/sys/unix"

	"atoll/agent/internal/fsid"
	"atoll/agent/internal/umask"
)

// merge moves what is complete into the folder: first it looks whether all of it can go there, then it goes.
func (u *unpacker) merge(ctx context.Context) error {
	m := merger{cred: u.cred, there: map[string]bool{}}
	err := u.service.as(u.cred, u.path, func() error {
		for _, m.act = range []bool{false, true} {
			if err := m.into(&folders{from: u.stage.fd, to: u.rootFD, path: u.path}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, file := range m.left {
		if err := u.carry(ctx, file); err != nil {
			return err
		}
	}
	u.made = nil
	return u.endDirs(m.there)
}

// endDirs gives the folders what their entries say, but for those that were there: they keep what they have.
func (u *unpacker) endDirs(there map[string]bool) error {
	// What is in a folder comes before the folder: it may be one that cannot be entered afterwards.
	names := slices.Sorted(maps.Keys(u.dirs))
	slices.Reverse(names)
	for some := range slices.Chunk(names, batch) {
		err := u.service.as(u.cred, u.path, func() error {
			for _, name := range some {
				if there[u.path+"/"+name] {
					continue
				}
				if err := u.dirs[name].give(u.rootFD, name); err != nil {
					return wrap(u.path+"/"+name, err)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// give looks for a folder where it was put. A program may have taken it from there already, or put something else in its place.
func (end dirEnd) give(rootFD int, name string) error {
	fd, err := descend(rootFD, name, nil)
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR) || errors.Is(err, unix.ELOOP) {
		return nil
	}
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := changeOpened(fd, Attributes{Mode: &end.mode}); err != nil {
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
	left  []leftOver
}

// leftOver is a file that a rename cannot take there: its content is to be copied.
type leftOver struct {
	path    string
	mounted bool // something is mounted at its place
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
	if across := errors.Is(err, unix.EXDEV); across || errors.Is(err, unix.EBUSY) {
		switch from.Mode & unix.S_IFMT {
		case unix.S_IFREG:
			m.left = append(m.left, leftOver{path, !across})
			return nil
		case unix.S_IFDIR:
			return m.dirAcross(f, name, path, &from)
		case unix.S_IFLNK:
			if across {
				return linkAcross(f, name, &from)
			}
		}
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
	to, err := openPathAt(f.to, name)
	if err != nil {
		return err
	}
	defer unix.Close(to)
	if onKernelSystem(to) {
		return refuse("permission", path, "the kernel's own files are not written")
	}
	return m.into(&folders{from: from, to: to, path: path})
}

// dirAcross goes into another file system, that is mounted below the folder: there a rename cannot go.
func (m *merger) dirAcross(f *folders, name, path string, st *unix.Stat_t) error {
	if err := umask.Mkdirat(f.to, name, 0o755); err != nil {
		return err
	}
	if err := m.dir(f, name, path); err != nil {
		return err
	}
	return chmodAt(f.to, name, st.Mode&0o7777)
}

func linkAcross(f *folders, name string, st *unix.Stat_t) error {
	target, err := readlinkAt(f.from, name)
	if err != nil {
		return err
	}
	return linkTo(target, f.to, name, st.Mtim)
}
