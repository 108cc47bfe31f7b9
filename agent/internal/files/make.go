package files

import (
	"errors"
	"strings"

	"golang.org/x/sys/unix"

	"atoll/agent/internal/umask"
)

// Made says whether a call made something, or found it there.
type Made struct {
	Created bool `json:"created"`
}

// Mkdir makes a folder with its parents. One that is there already is left as it is.
func (s *Service) Mkdir(path, user string, mode *uint32) (made Made, err error) {
	err = s.at(path, user, func() error {
		fd, err := unix.Open(path, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if err == nil || !errors.Is(err, unix.ENOENT) {
			closeFD(fd)
			if errors.Is(err, unix.ENOTDIR) && isThere(path) {
				return refuse("exists", path, "is there, and no directory")
			}
			return err
		}
		p, err := placeOf(strings.TrimRight(path, "/"), true)
		if err != nil {
			return err
		}
		defer p.close()
		err = umask.Mkdirat(p.dirFD, p.base, 0o755)
		if errors.Is(err, unix.EEXIST) { // since we looked
			var st unix.Stat_t
			if unix.Stat(path, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFDIR {
				return nil
			}
		}
		if err != nil {
			return err
		}
		made.Created = true
		if mode == nil {
			return nil
		}
		return chmodAt(p.dirFD, p.base, *mode)
	})
	return made, err
}

func isThere(path string) bool {
	var st unix.Stat_t
	return unix.Lstat(path, &st) == nil
}

// Symlink makes a link to target, which is taken as it is. overwrite: a link or file of that name is replaced.
func (s *Service) Symlink(path, user, target string, overwrite bool) error {
	if target == "" || strings.IndexByte(target, 0) >= 0 {
		return refuse("invalid", "target", "is empty or holds a NUL")
	}
	return s.at(path, user, func() error {
		p, err := placeOf(path, true)
		if err != nil {
			return err
		}
		defer p.close()
		err = unix.Symlinkat(target, p.dirFD, p.base)
		if !errors.Is(err, unix.EEXIST) || !overwrite {
			return err
		}
		if st, err := p.lstat(); err == nil && st.Mode&unix.S_IFMT == unix.S_IFDIR {
			return unix.EISDIR
		}
		temp := tempName()
		defer s.journal.Note(strings.TrimSuffix(p.dir, "/") + "/" + temp)()
		if err := unix.Symlinkat(target, p.dirFD, temp); err != nil {
			return err
		}
		if err = unix.Renameat(p.dirFD, temp, p.dirFD, p.base); err != nil {
			_ = unix.Unlinkat(p.dirFD, temp, 0)
		}
		return err
	})
}

// at does one piece of work on path as user.
func (s *Service) at(path, user string, fn func() error) error {
	if err := check(path); err != nil {
		return err
	}
	cred, err := s.who(user)
	if err != nil {
		return err
	}
	return s.as(cred, path, fn)
}
