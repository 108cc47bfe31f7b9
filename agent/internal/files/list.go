package files

import (
	"context"
	"errors"
	"io"
	"math"

	"golang.org/x/sys/unix"

	"atoll/agent/internal/fsid"
)

// ListOptions say how much of a folder is listed.
type ListOptions struct {
	Recursive bool
	Limit     int    // entries; 0 is all
	After     string // an earlier page ended with this path below the folder
}

// Listing is an opened folder, listed by the bytes of names, a folder before what is in it.
type Listing struct {
	service *Service
	cred    fsid.Cred
	path    string
	walker  *walker
	left    int
	more    bool
	lines   []byte
}

// listBatch entries are looked at in one visit to the user's thread.
const listBatch = 256

// List opens a folder as user and reads its names; entries come with SendTo.
func (s *Service) List(path, user string, options ListOptions) (*Listing, error) {
	if err := check(path); err != nil {
		return nil, err
	}
	cred, err := s.who(user)
	if err != nil {
		return nil, err
	}
	l := &Listing{service: s, cred: cred, path: path, left: options.Limit}
	if l.left == 0 {
		l.left = math.MaxInt
	}
	describe := s.describer()
	l.walker = &walker{after: components(options.After)}
	l.walker.enter = func(*node) bool { return options.Recursive }
	l.walker.visit = func(n *node) error {
		if l.left == 0 {
			l.more = true
			return errEnough
		}
		l.left--
		e := describe.entry(n.dirFD, n.name, &n.st)
		if options.Recursive {
			e.Path, e.PathBase64 = printable(n.rel)
		}
		l.lines = append(l.lines, line(e)...)
		return nil
	}
	if err := s.as(cred, path, func() error { return l.walker.begin(path) }); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// SendTo writes one JSON object a line, and a last one that says whether there is more. What vanished since is left out.
func (l *Listing) SendTo(ctx context.Context, w io.Writer) error {
	for done := false; !done; {
		l.lines = l.lines[:0]
		err := l.service.as(l.cred, l.path, func() (err error) {
			done, err = l.walker.step(listBatch)
			if errors.Is(err, errEnough) {
				done, err = true, nil
			}
			return err
		})
		if err == nil && stopped(ctx) {
			err = unix.ECANCELED
		}
		if err != nil {
			return err
		}
		if _, err := w.Write(l.lines); err != nil {
			return err
		}
	}
	_, err := w.Write(line(map[string]bool{"end": true, "more": l.more}))
	return err
}

// Close gives the folder back.
func (l *Listing) Close() { l.walker.close() }
