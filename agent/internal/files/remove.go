package files

import (
	"context"
	"errors"
	"strings"

	"golang.org/x/sys/unix"
)

// stepSize is how many removals are done in one visit to the user's thread, so that a large tree holds nobody up.
const stepSize = 512

// Remove deletes path as user, a folder with all that is in it. Links are removed, never followed, below path.
func (s *Service) Remove(ctx context.Context, path, user string) error {
	if err := check(path); err != nil {
		return err
	}
	cred, err := s.who(user)
	if err != nil {
		return err
	}
	trimmed := strings.TrimRight(path, "/")
	_, base := split("/" + strings.TrimLeft(trimmed, "/"))
	if underKernel(trimmed) {
		return refuse("permission", path, "the kernel's own files are not removed")
	}
	if trimmed == "" || base == "." || base == ".." {
		return refuse("invalid", path, "cannot be removed by this name")
	}
	r := newRemover()
	defer r.close()
	if err := s.as(cred, path, func() error { return r.begin(trimmed) }); err != nil {
		return err
	}
	for !r.done {
		if stopped(ctx) {
			return refuse("internal", path, "the call was given up; a part is removed")
		}
		if err := s.as(cred, path, func() error { return r.step(stepSize) }); err != nil {
			return err
		}
	}
	return nil
}

// remover walks a tree by descriptors, so that nobody can lead it elsewhere by swapping a folder for a link. Memory is
// bounded: only the outermost folders keep their descriptor and the names read ahead, deeper ones are entered again by
// "..", and must then be the very folder that they were.
type remover struct {
	rootFD int
	base   string
	stack  []level
	done   bool
	ours   bool // an unfinished copy: a folder in it that may not be written is opened up
}

func newRemover() *remover { return &remover{rootFD: -1} }

type level struct {
	name     string
	fd       int // -1 when given back
	dev, ino uint64
	names    []string
	rounds   int
}

const (
	keptLevels = 64
)

func (r *remover) begin(path string) error {
	dir, base := split(path)
	fd, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	return r.beginIn(fd, base)
}

// beginIn is for an entry of an opened folder; the descriptor is taken over.
func (r *remover) beginIn(fd int, base string) error {
	r.rootFD, r.base = fd, base
	entered, err := r.removeOne(fd, base)
	r.done = err == nil && !entered
	return err
}

// removeOne removes an entry, or enters it when it is a folder that is not empty.
func (r *remover) removeOne(dirFD int, name string) (entered bool, err error) {
	err = unix.Unlinkat(dirFD, name, 0)
	if err == nil || errors.Is(err, unix.ENOENT) && len(r.stack) > 0 {
		return false, nil
	}
	if !errors.Is(err, unix.EISDIR) && !errors.Is(err, unix.EPERM) {
		return false, err
	}
	first := err
	err = unix.Unlinkat(dirFD, name, unix.AT_REMOVEDIR)
	switch {
	case err == nil || errors.Is(err, unix.ENOENT) && len(r.stack) > 0:
		return false, nil
	case errors.Is(err, unix.ENOTDIR):
		return false, first // EPERM was meant
	case !errors.Is(err, unix.ENOTEMPTY) && !errors.Is(err, unix.EEXIST):
		return false, err
	}
	if r.ours {
		_ = chmodAt(dirFD, name, 0o700)
	}
	fd, err := unix.Openat(dirFD, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return false, err
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		_ = unix.Close(fd)
		return false, err
	}
	r.stack = append(r.stack, level{name: name, fd: fd, dev: st.Dev, ino: st.Ino})
	return true, nil
}

// step does up to n removals.
func (r *remover) step(n int) error {
	for ; n > 0 && !r.done; n-- {
		top := &r.stack[len(r.stack)-1]
		if len(top.names) == 0 {
			if err := top.readNames(); err != nil {
				return err
			}
		}
		if len(top.names) == 0 {
			if err := r.leave(); err != nil {
				return err
			}
			continue
		}
		name := top.names[len(top.names)-1]
		top.names = top.names[:len(top.names)-1]
		entered, err := r.removeOne(top.fd, name)
		if err != nil {
			return err
		}
		if depth := len(r.stack) - 2; entered && depth >= keptLevels {
			parent := &r.stack[depth]
			_ = unix.Close(parent.fd)
			parent.fd, parent.names = -1, nil
		}
	}
	return nil
}

// leave goes back to the parent and removes the folder that is now empty.
func (r *remover) leave() error {
	top := r.stack[len(r.stack)-1]
	parentFD := r.rootFD
	if len(r.stack) > 1 {
		parent := &r.stack[len(r.stack)-2]
		if parent.fd < 0 {
			if err := parent.enterAgain(top.fd); err != nil {
				return err
			}
		}
		parentFD = parent.fd
	}
	err := unix.Unlinkat(parentFD, top.name, unix.AT_REMOVEDIR)
	if errors.Is(err, unix.ENOTEMPTY) || errors.Is(err, unix.EEXIST) {
		// Somebody put something in meanwhile, or reading while removing skipped an entry.
		here := &r.stack[len(r.stack)-1]
		if here.rounds++; here.rounds > 64 {
			return err
		}
		return nil
	}
	if err != nil && !errors.Is(err, unix.ENOENT) {
		return err
	}
	_ = unix.Close(top.fd)
	r.stack = r.stack[:len(r.stack)-1]
	r.done = len(r.stack) == 0
	return nil
}

func (l *level) enterAgain(child int) error {
	fd, err := unix.Openat(child, "..", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil || st.Dev != l.dev || st.Ino != l.ino {
		_ = unix.Close(fd)
		return unix.EBUSY // moved away under our hands
	}
	l.fd = fd
	return nil
}

// readNames reads the next names; from the start each time, for what was read is removed by now.
func (l *level) readNames() error {
	if _, err := unix.Seek(l.fd, 0, 0); err != nil {
		return err
	}
	buf := make([]byte, 16<<10)
	for len(l.names) == 0 {
		n, err := unix.ReadDirent(l.fd, buf)
		if err != nil || n <= 0 {
			return err
		}
		_, _, l.names = unix.ParseDirent(buf[:n], -1, l.names)
	}
	return nil
}

func (r *remover) close() {
	closeFD(r.rootFD)
	for _, l := range r.stack {
		closeFD(l.fd)
	}
}
