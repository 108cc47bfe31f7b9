package boot

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// SealDescriptors keeps what the engine left open in PID 1 (some leaked the host's root folder that way) from commands.
func SealDescriptors() {
	if unix.CloseRange(3, 1<<31-1, unix.CLOSE_RANGE_CLOEXEC) == nil {
		return
	}
	all, _ := os.ReadDir("/proc/self/fd") // before Linux 5.11
	for _, e := range all {
		if fd, err := strconv.Atoi(e.Name()); err == nil && fd > 2 {
			unix.CloseOnExec(fd)
		}
	}
}
