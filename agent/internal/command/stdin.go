package command

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// Why a command's stdin takes nothing.
var (
	ErrNoStdin     = errors.New("its stdin is not open for writing")
	ErrStdinClosed = errors.New("its stdin has been closed")
	ErrStdinLeft   = errors.New("nobody reads its stdin any more")
	ErrManyInputs  = errors.New("too many calls write to commands at once")

	errCut = errors.New("the call was cut off")
)

// maxInputs bounds the calls that write at once: what each of them has sent and no command has read lies in our memory.
const maxInputs = 64

// Input is one call's writing to a command's stdin.
type Input struct {
	Body      io.Reader
	Gone      <-chan struct{} // closed when the caller has left
	Interrupt func()          // ends a Read of Body
	Close     bool            // stdin is at its end after this
}

// InputError is an Input that was not taken, or not all of it.
type InputError struct {
	Written int64
	cause   error
}

func (e *InputError) Error() string {
	return fmt.Sprintf("%s; %d bytes were taken", e.cause, e.Written)
}

// Unwrap gives the cause.
func (e *InputError) Unwrap() error { return e.cause }

// stdin is our end of a command's standard input. One call writes at a time, whole call after whole call in the order in
// which they came. A pipe that is full holds up the writer's goroutine alone.
type stdin struct {
	file *os.File
	turn chan struct{} // has room for the one who writes
	shut chan struct{} // closed when no more can be written
	once sync.Once
	why  error // set before shut is closed
}

// openStdin begins with the bytes of the start itself, which wait for nobody.
func openStdin(file *os.File, initial []byte, keepOpen bool) *stdin {
	s := &stdin{file: file, turn: make(chan struct{}, 1), shut: make(chan struct{})}
	s.turn <- struct{}{}
	go func() {
		defer func() { <-s.turn }()
		if _, err := s.file.Write(initial); err != nil {
			s.close(ErrStdinLeft)
		} else if !keepOpen {
			s.close(ErrNoStdin)
		}
	}()
	return s
}

// close is the end of stdin; the first reason stays.
func (s *stdin) close(why error) {
	s.once.Do(func() {
		s.why = why
		close(s.shut)
		_ = s.file.Close()
	})
}

// write waits for its turn and for the command to read.
func (s *stdin) write(in Input) (int64, error) {
	select {
	case s.turn <- struct{}{}:
	case <-s.shut:
		return 0, s.why
	case <-in.Gone:
		return 0, errCut
	}
	defer func() { <-s.turn }()
	if err := s.failure(nil); err != nil {
		return 0, err
	}
	defer s.watch(in)()
	n, err := s.copy(in.Body)
	if err == nil && in.Close {
		s.close(ErrStdinClosed)
	}
	return n, err
}

// watch breaks the writing off when the caller leaves, and the reading when stdin is at its end. The function that it
// gives ends that, and leaves stdin as it was for the next one.
func (s *stdin) watch(in Input) (end func()) {
	over, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		select {
		case <-in.Gone:
			_ = s.file.SetWriteDeadline(time.Unix(1, 0))
		case <-s.shut:
			in.Interrupt()
		case <-over:
		}
	}()
	return func() {
		close(over)
		<-ended
		_ = s.file.SetWriteDeadline(time.Time{})
	}
}

// inputs are the buffers of calls that write.
var inputs = sync.Pool{New: func() any { b := make([]byte, 32<<10); return &b }}

func (s *stdin) copy(body io.Reader) (total int64, err error) {
	buf := inputs.Get().(*[]byte)
	defer inputs.Put(buf)
	for {
		n, readErr := body.Read(*buf)
		if n > 0 {
			n, err := s.file.Write((*buf)[:n])
			if total += int64(n); err != nil {
				return total, s.failure(err)
			}
		}
		if readErr == io.EOF {
			return total, nil
		}
		if readErr != nil {
			return total, s.failure(errCut)
		}
	}
}

// failure says why a write, or the reading of what to write, broke off with err.
func (s *stdin) failure(err error) error {
	if errors.Is(err, unix.EPIPE) {
		s.close(ErrStdinLeft)
	}
	select {
	case <-s.shut:
		return s.why
	default:
		return err
	}
}

// writing counts the calls of all commands.
var writing atomic.Int64

// WriteStdin writes to a command's stdin as it reads. The error is ErrUnknown, ErrManyInputs, or an InputError.
func (t *Table) WriteStdin(id string, in Input) (int64, error) {
	c, err := t.Find(id)
	if err != nil {
		return 0, err
	}
	defer writing.Add(-1)
	if writing.Add(1) > maxInputs {
		return 0, ErrManyInputs
	}
	n, err := c.write(in)
	if err != nil {
		return n, &InputError{Written: n, cause: err}
	}
	return n, nil
}

func (c *Command) write(in Input) (int64, error) {
	switch {
	case c.Exit() != nil:
		return 0, ErrFinished
	case !c.takesInput:
		return 0, ErrNoStdin
	}
	return c.stdin.write(in)
}
