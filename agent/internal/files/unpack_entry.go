package files

import (
	"archive/tar"
	"errors"
	"io"
	"strings"

	"golang.org/x/sys/unix"

	"atoll/agent/internal/umask"
)

// entry unpacks one.
func (u *unpacker) entry(h *tar.Header, content io.Reader) error {
	if h.Typeflag == tar.TypeXGlobalHeader {
		return nil
	}
	name, err := safeName(h.Name)
	if err != nil {
		return err
	}
	if name == "" {
		return nil // the folder itself
	}
	if len(name) >= unix.PathMax {
		return wrap(name, unix.ENAMETOOLONG)
	}
	switch h.Typeflag {
	case tar.TypeDir:
		return u.inStage(name, func(dirFD int, base string) error { return u.dir(dirFD, base, name, h) })
	case tar.TypeReg, tar.TypeCont, tar.TypeGNUSparse:
		return u.file(name, h, content)
	case tar.TypeSymlink:
		if !u.options.KeepLinks && leadsOut(name, h.Linkname) {
			return refuse("invalid", h.Name, "is a link that leads out of the archive; nothing is unpacked")
		}
		return u.inStage(name, func(dirFD int, base string) error {
			return linkTo(h.Linkname, dirFD, base, timeOf(h))
		})
	case tar.TypeLink:
		return u.hardLink(name, h)
	}
	return refuse("invalid", h.Name, "is a device, a FIFO or something unknown; nothing is unpacked")
}

// inStage opens the folder of name, made where it is missing. Nothing on the way is followed: it is our own tree.
func (u *unpacker) inStage(name string, fn func(dirFD int, base string) error) error {
	return u.service.as(u.cred, name, func() error {
		parent, base := "", name
		if i := strings.LastIndexByte(name, '/'); i >= 0 {
			parent, base = name[:i], name[i+1:]
		}
		if parent == "" {
			return fn(u.stage.fd, base)
		}
		if u.parentFD < 0 || parent != u.parent {
			fd, made, err := openBelow(u.stage.fd, parent)
			if err != nil {
				return err
			}
			u.implied += made
			if err := u.countable(); err != nil {
				_ = unix.Close(fd)
				return err
			}
			closeFD(u.parentFD)
			u.parent, u.parentFD = parent, fd
		}
		return fn(u.parentFD, base)
	})
}

// openBelow makes what is missing on the way: made says how many.
func openBelow(rootFD int, path string) (fd int, made int64, err error) {
	fd, err = descend(rootFD, path, func(dirFD int, name string) error {
		err := umask.Mkdirat(dirFD, name, 0o755)
		if err != nil && !errors.Is(err, unix.EEXIST) {
			return err
		}
		made++
		return nil
	})
	return fd, made, err
}

// descend goes down by names, never by a link. O_PATH: on the way there may be folders that one may pass and not read. What is
// missing is an error, unless missing makes it.
func descend(rootFD int, path string, missing func(dirFD int, name string) error) (int, error) {
	fd, err := openPathAt(rootFD, ".")
	for _, name := range components(path) {
		if err != nil {
			return -1, err
		}
		next, e := openPathAt(fd, name)
		if errors.Is(e, unix.ENOENT) && missing != nil {
			if e = missing(fd, name); e == nil {
				next, e = openPathAt(fd, name)
			}
		}
		_ = unix.Close(fd)
		fd, err = next, e
	}
	return fd, err
}

func openPathAt(dirFD int, name string) (int, error) {
	return unix.Openat(dirFD, name, unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
}

func openDirAt(dirFD int, name string) (int, error) {
	return unix.Openat(dirFD, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
}

func (u *unpacker) dir(dirFD int, base, name string, h *tar.Header) error {
	mode := uint32(h.Mode) & 0o7777
	err := umask.Mkdirat(dirFD, base, 0o755)
	if errors.Is(err, unix.EEXIST) {
		var fd int
		if fd, err = openDirAt(dirFD, base); err == nil { // made on the way to what is in it
			_ = unix.Close(fd)
		}
	}
	if err != nil {
		return err
	}
	u.dirs[name] = dirEnd{mode, timeOf(h)}
	if mode&0o700 != 0o700 {
		return nil // it could not be filled
	}
	return chmodAt(dirFD, base, mode)
}

// replacing makes something new in the place of an earlier entry of the same name.
func replacing(dirFD int, base string, create func() error) error {
	err := create()
	if errors.Is(err, unix.EEXIST) {
		if err = unix.Unlinkat(dirFD, base, 0); err == nil {
			err = create()
		}
	}
	return err
}

// linkTo makes a link, in the place of one that is there.
func linkTo(target string, dirFD int, name string, mtime unix.Timespec) error {
	err := replacing(dirFD, name, func() error { return unix.Symlinkat(target, dirFD, name) })
	if err == nil {
		_ = unix.UtimesNanoAt(dirFD, name, onlyModified(mtime), unix.AT_SYMLINK_NOFOLLOW)
	}
	return err
}

func (u *unpacker) file(name string, h *tar.Header, content io.Reader) error {
	if u.done.Bytes += h.Size; u.done.Bytes > u.options.MaxBytes || u.done.Bytes < 0 {
		return refuse("too_large", u.path, "the archive is larger than it may be; nothing is unpacked")
	}
	fd := -1
	err := u.inStage(name, func(dirFD int, base string) error {
		return replacing(dirFD, base, func() (err error) {
			fd, err = umask.Openat(dirFD, base, unix.O_CREAT|unix.O_EXCL|unix.O_WRONLY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
			return err
		})
	})
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := u.bytes(fd, name, content); err != nil {
		return err
	}
	return u.service.as(u.cred, name, func() error {
		if err := setMode(fd, uint32(h.Mode)&0o7777); err != nil {
			return err
		}
		touch(fd, timeOf(h))
		return nil
	})
}

func (u *unpacker) bytes(fd int, name string, content io.Reader) error {
	buf := chunks.Get().(*[]byte)
	defer chunks.Put(buf)
	for {
		n, whole, err := fill(content, *buf)
		if err != nil {
			return refuse("invalid", name, "the archive ends within this; nothing is unpacked")
		}
		u.service.pool.Block(func() { err = writeFull(fd, (*buf)[:n]) })
		if err != nil || whole {
			return wrap(name, err)
		}
	}
}

// hardLink makes a second name for a file of this archive.
func (u *unpacker) hardLink(name string, h *tar.Header) error {
	target, err := safeName(h.Linkname)
	if err != nil {
		return err
	}
	return u.inStage(name, func(dirFD int, base string) error {
		dir, last := split("/" + target)
		fd, made, err := openBelow(u.stage.fd, strings.TrimPrefix(dir, "/"))
		u.implied += made
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		return replacing(dirFD, base, func() error { return unix.Linkat(fd, last, dirFD, base, 0) })
	})
}
