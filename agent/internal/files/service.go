package files

import (
	"context"
	"sync"

	"golang.org/x/sys/unix"

	"atoll/agent/internal/fsid"
	"atoll/agent/internal/users"
)

// Service makes the file calls.
type Service struct {
	pool    *fsid.Pool
	users   *users.DB
	journal *Journal
	spool   string
	commits commitLocks
}

// New makes a Service; spoolDir is root's own folder for what must not be seen half done.
func New(pool *fsid.Pool, db *users.DB, journal *Journal, spoolDir string) *Service {
	return &Service{pool: pool, users: db, journal: journal, spool: spoolDir}
}

// who resolves the user parameter.
func (s *Service) who(spec string) (fsid.Cred, error) {
	u, err := s.users.Lookup(spec)
	if err != nil {
		return fsid.Cred{}, &Error{Kind: "invalid", Message: "user: " + err.Error()}
	}
	return fsid.Cred{UID: u.UID, GID: u.GID, Groups: u.Groups}, nil
}

// as runs one piece of work as cred and returns its error or the pool's.
func (s *Service) as(cred fsid.Cred, path string, fn func() error) error {
	var err error
	if e := s.pool.As(cred, func() { err = fn() }); e != nil {
		return refuse("permission", path, e.Error())
	}
	return wrap(path, err)
}

// Chunk is the size in which contents are moved.
const Chunk = 256 << 10

var chunks = sync.Pool{New: func() any { b := make([]byte, Chunk); return &b }}

// stopped gives up when the caller has gone.
func stopped(ctx context.Context) bool { return ctx.Err() != nil }

func closeFD(fd int) {
	if fd >= 0 {
		_ = unix.Close(fd)
	}
}

// batch is how many entries of a tree are looked at in one visit to the user's thread.
const batch = 256

// walk takes a walker that has begun to its end.
func (s *Service) walk(ctx context.Context, cred fsid.Cred, path string, w *walker) error {
	for done := false; !done; {
		err := s.as(cred, path, func() (err error) {
			done, err = w.step(batch)
			return err
		})
		if err != nil {
			return err
		}
		if stopped(ctx) {
			return wrap(path, unix.ECANCELED)
		}
	}
	return nil
}
