// Package bridge is `atoll-agent connect`: stdin to the agent's abstract socket, the socket to stdout.
// Raw blocking calls on two threads: no poller, no more threads to be born when the sandbox is out of pids.
package bridge

import (
	"os"
	"os/signal"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// Name of the socket; "@" is the abstract namespace.
const Name = "@atoll-agent"

const bufferSize = 128 << 10

// Run copies until the input or the socket ends, and gives the exit status.
func Run() int {
	// TERM goes to every process when the sandbox stops, and the exits of its commands leave through us.
	signal.Ignore(unix.SIGTERM, unix.SIGINT, unix.SIGHUP, unix.SIGPIPE, unix.SIGQUIT)
	fd, err := dial()
	if err != nil {
		return 1
	}
	ended := make(chan struct{}, 2)
	go copyAll(fd, 0, ended)
	go copyAll(1, fd, ended)
	<-ended
	os.Exit(0) // either end is the end: a killed service must leave none of us behind
	return 0
}

// patience covers an agent that is still starting: the engine says that a container runs when its PID 1 exists.
const patience = 2 * time.Second

func dial() (int, error) {
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return -1, err
		}
		if err = unix.Connect(fd, &unix.SockaddrUnix{Name: Name}); err == nil {
			return fd, nil
		}
		_ = unix.Close(fd)
		if err != unix.ECONNREFUSED && err != unix.EAGAIN && err != unix.EINTR || time.Now().After(deadline) {
			return -1, err
		}
	}
}

func copyAll(to, from int, ended chan<- struct{}) {
	runtime.LockOSThread()
	defer func() { ended <- struct{}{} }()
	buf := make([]byte, bufferSize)
	for {
		n, err := unix.Read(from, buf)
		if err == unix.EINTR {
			continue
		}
		if err == unix.EAGAIN {
			wait(from, unix.POLLIN)
			continue
		}
		if err != nil || n == 0 || !writeAll(to, buf[:n]) {
			return
		}
	}
}

func writeAll(to int, b []byte) bool {
	for len(b) > 0 {
		n, err := unix.Write(to, b)
		switch {
		case err == unix.EINTR:
		case err == unix.EAGAIN:
			wait(to, unix.POLLOUT)
		case err != nil:
			return false
		default:
			b = b[n:]
		}
	}
	return true
}

// wait serves descriptors that the engine made non-blocking.
func wait(fd int, event int16) {
	_, _ = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: event}}, -1)
}
