// Package caps takes CAP_SETPCAP away from commands. The kernel lets a process be traced or read only by one that has
// all of its capabilities, so a command, root or not, that lacks one of ours cannot touch the agent.
package caps

import "golang.org/x/sys/unix"

// DropFromChildren removes CAP_SETPCAP from the bounding, inheritable and ambient sets of the calling thread, which
// must be locked to its goroutine. Whatever it executes then lacks it for good. The thread keeps the capability in its
// own permitted set: between fork and exec a child shares our memory, and must not be traceable either.
// Engines that never gave us the capability are no error.
func DropFromChildren() error {
	if err := unix.Prctl(unix.PR_CAPBSET_DROP, unix.CAP_SETPCAP, 0, 0, 0); err != nil {
		return err
	}
	_ = unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&head, &data[0]); err != nil {
		return err
	}
	data[0].Inheritable &^= 1 << unix.CAP_SETPCAP
	return unix.Capset(&head, &data[0])
}
