package proc

import (
	"os"

	"golang.org/x/sys/unix"
)

// pipes are a command's stdin (/dev/null) and the two pipes it writes to. Our ends never block, so that a thousand
// silent commands cost no thread.
type pipes struct {
	null       int
	outR, outW int
	errR, errW int
}

func openPipes() (*pipes, error) {
	p := &pipes{null: -1}
	var o, e [2]int
	if err := unix.Pipe2(o[:], unix.O_CLOEXEC); err != nil {
		return nil, err
	}
	p.outR, p.outW = o[0], o[1]
	if err := unix.Pipe2(e[:], unix.O_CLOEXEC); err != nil {
		closeAll(o[0], o[1])
		return nil, err
	}
	p.errR, p.errW = e[0], e[1]
	for _, fd := range []int{p.outR, p.errR} {
		if err := unix.SetNonblock(fd, true); err != nil {
			closeAll(o[0], o[1], e[0], e[1])
			return nil, err
		}
	}
	null, err := openNull()
	if err != nil {
		closeAll(o[0], o[1], e[0], e[1])
		return nil, err
	}
	p.null = null
	return p, nil
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
	var in [2]int
	if err := unix.Pipe2(in[:], unix.O_CLOEXEC); err != nil {
		return -1, err
	}
	_ = unix.Close(in[1])
	return in[0], nil
}

func (p *pipes) files() []uintptr {
	return []uintptr{uintptr(p.null), uintptr(p.outW), uintptr(p.errW)}
}

func (p *pipes) closeChildEnds() { closeAll(p.null, p.outW, p.errW) }
func (p *pipes) closeOurEnds()   { closeAll(p.outR, p.errR) }

func (p *pipes) out() *os.File { return os.NewFile(uintptr(p.outR), "stdout") }
func (p *pipes) err() *os.File { return os.NewFile(uintptr(p.errR), "stderr") }

func closeAll(fds ...int) {
	for _, fd := range fds {
		_ = unix.Close(fd)
	}
}
