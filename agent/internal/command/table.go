package command

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"atoll/agent/internal/fsid"
	"atoll/agent/internal/proc"
	"atoll/agent/internal/spool"
	"atoll/agent/internal/users"
)

// maxFinished bounds the commands that have ended and that nobody released; the oldest goes first.
const maxFinished = 4096

// Errors of calls on a command.
var (
	ErrUnknown  = errors.New("no such command")
	ErrFinished = errors.New("the command has finished")
	ErrRunning  = errors.New("the command is running")
	ErrSignal   = errors.New("not a signal")
)

// Parts are what a Table works with.
type Parts struct {
	Users       *users.DB
	Pool        *fsid.Pool
	Reaper      *proc.Reaper
	Spawner     *proc.Spawner
	OOM         *proc.OOM
	Store       *spool.Store
	StopGrace   time.Duration
	OutputGrace time.Duration
}

// Table knows all commands that are not released.
type Table struct {
	users       *users.DB
	pool        *fsid.Pool
	reaper      *proc.Reaper
	spawner     *proc.Spawner
	oom         *proc.OOM
	store       *spool.Store
	outputGrace time.Duration
	stopGrace   atomic.Int64 // a time.Duration

	mu       sync.Mutex
	all      map[string]*Command
	starting map[string]chan struct{} // closed when that is over, however
	ended    []*Command               // oldest first
	stopping bool
}

// NewTable makes an empty one.
func NewTable(p Parts) *Table {
	t := &Table{
		users: p.Users, pool: p.Pool, reaper: p.Reaper, spawner: p.Spawner, oom: p.OOM, store: p.Store,
		outputGrace: p.OutputGrace, all: map[string]*Command{}, starting: map[string]chan struct{}{},
	}
	t.SetStopGrace(p.StopGrace)
	return t
}

func (t *Table) reserve(id string) *proc.Failure {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.stopping {
		return proc.Fail(proc.NoResources, "the sandbox is stopping")
	}
	if t.all[id] != nil || t.starting[id] != nil {
		return proc.Fail(proc.Duplicate, "there is a command with this id: "+id)
	}
	t.starting[id] = make(chan struct{})
	return nil
}

// settle ends what reserve began, with a command or without.
func (t *Table) settle(id string, c *Command) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c != nil {
		t.all[id] = c
	}
	close(t.starting[id])
	delete(t.starting, id)
}

// retire notes an end, and forgets the oldest ended command when there are too many.
func (t *Table) retire(c *Command) {
	t.mu.Lock()
	var oldest *Command
	if t.all[c.ID] == c { // a service that saw the end may have released it already
		t.ended = append(t.ended, c)
		if len(t.ended) > maxFinished {
			oldest = t.ended[0]
		}
	}
	t.mu.Unlock()
	if oldest != nil {
		_ = t.Release(oldest.ID)
	}
}

// Find gives a command that has started.
func (t *Table) Find(id string) (*Command, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c := t.all[id]; c != nil {
		return c, nil
	}
	return nil, ErrUnknown
}

// Await is Find, but for one that is being started it waits for that: whoever gave up waiting for its start, and now asks
// what became of it, must not hear that there is none.
func (t *Table) Await(id string, gone <-chan struct{}) (*Command, error) {
	t.mu.Lock()
	starting := t.starting[id]
	t.mu.Unlock()
	if starting != nil {
		select {
		case <-starting:
		case <-gone:
		}
	}
	return t.Find(id)
}

// Count is how many are not released.
func (t *Table) Count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.all)
}

// List gives all, in the order of their start.
func (t *Table) List() []Summary {
	out := []Summary{}
	for _, c := range t.snapshot() {
		out = append(out, c.summary())
	}
	slices.SortFunc(out, func(a, b Summary) int {
		if a.StartedAt != b.StartedAt {
			return int(a.StartedAt - b.StartedAt)
		}
		return strings.Compare(a.ID, b.ID)
	})
	return out
}

func (t *Table) snapshot() []*Command {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []*Command
	for _, c := range t.all {
		if c != nil {
			out = append(out, c)
		}
	}
	return out
}

// Signal sends sig to all of the command's session; 0 only asks whether it runs.
func (t *Table) Signal(id string, sig int) error {
	c, err := t.Find(id)
	if err != nil {
		return err
	}
	if sig < 0 || sig > 64 {
		return ErrSignal
	}
	if c.Exit() != nil {
		return ErrFinished
	}
	if sig == int(unix.SIGKILL) {
		c.killed.Store(true)
	}
	if err := t.reaper.SignalSession(c.PID, unix.Signal(sig)); errors.Is(err, unix.ESRCH) {
		return ErrFinished
	} else if err != nil {
		return err
	}
	return nil
}

// Release forgets a finished command and its output.
func (t *Table) Release(id string) error {
	t.mu.Lock()
	c := t.all[id]
	if c == nil {
		t.mu.Unlock()
		return ErrUnknown
	}
	if c.Exit() == nil {
		t.mu.Unlock()
		return ErrRunning
	}
	delete(t.all, id)
	if i := slices.Index(t.ended, c); i >= 0 {
		t.ended = slices.Delete(t.ended, i, i+1)
	}
	close(c.released)
	t.mu.Unlock()
	c.log.Close()
	return nil
}
