package spool

import (
	"os"

	"golang.org/x/sys/unix"

	"atoll/agent/internal/umask"
)

// disk is the spilled, older part of a log: a row of files that each start at a record, so that dropped and
// acknowledged space is given back file by file. Only the last one is open, and only while it is written.
type disk struct {
	segments []segment
	last     *os.File
}

type segment struct {
	at, size int64
	path     string
}

// write appends whole records that begin at position at; false when the file system refuses.
func (d *disk) write(s *Store, at int64, b []byte) (ok bool) {
	s.block(func() { ok = d.writeAll(s, at, b) })
	return ok
}

func (d *disk) writeAll(s *Store, at int64, b []byte) bool {
	if n := len(d.segments); n == 0 || d.last == nil || d.segments[n-1].size >= s.segment || d.segments[n-1].at+d.segments[n-1].size != at {
		d.rest()
		path := s.path()
		f, err := umask.Make(func() (*os.File, error) {
			return os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY|unix.O_NOFOLLOW, 0o600)
		})
		if err != nil {
			return false
		}
		d.last = f
		d.segments = append(d.segments, segment{at: at, path: path})
	}
	seg := &d.segments[len(d.segments)-1]
	// At the size we know: a write cut short by a full disk is simply written over next time.
	if _, err := d.last.WriteAt(b, seg.size); err != nil {
		if seg.size == 0 {
			d.pop()
		}
		return false
	}
	seg.size += int64(len(b))
	return true
}

// read copies whole records at pos; with n 0, next is where what follows begins.
func (d *disk) read(s *Store, pos int64, buf []byte) (n int, next int64) {
	for _, seg := range d.segments {
		end := seg.at + seg.size
		if pos >= end {
			continue
		}
		if pos < seg.at {
			return 0, seg.at
		}
		got := seg.read(s, pos-seg.at, buf[:min(int64(len(buf)), end-pos)])
		n, _ = whole(buf[:got])
		return n, end
	}
	return 0, pos
}

// read opens the file for this one read: many commands keep output, few descriptors are to be had. The file may be
// root's work inside by now, a FIFO even.
func (seg *segment) read(s *Store, offset int64, b []byte) (n int) {
	s.block(func() {
		f, err := os.OpenFile(seg.path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
		if err != nil {
			return
		}
		n, _ = f.ReadAt(b, offset)
		_ = f.Close()
	})
	return n
}

// cuts tells whether pos lies within a record. Where the file is lost or spoilt it says no: reading jumps over that.
func (d *disk) cuts(s *Store, pos int64) bool {
	for _, seg := range d.segments {
		if pos <= seg.at || pos >= seg.at+seg.size {
			continue
		}
		raw := make([]byte, seg.size)
		raw = raw[:seg.read(s, 0, raw)]
		for at := seg.at; at < pos; {
			size := recordAt(raw[min(at-seg.at, int64(len(raw))):])
			if size <= 0 {
				return false
			}
			if at += int64(size); at > pos {
				return true
			}
		}
	}
	return false
}

// dropFirst removes the oldest file and says where the next one begins.
func (d *disk) dropFirst() (next int64, ok bool) {
	if len(d.segments) == 0 {
		return 0, false
	}
	next = d.segments[0].at + d.segments[0].size
	d.trim(next)
	return next, true
}

// trim removes the files that lie wholly before first.
func (d *disk) trim(first int64) {
	n := 0
	for n < len(d.segments) && d.segments[n].at+d.segments[n].size <= first {
		_ = os.Remove(d.segments[n].path)
		n++
	}
	if n == 0 {
		return
	}
	if n == len(d.segments) {
		d.rest()
		d.segments = nil
		return
	}
	d.segments = append(d.segments[:0], d.segments[n:]...)
}

func (d *disk) pop() {
	n := len(d.segments) - 1
	d.rest()
	_ = os.Remove(d.segments[n].path)
	d.segments = d.segments[:n]
}

// rest closes the file that was written last.
func (d *disk) rest() {
	if d.last != nil {
		_ = d.last.Close()
		d.last = nil
	}
}
