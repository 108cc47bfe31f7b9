package proc

import (
	"os"

	"golang.org/x/sys/unix"
)

// pipes are a command's stdin, stdout and stderr, and our ends of them, which never block: a thousand silent commands
// cost no thread. -1 is none: stdin may be /dev/null.
type pipes struct{ child, ours [3]int }

func openPipes(stdin bool) (*pipes, error) {
	p := &pipes{child: [3]int{-1, -1, -1}, ours: [3]int{-1, -1, -1}}
	if err := p.open(stdin); err != nil {
		closeAll(p.child)
		closeAll(p.ours)
		return nil, err
	}
	return p, nil
}

func (p *pipes) open(stdin bool) (err error) {
	if stdin {
		p.child[0], p.ours[0], err = pipe()
	} else {
		p.child[0], err = openNull()
	}
	for i := 1; i <= 2 && err == nil; i++ {
		p.ours[i], p.child[i], err = pipe()
	}
	for _, fd := range p.ours {
		if err == nil && fd >= 0 {
			err = unix.SetNonblock(fd, true)
		}
	}
	return err
}

// give makes the pipes the user's: who opens /dev/stderr opens one anew, and is asked for its permissions. Without the
// capability to do so only that does not work.
func (p *pipes) give(uid, gid uint32) {
	for i, fd := range p.ours {
		if fd >= 0 { // else the child's is no pipe of ours
			_ = unix.Fchown(p.child[i], int(uid), int(gid))
		}
	}
}

func pipe() (reads, writes int, err error) {
	var ends [2]int
	if err := unix.Pipe2(ends[:], unix.O_CLOEXEC); err != nil {
		return -1, -1, err
	}
	return ends[0], ends[1], nil
}

// openNull does without /dev/null where an image spoilt it: a pipe that nobody writes to is at its end as well.
func openNull() (int, error) {
	fd, err := unix.Open("/dev/null", unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err == nil {
		var st unix.Stat_t
		if unix.Fstat(fd, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFCHR {
			_ = unix.SetNonblock(fd, false)
			return fd, nil
		}
		_ = unix.Close(fd)
	}
	reads, writes, err := pipe()
	if err == nil {
		_ = unix.Close(writes)
	}
	return reads, err
}

func (p *pipes) childFiles() []uintptr {
	return []uintptr{uintptr(p.child[0]), uintptr(p.child[1]), uintptr(p.child[2])}
}

// file is our end as a file; nil where there is none.
func (p *pipes) file(i int, name string) *os.File {
	if p.ours[i] < 0 {
		return nil
	}
	return os.NewFile(uintptr(p.ours[i]), name)
}

func closeAll(fds [3]int) {
	for _, fd := range fds {
		if fd >= 0 {
			_ = unix.Close(fd)
		}
	}
}
