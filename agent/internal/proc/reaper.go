package proc

import (
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// End is what the kernel says of an ended process.
type End struct {
	Status unix.WaitStatus
	Usage  unix.Rusage
}

// Reaper is the only one who waits for children: PID 1 inherits every orphan, and two waiters would steal each other's.
// Its lock is held over a start and over a kill, so that a child cannot end unknown, nor a pid be used after its end.
type Reaper struct {
	mu      sync.Mutex
	waiting map[int]chan<- End
}

// NewReaper starts the loop; child delivers SIGCHLD.
func NewReaper(child <-chan os.Signal) *Reaper {
	r := &Reaper{waiting: map[int]chan<- End{}}
	go func() {
		for range child {
			r.collect()
		}
	}()
	return r
}

// start runs fork under the lock and has the child's end sent to done (which must have room for it).
func (r *Reaper) start(fork func() (int, error), done chan<- End) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	pid, err := fork()
	if err == nil {
		r.waiting[pid] = done
	}
	return pid, err
}

// SignalGroup signals the process group of a command. A leader that has ended may leave a group behind.
func (r *Reaper) SignalGroup(pid int, sig unix.Signal) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return unix.Kill(-pid, sig)
}

// Childless tells whether no child is left, orphans included.
func (r *Reaper) Childless() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.drain()
}

func (r *Reaper) collect() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drain()
}

func (r *Reaper) drain() (childless bool) {
	for {
		var e End
		pid, err := unix.Wait4(-1, &e.Status, unix.WNOHANG, &e.Usage)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return true // ECHILD
		case pid <= 0:
			return false
		}
		if done, ok := r.waiting[pid]; ok {
			delete(r.waiting, pid)
			done <- e
		}
	}
}
