package files

import (
	"errors"

	"golang.org/x/sys/unix"

	"atoll/agent/internal/umask"
)

// merge moves what is complete into the folder: first it looks whether all of it can go there, then it goes.
func (u *unpacker) merge() error {
	for _, act := range []bool{false, true} {
		if err := mergeInto(u.stageFD, u.rootFD, u.path, act); err != nil {
			return err
		}
	}
	for i := len(u.later) - 1; i >= 0; i-- {
		d := u.later[i]
		fd, _, err := openBelow(u.rootFD, d.name)
		if err != nil {
			return err
		}
		err = unix.Fchmod(fd, d.mode)
		_ = unix.Close(fd)
		if err != nil {
			return err
		}
	}
	u.made = false
	return nil
}

// mergeInto does a folder: one that is there stays and gets what is in the other, a file or link is replaced.
func mergeInto(fromFD, toFD int, path string, act bool) error {
	if _, err := unix.Seek(fromFD, 0, 0); err != nil {
		return err
	}
	names, err := namesIn(fromFD)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := mergeOne(fromFD, toFD, name, path+"/"+name, act); err != nil {
			return wrap(path+"/"+name, err)
		}
	}
	return nil
}

func mergeOne(fromFD, toFD int, name, path string, act bool) error {
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
		return mergeDir(fromFD, toFD, name, path, act)
	case !act:
		return nil
	}
	err = unix.Renameat(fromFD, name, toFD, name)
	if errors.Is(err, unix.EXDEV) {
		return mergeAcross(fromFD, toFD, name, path, &from)
	}
	return err
}

func mergeDir(fromFD, toFD int, name, path string, act bool) error {
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
	return mergeInto(from, to, path, act)
}

// mergeAcross goes into another file system, that is mounted below the folder: there a rename cannot go.
func mergeAcross(fromFD, toFD int, name, path string, st *unix.Stat_t) error {
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFDIR:
		if err := umask.Mkdirat(toFD, name, 0o755); err != nil {
			return err
		}
		if err := mergeDir(fromFD, toFD, name, path, true); err != nil {
			return err
		}
		return chmodAt(toFD, name, st.Mode&0o7777)
	case unix.S_IFLNK:
		target, err := readlinkAt(fromFD, name)
		if err != nil {
			return err
		}
		return replacing(toFD, name, func() error { return unix.Symlinkat(target, toFD, name) })
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
		err = unix.Renameat(toFD, temp, toFD, name)
	}
	if err != nil {
		_ = unix.Unlinkat(toFD, temp, 0)
	}
	return err
}
