package command

import (
	"encoding/binary"
	"encoding/json"
	"io"
	"sync"
	"time"

	"atoll/agent/internal/frame"
	"atoll/agent/internal/proc"
)

// Wire is the duplex stream of one call: frames come from Body, are sent with Write, and leave with Flush.
// WriteDeadline breaks a Write that nobody reads; Gone is closed when the caller has left.
type Wire struct {
	Body          io.Reader
	Write         func([]byte) (int, error)
	Flush         func() error
	WriteDeadline func(time.Time) error
	Gone          <-chan struct{}
}

// stream is one service's hold on a command.
type stream struct {
	gone     chan struct{} // the service's side ended, or a newer stream took over
	once     sync.Once
	deadline func(time.Time) error
}

func (s *stream) end() { s.once.Do(func() { close(s.gone) }) }

// replace ends a stream for a newer one: cleanly, or by force when it hangs in a write.
func (s *stream) replace() {
	s.end()
	_ = s.deadline(time.Now().Add(time.Second))
}

// outputs are the senders' buffers: the largest part of a log that goes into one frame.
var outputs = sync.Pool{New: func() any { b := make([]byte, outputHead+outputMost); return &b }}

const (
	outputHead = frame.HeaderSize + frame.Position
	outputMost = 256 << 10
)

// ServeStart is POST /commands: reads the C frame, starts, and goes on as Serve does.
func (t *Table) ServeStart(w Wire) {
	kind, payload, err := frame.ReadFirst(w.Body)
	if err != nil {
		return
	}
	if kind != frame.Command {
		sendFailure(w, proc.Fail(proc.Invalid, "the first frame is not a command"))
		return
	}
	r, failure := Parse(payload)
	var c *Command
	if failure == nil {
		c, failure = t.Start(r, w.Gone)
	}
	if failure != nil {
		sendFailure(w, failure)
		return
	}
	started, _ := json.Marshal(struct {
		PID       int   `json:"pid"`
		StartedAt int64 `json:"started_at"`
	}{c.PID, c.StartedAt})
	t.Serve(w, c, 0, frame.Make(frame.Started, started))
}

func sendFailure(w Wire, f *proc.Failure) {
	payload, _ := json.Marshal(f)
	_, _ = w.Write(frame.Make(frame.Failed, payload))
	_ = w.Flush()
}

// Serve sends first, then the log from position from and the exit, and hears acknowledgements, until the service lets go.
func (t *Table) Serve(w Wire, c *Command, from int64, first []byte) {
	s := c.attach(w.WriteDeadline)
	defer c.detach(s)
	go func() {
		defer s.end()
		t.listen(w.Body, c)
	}()
	if len(first) > 0 {
		if _, err := w.Write(first); err != nil {
			return
		}
	}
	if w.Flush() != nil {
		return
	}
	for pos, told := from, false; ; {
		next, err := c.sendOutput(w, s, pos)
		if err != nil {
			return
		}
		if next > pos {
			pos = next
			continue
		}
		finished := c.finished
		if told {
			finished = nil
		} else if exit := c.Exit(); exit != nil {
			if _, end := c.log.Bounds(); pos < end {
				continue
			}
			payload, _ := json.Marshal(exit)
			if _, err := w.Write(frame.Make(frame.Exited, payload)); err != nil || w.Flush() != nil {
				return
			}
			told = true
			continue
		}
		select {
		case <-c.log.Notify:
		case <-finished:
		case <-c.released:
			return
		case <-s.gone:
			return
		}
	}
}

// sendOutput sends one O frame if there is something from pos on, and gives the position after it.
func (c *Command) sendOutput(w Wire, s *stream, pos int64) (int64, error) {
	select {
	case <-s.gone:
		return pos, io.ErrClosedPipe
	default:
	}
	if _, end := c.log.Bounds(); end <= pos {
		return pos, nil
	}
	buf := outputs.Get().(*[]byte)
	defer outputs.Put(buf)
	b := *buf
	n, at, err := c.log.Read(pos, b[outputHead:])
	if err != nil {
		return pos, err
	}
	if n == 0 {
		return max(pos, at), nil // all of it was dropped
	}
	frame.PutHeader(b, frame.Output, frame.Position+n)
	binary.BigEndian.PutUint64(b[frame.HeaderSize:], uint64(at))
	if _, err := w.Write(b[:outputHead+n]); err != nil {
		return pos, err
	}
	return at + int64(n), w.Flush()
}

// listen reads the service's frames until the stream's end.
func (t *Table) listen(body io.Reader, c *Command) {
	for {
		kind, payload, err := frame.Read(body)
		if err != nil {
			return
		}
		switch {
		case kind == frame.Ack && len(payload) == 8:
			c.log.Ack(int64(binary.BigEndian.Uint64(payload)))
		case kind == frame.Release:
			_ = t.Release(c.ID) // one that runs stays
		default:
			return
		}
	}
}

// attach makes a stream the command's one; an older one ends.
func (c *Command) attach(deadline func(time.Time) error) *stream {
	s := &stream{gone: make(chan struct{}), deadline: deadline}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stream != nil {
		c.stream.replace()
	}
	c.stream = s
	c.log.Attach(true)
	return s
}

func (c *Command) detach(s *stream) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s.end()
	if c.stream == s {
		c.stream = nil
		c.log.Attach(false)
	} else {
		c.log.Wake() // we may have taken a wake-up that was the newer stream's
	}
}

// Attached tells whether a service reads this command now.
func (c *Command) Attached() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stream != nil
}

// Resumable tells whether a stream can begin at position from.
func (c *Command) Resumable(from int64) bool { return c.log.Valid(from) }
