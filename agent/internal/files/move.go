package files

import (
	"context"
	"errors"
	"strings"

	"golang.org/x/sys/unix"

	"atoll/agent/internal/fsid"
)

// transfer is a move or a copy from one path to another.
type transfer struct {
	service   *Service
	cred      fsid.Cred
	from, to  string
	overwrite bool
	whole     bool // see copier
}

func (s *Service) transfer(from, to, user string, overwrite bool) (*transfer, error) {
	if err := check(from); err != nil {
		return nil, err
	}
	if err := check(to); err != nil {
		return nil, err
	}
	cred, err := s.who(user)
	return &transfer{service: s, cred: cred, from: from, to: to, overwrite: overwrite}, err
}

// Move renames; between file systems it copies, then removes. Parents of the new name are made.
func (s *Service) Move(ctx context.Context, from, to, user string, overwrite bool) error {
	t, err := s.transfer(from, to, user, overwrite)
	if err != nil {
		return err
	}
	var kind uint32
	err = s.as(t.cred, to, func() error { kind, err = t.rename(); return err })
	if !errors.Is(err, errAcross) {
		return err
	}
	t.whole = true
	if err := t.copy(ctx, kind, false); err != nil {
		return err
	}
	return s.Remove(ctx, from, user)
}

// Copy copies a file, or a folder with all that is in it. A link at from is followed, below it none is.
func (s *Service) Copy(ctx context.Context, from, to, user string, overwrite bool) error {
	t, err := s.transfer(from, to, user, overwrite)
	if err != nil {
		return err
	}
	var st unix.Stat_t
	err = s.as(t.cred, from, func() error { return unix.Stat(from, &st) })
	if err != nil {
		return err
	}
	return t.copy(ctx, st.Mode&unix.S_IFMT, true)
}

var errAcross = &Error{Kind: "internal", Message: "lies on another file system"}

func (t *transfer) rename() (kind uint32, err error) {
	src, err := placeOf(t.from, false)
	if err != nil {
		return 0, wrap(t.from, err)
	}
	defer src.close()
	st, err := src.lstat()
	if err != nil {
		return 0, wrap(t.from, err)
	}
	kind = st.Mode & unix.S_IFMT
	dst, err := placeOf(t.to, true)
	if err != nil {
		return 0, err
	}
	defer dst.close()
	if t.overwrite {
		err = unix.Renameat(src.dirFD, src.base, dst.dirFD, dst.base)
	} else {
		err = renameNew(src.dirFD, src.base, dst.dirFD, dst.base)
	}
	if errors.Is(err, unix.EXDEV) {
		return kind, errAcross
	}
	return kind, err
}

// copy makes a copy beside the new name and renames it into place when it is complete.
func (t *transfer) copy(ctx context.Context, kind uint32, follow bool) (err error) {
	if kind != unix.S_IFREG && kind != unix.S_IFDIR && kind != unix.S_IFLNK && !(kind == unix.S_IFIFO && t.whole) {
		return refuse("special", t.from, "is a device, a FIFO or a socket")
	}
	if kind == unix.S_IFDIR && underKernel(t.from) {
		return refuse("invalid", t.from, "the kernel's own trees are not copied")
	}
	// By names alone, so that nothing is begun; what links hide, the copier sees.
	if strings.HasPrefix(t.to+"/", strings.TrimRight(t.from, "/")+"/") && kind == unix.S_IFDIR {
		return refuse("invalid", t.to, "lies in what is copied, or is the same")
	}
	var dst *place
	temp := tempName()
	defer func() { dst.closeIfOpen() }()
	err = t.service.as(t.cred, t.to, func() error {
		if dst, err = placeOf(t.to, true); err != nil {
			return err
		}
		return t.room(dst, kind)
	})
	if err != nil {
		return err
	}
	defer t.service.journal.Note(strings.TrimSuffix(dst.dir, "/") + "/" + temp)()
	if err = t.fill(ctx, kind, follow, dst, temp); err == nil {
		err = t.service.as(t.cred, t.to, func() error {
			if t.overwrite {
				return unix.Renameat(dst.dirFD, temp, dst.dirFD, dst.base)
			}
			return renameNew(dst.dirFD, temp, dst.dirFD, dst.base)
		})
	}
	if err != nil {
		t.service.clear(t.cred, dst.dirFD, temp)
	}
	return err
}

// room refuses early what the rename at the end would refuse.
func (t *transfer) room(dst *place, kind uint32) error {
	st, err := dst.lstat()
	if errors.Is(err, unix.ENOENT) {
		return nil
	}
	switch isDir := st.Mode&unix.S_IFMT == unix.S_IFDIR; {
	case err != nil:
		return err
	case !t.overwrite:
		return unix.EEXIST
	case isDir && kind != unix.S_IFDIR:
		return unix.EISDIR
	case !isDir && kind == unix.S_IFDIR:
		return unix.ENOTDIR
	}
	return nil
}

// fill makes the copy under its unfinished name.
func (t *transfer) fill(ctx context.Context, kind uint32, follow bool, dst *place, temp string) error {
	c := &copier{service: t.service, cred: t.cred, path: t.from, whole: t.whole}
	if kind == unix.S_IFDIR {
		return t.fillDir(ctx, c, dst, temp)
	}
	defer c.drop()
	err := t.service.as(t.cred, t.from, func() error {
		if kind == unix.S_IFIFO {
			var st unix.Stat_t
			if err := unix.Lstat(t.from, &st); err != nil {
				return err
			}
			return makeFIFO(dst.dirFD, temp, &st, t.cred)
		}
		if kind == unix.S_IFLNK && !follow {
			target, err := readlink(t.from)
			if err != nil {
				return err
			}
			return unix.Symlinkat(target, dst.dirFD, temp)
		}
		src, _, err := openRegular(t.from)
		if err != nil {
			return err
		}
		if ownSecret(src) {
			_ = unix.Close(src)
			return refuse("permission", t.from, "is the agent's own")
		}
		if err = c.open(src, dst.dirFD, temp); errors.Is(err, errPending) {
			return nil
		}
		return err
	})
	if err != nil || c.pending == nil {
		return err
	}
	return c.content(ctx)
}

func (t *transfer) fillDir(ctx context.Context, c *copier, dst *place, temp string) error {
	root := -1
	var st unix.Stat_t
	err := t.service.as(t.cred, t.from, func() (err error) {
		if err = unix.Stat(t.from, &st); err == nil {
			root, err = makeDir(dst.dirFD, temp)
		}
		return err
	})
	defer func() { closeFD(root) }()
	if err != nil {
		return err
	}
	if err := c.tree(ctx, root); err != nil {
		return err
	}
	return t.service.as(t.cred, t.to, func() error { return keep(-1, "", root, &st, t.cred) })
}

// clear removes what a call that failed has left under an unfinished name, wherever its opened folder is by now.
func (s *Service) clear(cred fsid.Cred, dirFD int, name string) {
	r := newRemover()
	r.ours = true
	defer r.close()
	err := s.as(cred, name, func() error {
		fd, err := unix.FcntlInt(uintptr(dirFD), unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			return err
		}
		return r.beginIn(fd, name)
	})
	for err == nil && !r.done {
		err = s.as(cred, name, func() error { return r.step(stepSize) })
	}
}

func (p *place) closeIfOpen() {
	if p != nil {
		p.close()
	}
}
