package spool

import (
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
)

// Store is what all logs share: the folder, the bounds, and the memory they may hold together.
type Store struct {
	dir     string
	max     int64 // unacknowledged bytes per log
	segment int64 // bytes of one file, the unit in which space is given back
	block   func(func())

	memory atomic.Int64  // bytes of all logs' buffers
	serial atomic.Uint64 // file names; a command's id is not ours to trust with one
}

const (
	memoryPerLog = 512 << 10
	memoryInAll  = 8 << 20
	segmentMost  = 1 << 20
)

// NewStore makes dir (best effort: without one, logs live in memory alone). block bounds blocking calls.
func NewStore(dir string, limit int64, block func(func())) *Store {
	_ = os.MkdirAll(dir, 0o700)
	_ = os.Chmod(dir, 0o700)
	return &Store{dir: dir, max: limit, segment: min(max(limit/16, 4096), segmentMost), block: block}
}

// Sweep removes what an earlier incarnation left.
func Sweep(dir string) {
	old, _ := filepath.Glob(filepath.Join(dir, "log-*"))
	for _, path := range old {
		_ = os.Remove(path)
	}
}

// Open begins an empty log.
func (s *Store) Open() *Log {
	l := &Log{store: s, Notify: make(chan struct{}, 1)}
	l.room.L = &l.mu
	return l
}

func (s *Store) path() string {
	return filepath.Join(s.dir, "log-"+strconv.FormatUint(s.serial.Add(1), 10))
}
