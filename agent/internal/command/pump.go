package command

import (
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"atoll/agent/internal/spool"
)

// pumps carry a command's two pipes into its log.
type pumps struct {
	files [2]*os.File
	bytes [2]int64      // what was read of each, once done
	done  chan struct{} // closed when nothing more will be appended
}

// buffers are only held while there is something to read: a thousand silent commands need none.
var buffers = sync.Pool{New: func() any { b := make([]byte, spool.MaxRecord); return &b }}

// drains bounds how many pipes of ended commands we go on emptying for daemons that still write to them.
var drains atomic.Int64

const maxDrains = 512

func startPumps(log *spool.Log, stdout, stderr *os.File) *pumps {
	p := &pumps{files: [2]*os.File{stdout, stderr}, done: make(chan struct{})}
	var both sync.WaitGroup
	both.Add(2)
	for i, f := range p.files {
		go func() {
			n, atEnd := pump(log, f, byte(i+1))
			p.bytes[i] = n
			both.Done()
			if !atEnd && drains.Add(1) <= maxDrains {
				// A daemon holds it. Closing our end would kill it by SIGPIPE at its next word.
				drain(f)
				drains.Add(-1)
			} else if !atEnd {
				drains.Add(-1)
			}
			_ = f.Close()
		}()
	}
	go func() { both.Wait(); close(p.done) }()
	return p
}

// finish waits for both pipes' ends, or grace; what was written before is read in any case.
func (p *pumps) finish(grace time.Duration) {
	select {
	case <-p.done:
		return
	default:
	}
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-p.done:
	case <-timer.C:
		for _, f := range p.files {
			_ = f.SetReadDeadline(time.Unix(1, 0))
		}
		<-p.done
	}
}

// pump copies until the pipe's end (true) or until it is cut off by a deadline (false).
func pump(log *spool.Log, f *os.File, stream byte) (bytes int64, atEnd bool) {
	raw, err := f.SyscallConn()
	if err != nil {
		return 0, true
	}
	limit := -1 // bytes still to be read after the cut
	for limit != 0 {
		n, err := readRecord(log, raw.Read, stream, limit)
		bytes += int64(n)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded) && limit < 0:
			// What lies in the pipe now was written in time.
			if limit = pending(raw.Control); limit > 0 {
				_ = f.SetReadDeadline(time.Time{})
			}
		case err != nil || n == 0:
			return bytes, true
		case limit > 0:
			limit -= n
		}
	}
	return bytes, false
}

// readRecord waits until there is something, then reads it into a record and appends that. n is 0 at the pipe's end.
func readRecord(log *spool.Log, wait func(func(uintptr) bool) error, stream byte, limit int) (n int, err error) {
	var buf *[]byte
	var failure error
	err = wait(func(fd uintptr) bool {
		buf = buffers.Get().(*[]byte)
		room := (*buf)[spool.RecordHeader:]
		if limit >= 0 {
			room = room[:min(limit, len(room))]
		}
		for {
			n, failure = unix.Read(int(fd), room)
			if failure != unix.EINTR {
				break
			}
		}
		if failure == unix.EAGAIN {
			buffers.Put(buf)
			buf = nil
			return false
		}
		return true
	})
	if buf == nil {
		return 0, err
	}
	defer buffers.Put(buf)
	if failure != nil || n <= 0 {
		return 0, failure
	}
	spool.PutRecord(*buf, stream, n, time.Now().UnixMicro())
	_ = log.Append((*buf)[:spool.RecordHeader+n]) // a closed log still wants the pipe emptied
	return n, nil
}

func pending(control func(func(uintptr)) error) int {
	n := 0
	_ = control(func(fd uintptr) {
		var err error
		if n, err = unix.IoctlGetInt(int(fd), unix.TIOCINQ); err != nil {
			n = 0
		}
	})
	return n
}

// drain throws away until the pipe's end.
func drain(f *os.File) {
	_ = f.SetReadDeadline(time.Time{})
	raw, err := f.SyscallConn()
	if err != nil {
		return
	}
	for {
		n := 0
		err := raw.Read(func(fd uintptr) bool {
			buf := buffers.Get().(*[]byte)
			defer buffers.Put(buf)
			var e error
			n, e = unix.Read(int(fd), *buf)
			return e != unix.EAGAIN && e != unix.EINTR || e == nil
		})
		if err != nil || n <= 0 {
			return
		}
	}
}
