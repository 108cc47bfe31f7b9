package command

import (
	"time"

	"golang.org/x/sys/unix"
)

const (
	limitStep = time.Second            // between looks at the clock while a command may still run
	graceStep = 250 * time.Millisecond // between looks whether all have gone
	pauseFrom = 2 * time.Second        // a step that is so much late was a pause of the sandbox
)

// limit ends a command whose time is up: TERM to its whole session, KILL to what is left of that after grace, even when
// the first process has heeded the TERM by then. A grace of 0 is KILL at once.
func (t *Table) limit(c *Command, timeout, grace time.Duration) {
	if !spend(timeout, limitStep, c.left, func() bool { return true }) {
		return
	}
	if grace > 0 {
		up := func() { c.timedOut.Store(true) }
		// While somebody of it is there at each look, its number is no other session's.
		there := func() bool { return t.reaper.SignalSession(c.PID, 0) == nil }
		if !t.reaper.SignalRunning(c.PID, up, unix.SIGTERM, unix.SIGCONT) || !spend(grace, graceStep, nil, there) {
			return
		}
		c.killed.Store(true)
		_ = t.reaper.SignalSession(c.PID, unix.SIGKILL)
		return
	}
	t.reaper.SignalRunning(c.PID, func() { c.timedOut.Store(true); c.killed.Store(true) }, unix.SIGKILL)
}

// spend lets d pass, without the time that the sandbox was paused meanwhile: Go's clock goes on then. It gives false when
// over or going ended it early.
func spend(d, step time.Duration, over <-chan struct{}, going func() bool) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	for d > 0 {
		step = min(d, step)
		begun := time.Now()
		timer.Reset(step)
		select {
		case <-over:
			return false
		case <-timer.C:
		}
		passed := time.Since(begun)
		if passed > step+pauseFrom {
			passed = step
		}
		if d -= passed; !going() {
			return false
		}
	}
	return true
}
