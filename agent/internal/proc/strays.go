package proc

import (
	"os"

	"golang.org/x/sys/unix"
)

// Strays finds orphans that a TERM to all has missed: a shell that is told to end may be forking just then, and its
// child is not there yet, or has the shell's own handler, which forgets.
type Strays struct{ told map[int]bool }

// NewStrays takes those that are our children now for told.
func NewStrays() *Strays {
	s := &Strays{told: map[int]bool{}}
	s.each(func(int) {})
	return s
}

// Tell signals those that have become our children since. Of PID 1 these are orphans (and commands); what a daemon
// starts while it ends has the daemon as its parent, and is left alone.
func (s *Strays) Tell(r *Reaper, sig unix.Signal) {
	r.mu.Lock() // a child that nobody waits for keeps its pid
	defer r.mu.Unlock()
	s.each(func(pid int) { _ = unix.Kill(pid, sig) })
}

func (s *Strays) each(untold func(pid int)) {
	for _, p := range processes() {
		if !s.told[p.pid] && p.parent == os.Getpid() {
			s.told[p.pid] = true
			untold(p.pid)
		}
	}
}
