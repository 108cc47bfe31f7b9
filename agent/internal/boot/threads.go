package boot

import (
	"runtime"
	"runtime/debug"
	"sync"
)

// Threads starts n OS threads now. Go ends the whole process when it cannot create a thread, and a fork bomb in the
// sandbox makes that so; threads once born are kept by the runtime for later.
func Threads(n int) {
	var here sync.WaitGroup
	var gone sync.WaitGroup
	leave := make(chan struct{})
	here.Add(n)
	gone.Add(n)
	for range n {
		go func() {
			runtime.LockOSThread()
			here.Done()
			<-leave
			runtime.UnlockOSThread()
			gone.Done()
		}()
	}
	here.Wait()
	close(leave)
	gone.Wait()
}

// Memory keeps the resident set small: the agent lives inside the sandbox's own limit.
func Memory() {
	debug.SetGCPercent(50)
	debug.SetMemoryLimit(32 << 20)
}
