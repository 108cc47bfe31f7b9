package fsid

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// InGroup runs fn as a member of a group, when root runs this; others stay who they are. Short work only: it keeps the thread.
func InGroup(gid uint32, fn func() error) error {
	runtime.LockOSThread()
	if uid, _, _ := unix.RawSyscall(unix.SYS_SETFSUID, uintptr(^uint32(0)), 0, 0); uint32(uid) != 0 {
		defer runtime.UnlockOSThread()
		return fn()
	}
	before, _, _ := unix.RawSyscall(unix.SYS_SETFSGID, uintptr(^uint32(0)), 0, 0)
	err := ErrIdentity
	if setID(unix.SYS_SETFSGID, gid) {
		err = fn()
	}
	if setID(unix.SYS_SETFSGID, uint32(before)) {
		runtime.UnlockOSThread() // else the thread is not itself any more, and ends with the goroutine
	}
	return err
}
