package boot

import (
	"os"
	"os/signal"

	"golang.org/x/sys/unix"
)

// Signals tames every signal: TERM tells us to stop, CHLD wakes the reaper, all others are swallowed. They are caught
// rather than ignored because an ignored signal stays ignored in every child, a caught one does not. The runtime's own
// URG and PROF are left alone. SEGV and its like only arrive here when somebody sent them; a real fault is still one.
func Signals() (stop, child <-chan os.Signal) {
	t := make(chan os.Signal, 1)
	c := make(chan os.Signal, 1)
	rest := make(chan os.Signal, 16)
	signal.Notify(t, unix.SIGTERM)
	signal.Notify(c, unix.SIGCHLD)
	var others []os.Signal
	for s := unix.Signal(1); s < 65; s++ {
		switch s {
		case unix.SIGTERM, unix.SIGCHLD, unix.SIGURG, unix.SIGPROF, unix.SIGKILL, unix.SIGSTOP:
		default:
			others = append(others, s)
		}
	}
	signal.Notify(rest, others...)
	go func() {
		for range rest {
		}
	}()
	return t, c
}
