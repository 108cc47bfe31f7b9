// Package command runs commands: it keeps their table, pumps their output into logs, and speaks a command's stream.
package command

import (
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"atoll/agent/internal/proc"
	"atoll/agent/internal/spool"
)

// Exit is the X frame's payload.
type Exit struct {
	ExitCode   int   `json:"exit_code"`
	Signal     int   `json:"signal,omitempty"`
	FinishedAt int64 `json:"finished_at"`
	Length     int64 `json:"length"`
	OOM        bool  `json:"oom"`
	UserMs     int64 `json:"user_ms"`
	SystemMs   int64 `json:"system_ms"`
	MaxRSSKb   int64 `json:"max_rss_kb"`
	TimedOut   bool  `json:"timed_out"`
	Stdout     int64 `json:"stdout_bytes"`
	Stderr     int64 `json:"stderr_bytes"`
}

// Command is one that has started and is not released.
type Command struct {
	ID        string
	PID       int
	StartedAt int64 // unix ms

	log        *spool.Log
	stdin      *stdin // nil: /dev/null
	takesInput bool   // calls may write to stdin

	left     chan struct{} // closed once the first process has ended
	finished chan struct{} // closed once exit is set
	released chan struct{}
	exit     atomic.Pointer[Exit]
	killed   atomic.Bool // we were asked to send KILL: not the OOM killer's doing
	timedOut atomic.Bool // its time was up before its first process ended
	oomMark  uint64

	mu     sync.Mutex
	stream *stream // the one attached stream; a newer one takes its place
}

// Exit is nil while the command runs.
func (c *Command) Exit() *Exit { return c.exit.Load() }

// Summary is one entry of GET /commands.
type Summary struct {
	ID        string `json:"id"`
	PID       int    `json:"pid"`
	StartedAt int64  `json:"started_at"`
	First     int64  `json:"first"`
	Length    int64  `json:"length"`
	Exit      *Exit  `json:"exit,omitempty"`
}

func (c *Command) summary() Summary {
	first, end := c.log.Bounds()
	return Summary{ID: c.ID, PID: c.PID, StartedAt: c.StartedAt, First: first, Length: end, Exit: c.Exit()}
}

// follow sees a started process to its end.
func (t *Table) follow(c *Command, p *proc.Started) {
	pumps := startPumps(c.log, p.Stdout, p.Stderr)
	end := <-p.Done
	close(c.left)
	finishedAt := time.Now().UnixMilli()
	oom := false
	if !c.killed.Load() && (end.Status.Signaled() && end.Status.Signal() == unix.SIGKILL || end.Status.ExitStatus() == 128+int(unix.SIGKILL)) {
		oom = t.oom.Struck(c.oomMark)
	}
	pumps.finish(t.outputGrace)
	c.log.Seal()
	_, length := c.log.Bounds()
	c.exit.Store(&Exit{
		ExitCode: exitCode(end.Status), Signal: exitSignal(end.Status),
		FinishedAt: finishedAt, Length: length, OOM: oom,
		UserMs: millis(end.Usage.Utime), SystemMs: millis(end.Usage.Stime), MaxRSSKb: t.peak(end.Usage.Maxrss),
		TimedOut: c.timedOut.Load(), Stdout: pumps.bytes[0], Stderr: pumps.bytes[1],
	})
	if c.stdin != nil {
		c.stdin.close(ErrFinished)
	}
	close(c.finished)
	t.retire(c)
}

// peak is the kernel's ru_maxrss. Between fork and exec a child is counted with our memory, so a smaller peak than ours
// cannot be told from it: 0 says unknown.
func (t *Table) peak(kb int64) int64 {
	if kb <= ownPeak() {
		return 0
	}
	return kb
}

func ownPeak() int64 {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return int64(u.Maxrss)
}

func exitCode(s unix.WaitStatus) int {
	if s.Signaled() {
		return 128 + int(s.Signal())
	}
	return s.ExitStatus()
}

func exitSignal(s unix.WaitStatus) int {
	if s.Signaled() {
		return int(s.Signal())
	}
	return 0
}

func millis(t unix.Timeval) int64 { return int64(t.Sec)*1000 + int64(t.Usec)/1000 }
