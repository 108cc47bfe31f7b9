package command

import (
	"os"
	"time"

	"golang.org/x/sys/unix"

	"atoll/agent/internal/proc"
)

// strayPause is between looks at all processes.
const strayPause = 50 * time.Millisecond

// SetStopGrace says how long commands have between TERM and KILL when Stop is called next; 0 is KILL at once.
func (t *Table) SetStopGrace(grace time.Duration) { t.stopGrace.Store(int64(grace)) }

// Stop ends everything for PID 1's own end: TERM, KILL after the grace, then up to flush for the service to hear the
// exits. As PID 1 all processes get the TERM, daemons too; `connect` ignores it, for the exits go out through it.
func (t *Table) Stop(flush time.Duration) {
	t.mu.Lock()
	t.stopping = true
	t.mu.Unlock()
	if !t.quiet() && !t.ask() {
		// Daemons die with PID 1; here only the commands' exits are worth waiting for.
		t.until(t.outputGrace+200*time.Millisecond, func() bool {
			left := t.running() // anew each time: one may have been starting
			for _, c := range left {
				_ = t.reaper.SignalGroup(c.PID, unix.SIGKILL)
			}
			return len(left) == 0
		})
	}
	t.until(flush, t.heard)
}

// ask sends TERM and tells whether all went in time.
func (t *Table) ask() bool {
	grace := time.Duration(t.stopGrace.Load())
	if grace <= 0 {
		return false
	}
	strays, next := proc.NewStrays(), time.Now().Add(strayPause)
	t.tell(unix.SIGTERM)
	t.tell(unix.SIGCONT)
	return t.until(grace, func() bool {
		if t.quiet() {
			return true
		}
		// While commands run, what is new may be there to end them well.
		if os.Getpid() == 1 && time.Now().After(next) && len(t.running()) == 0 {
			strays.Tell(t.reaper, unix.SIGTERM)
			next = time.Now().Add(strayPause)
		}
		return false
	})
}

func (t *Table) tell(sig unix.Signal) {
	if os.Getpid() == 1 {
		_ = unix.Kill(-1, sig)
		return
	}
	for _, c := range t.running() {
		_ = t.reaper.SignalGroup(c.PID, sig)
	}
}

func (t *Table) running() []*Command {
	var out []*Command
	for _, c := range t.snapshot() {
		if c.Exit() == nil {
			out = append(out, c)
		}
	}
	return out
}

func (t *Table) quiet() bool {
	return len(t.running()) == 0 && (os.Getpid() != 1 || t.reaper.Childless())
}

// heard is true when no attached command still waits for the service's release.
func (t *Table) heard() bool {
	for _, c := range t.snapshot() {
		if c.Attached() {
			return false
		}
	}
	return true
}

func (t *Table) until(limit time.Duration, ok func() bool) bool {
	for deadline := time.Now().Add(limit); ; time.Sleep(2 * time.Millisecond) {
		if ok() {
			return true
		}
		if time.Now().After(deadline) {
			return false
		}
	}
}
