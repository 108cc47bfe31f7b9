package files

import (
	"strings"

	"golang.org/x/sys/unix"
)

// Stat tells of one entry; follow: of what a link leads to.
func (s *Service) Stat(path, user string, follow bool) (Entry, error) {
	if err := check(path); err != nil {
		return Entry{}, err
	}
	cred, err := s.who(user)
	if err != nil {
		return Entry{}, err
	}
	describe := s.describer()
	var e Entry
	err = s.as(cred, path, func() error {
		flags := unix.AT_SYMLINK_NOFOLLOW
		if follow {
			flags = 0
		}
		var st unix.Stat_t
		if err := unix.Fstatat(unix.AT_FDCWD, path, &st, flags); err != nil {
			return err
		}
		e = describe.entry(unix.AT_FDCWD, path, &st)
		if e.Type == "file" {
			e.ETag = etagOf(&st)
		}
		return nil
	})
	if _, base := split("/" + strings.Trim(path, "/")); base != "" {
		e.Name, e.NameBase64 = printable(base)
	} else {
		e.Name = "/"
	}
	return e, err
}
