package spool

import (
	"errors"
	"sync"
)

// Log is one command's output. [first,end) is kept: the older part in files, [memAt,end) in memory.
// Two pumps append, at most one sender reads; nothing here waits for the network.
type Log struct {
	store *Store
	// Notify wakes the sender; capacity one, so that a wake-up is never lost and never blocks.
	Notify chan struct{}

	mu       sync.Mutex
	room     sync.Cond // appenders wait here while the log is full
	first    int64
	end      int64
	mem      []byte
	memAt    int64
	disk     disk
	attached bool
	closed   bool
	charged  int64 // what mem's capacity counts in the store
}

// Errors of a log.
var (
	ErrPosition = errors.New("not a position of this log")
	errClosed   = errors.New("log closed")
)

// Append adds one whole record. While a service is attached and the log is full, it waits.
func (l *Log) Append(record []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := int64(len(record))
	for !l.closed {
		full := l.end > l.first && l.end-l.first+n > l.store.max
		if !full && l.makeRoom(len(record)) {
			break
		}
		if l.attached {
			l.room.Wait()
		} else {
			l.dropOldest()
		}
	}
	if l.closed {
		return errClosed
	}
	l.mem = append(l.mem, record...)
	l.charge()
	l.end += n
	l.wake()
	return nil
}

// Read copies whole records from position pos (or from the first kept one after it) into buf, which must hold at least
// MaxRecord. n is 0 when there is nothing yet.
func (l *Log) Read(pos int64, buf []byte) (n int, at int64, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		at = max(pos, l.first)
		if at > l.end {
			return 0, at, ErrPosition
		}
		if at >= l.memAt {
			from := l.mem[at-l.memAt:]
			from = from[:min(len(from), len(buf))]
			n, sane := whole(from)
			if !sane {
				return 0, at, ErrPosition
			}
			return copy(buf, from[:n]), at, nil
		}
		n, next := l.disk.read(l.store, at, buf)
		if n > 0 {
			return n, at, nil
		}
		// Root inside may have taken or spoilt the file: go on after it, the position tells of the loss.
		pos = max(next, at+1)
		if pos >= l.memAt {
			pos = l.memAt
		}
	}
}

// Ack says that the service has everything before pos.
func (l *Log) Ack(pos int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if pos <= l.first || pos > l.end {
		return
	}
	l.first = pos
	l.trim()
	l.room.Broadcast()
}

// Attach says whether a service reads this log: it decides between waiting and dropping.
func (l *Log) Attach(yes bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.attached = yes
	if yes {
		l.wake()
	} else {
		l.room.Broadcast()
	}
}

// Bounds are the first kept position and the log's length.
func (l *Log) Bounds() (first, end int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.first, l.end
}

// Valid tells whether reading can start at pos: at a record's start, the end, or before what is still kept.
func (l *Log) Valid(pos int64) bool {
	if _, end := l.Bounds(); pos < 0 || pos > end {
		return false
	}
	l.mu.Lock()
	cut := pos > l.first && l.disk.cuts(l.store, pos)
	l.mu.Unlock()
	_, _, err := l.Read(pos, make([]byte, MaxRecord))
	return err == nil && !cut
}

// Seal gives back the open file: the command has ended, nothing is appended any more.
func (l *Log) Seal() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.disk.rest()
	if cap(l.mem) > 2*len(l.mem) {
		l.mem = append([]byte(nil), l.mem...)
		l.charge()
	}
}

// Close forgets everything.
func (l *Log) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.first = l.end
	l.trim()
	l.mem = nil
	l.charge()
	l.room.Broadcast()
	l.wake()
}

// Wake makes the sender look again.
func (l *Log) Wake() { l.wake() }

func (l *Log) wake() {
	select {
	case l.Notify <- struct{}{}:
	default:
	}
}

// makeRoom spills to disk when memory is short; false when the disk refuses and memory is full.
func (l *Log) makeRoom(n int) bool {
	limit := memoryPerLog
	if l.store.memory.Load() > memoryInAll {
		limit = 0
	}
	if len(l.mem) == 0 || len(l.mem)+n <= limit {
		return true
	}
	// The newest half stays in memory for the sender that keeps up; all goes when memory is short over all logs.
	part := len(l.mem)
	if limit > 0 {
		part = boundary(l.mem, len(l.mem)/2)
	}
	if !l.disk.write(l.store, l.memAt, l.mem[:part]) {
		return len(l.mem)+n <= memoryPerLog/4
	}
	l.memAt += int64(part)
	l.mem = append(l.mem[:0], l.mem[part:]...)
	if limit == 0 && cap(l.mem) > 2*MaxRecord {
		l.mem = nil
	}
	return true
}

// dropOldest loses the oldest records, whole ones: a file of them, or without files a part of memory.
func (l *Log) dropOldest() {
	if next, ok := l.disk.dropFirst(); ok {
		l.first = max(next, l.first)
	} else {
		l.first = l.memAt + int64(boundary(l.mem, len(l.mem)/8+1))
	}
	l.trim()
}

// trim frees what lies before first.
func (l *Log) trim() {
	l.disk.trim(l.first)
	if l.first > l.memAt {
		gone := l.first - l.memAt
		l.mem = append(l.mem[:0], l.mem[gone:]...)
		l.memAt = l.first
	}
	if len(l.mem) == 0 && cap(l.mem) > 16<<10 {
		l.mem = nil
	}
	l.charge()
}

func (l *Log) charge() {
	now := int64(cap(l.mem))
	l.store.memory.Add(now - l.charged)
	l.charged = now
}
