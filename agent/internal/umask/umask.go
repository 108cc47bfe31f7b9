// Package umask keeps apart what the agent makes and what commands are started with: a process has one umask for all of
// its threads, a child takes it over as it is forked, and a sandbox may not have one of its own for a thread.
package umask

import (
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Own is the agent's, and that of commands which ask for no other.
const Own = 0o022

// patience is how long a start waits for files that are being made.
const patience = 2 * time.Second

// making is held for reading while something is made, for writing while the umask is another's.
var making sync.RWMutex

// Set makes Own the process's.
func Set() { unix.Umask(Own) }

// Make runs one system call that makes a file or folder. Whatever makes one in this process goes through here.
func Make[T any](create func() (T, error)) (T, error) {
	making.RLock()
	defer making.RUnlock()
	return create()
}

// During runs fork while the umask is mask; false says that it did not, for a file was being made all the time. Only one
// thread may call it. It stands in no queue: a file system that hangs under one who makes a file must not hold up others.
func During(mask int, fork func()) bool {
	if mask == Own {
		fork()
		return true
	}
	for late := time.Now().Add(patience); !making.TryLock(); time.Sleep(50 * time.Microsecond) {
		if time.Now().After(late) {
			return false
		}
	}
	defer making.Unlock()
	unix.Umask(mask)
	defer Set()
	fork()
	return true
}

// Openat is the system call, for files that it makes.
func Openat(dirFD int, name string, flags int, mode uint32) (int, error) {
	return Make(func() (int, error) { return unix.Openat(dirFD, name, flags, mode) })
}

// Mkdirat is the system call.
func Mkdirat(dirFD int, name string, mode uint32) error {
	_, err := Make(func() (int, error) { return 0, unix.Mkdirat(dirFD, name, mode) })
	return err
}
