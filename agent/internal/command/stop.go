package command

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// Stop ends everything for PID 1's own end: TERM, KILL after grace, then up to flush for the service to hear the exits.
// As PID 1 all processes get the TERM, daemons too; `connect` ignores it, for the exits go out through it.
func (t *Table) Stop(grace, flush time.Duration) {
	t.mu.Lock()
	t.stopping = true
	t.mu.Unlock()
	if !t.quiet() {
		t.tell(unix.SIGTERM)
		t.tell(unix.SIGCONT)
		if !t.until(grace, t.quiet) {
			for _, c := range t.running() {
				_ = t.reaper.SignalGroup(c.PID, unix.SIGKILL)
			}
			// Daemons die with PID 1; here only the commands' exits are worth waiting for.
			t.until(t.outputGrace+200*time.Millisecond, func() bool { return len(t.running()) == 0 })
		}
	}
	t.until(flush, t.heard)
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
