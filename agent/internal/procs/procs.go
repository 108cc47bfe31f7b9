// Package procs decides how many processors Go's scheduler uses: one, for then a call is handled without a thread waking
// another; several while work goes on that keeps one busy, or all other calls would wait for its time slices to end.
package procs

import (
	"runtime"
	"sync"
	"time"
)

// patience is how long a call may keep the one processor: half a time slice of Go's.
const patience = 5 * time.Millisecond

var (
	mu   sync.Mutex
	long int // calls that have lasted longer than that
	most = 1
)

// Few begins with one processor; up to n, of those that are there, are used while something takes long.
func Few(n int) {
	mu.Lock()
	defer mu.Unlock()
	most = min(runtime.NumCPU(), n)
	set()
}

// Working says that work begins which may take long; the function that it returns says that it has ended.
func Working() (done func()) {
	var counted, over bool
	timer := time.AfterFunc(patience, func() {
		mu.Lock()
		defer mu.Unlock()
		if !over {
			counted = true
			long++
			set()
		}
	})
	return func() {
		timer.Stop()
		mu.Lock()
		defer mu.Unlock()
		over = true
		if counted {
			counted = false
			long--
			set()
		}
	}
}

func set() {
	wanted := 1
	if long > 0 {
		wanted = most
	}
	// It stops the world for some microseconds: only when that changes something.
	if runtime.GOMAXPROCS(0) != wanted {
		runtime.GOMAXPROCS(wanted)
	}
}
