// Package fsid lets file calls act as a user: the kernel judges them by the thread's file system ids, so a few locked
// threads put on the user's uid, gid and groups for the time of one call. Few, because a fork bomb shares our limit of
// threads, and because blocking calls must not make Go start more.
package fsid

import (
	"errors"
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Cred is who acts.
type Cred struct {
	UID, GID uint32
	Groups   []uint32
}

// ErrIdentity says that the thread could not become the user; nothing was done then.
var ErrIdentity = errors.New("cannot act as this user")

// Pool runs blocking file work.
type Pool struct {
	jobs  chan job
	slots chan struct{}
	own   []uint32
	root  bool
}

type job struct {
	cred Cred
	fn   func()
	done chan error
}

// New starts the threads for users; root's calls run on the caller's goroutine, at most slots at once.
func New(threads, slots int) *Pool {
	p := &Pool{jobs: make(chan job), slots: make(chan struct{}, slots), root: os.Geteuid() == 0}
	if gs, err := unix.Getgroups(); err == nil {
		for _, g := range gs {
			p.own = append(p.own, uint32(g))
		}
	}
	for range threads {
		go p.work()
	}
	return p
}

// Block runs fn as the agent itself while holding one of the slots for blocking calls.
func (p *Pool) Block(fn func()) {
	p.slots <- struct{}{}
	defer func() { <-p.slots }()
	fn()
}

// As runs fn as cred. The error is only about becoming that user; fn keeps its own.
func (p *Pool) As(cred Cred, fn func()) error {
	if cred.UID == 0 && cred.GID == 0 {
		p.Block(fn)
		return nil
	}
	if !p.root {
		return ErrIdentity
	}
	j := job{cred: cred, fn: fn, done: make(chan error, 1)}
	p.jobs <- j
	return <-j.done
}

func (p *Pool) work() {
	runtime.LockOSThread()
	for j := range p.jobs {
		ok := p.run(j)
		if !ok {
			// The thread is not itself any more: ending the locked goroutine ends the thread.
			go p.work()
			return
		}
	}
}

func (p *Pool) run(j job) (restored bool) {
	err := ErrIdentity
	if putOn(j.cred) {
		err = guard(j.fn)
	}
	restored = takeOff(p.own) // back to root before the caller goes on
	j.done <- err
	return restored
}

// guard turns a panic into an error: a thread in another's name must come back, and PID 1 must not die.
func guard(fn func()) (err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("internal: a file call failed badly")
		}
	}()
	fn()
	return nil
}

func putOn(c Cred) bool {
	groups := c.Groups
	if len(groups) == 0 {
		groups = []uint32{c.GID}
	}
	return setGroups(groups) && setID(unix.SYS_SETFSGID, c.GID) && setID(unix.SYS_SETFSUID, c.UID)
}

func takeOff(own []uint32) bool {
	return setID(unix.SYS_SETFSUID, 0) && setID(unix.SYS_SETFSGID, 0) && setGroups(own)
}

// setGroups is the raw call: libc's and Go's own would change every thread.
func setGroups(groups []uint32) bool {
	var first unsafe.Pointer
	if len(groups) > 0 {
		first = unsafe.Pointer(&groups[0])
	}
	_, _, e := unix.RawSyscall(unix.SYS_SETGROUPS, uintptr(len(groups)), uintptr(first), 0)
	return e == 0
}

// setID sets and reads back: these calls report the previous id and never an error.
func setID(call uintptr, id uint32) bool {
	_, _, _ = unix.RawSyscall(call, uintptr(id), 0, 0)
	now, _, _ := unix.RawSyscall(call, uintptr(^uint32(0)), 0, 0)
	return uint32(now) == id
}
