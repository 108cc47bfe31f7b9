package proc

import (
	"errors"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"atoll/agent/internal/caps"
	"atoll/agent/internal/umask"
)

// Spec is a process to start; Path comes from Lookup.
type Spec struct {
	Path     string
	Argv     []string
	Env      []string
	Cwd      string
	UID, GID uint32
	Groups   []uint32
	Umask    int
	Stdin    bool // a pipe; otherwise /dev/null
}

// Started is a running process and our ends of its pipes; Stdin is nil where it has none.
type Started struct {
	PID            int
	Stdin          *os.File
	Stdout, Stderr *os.File
	Done           <-chan End
}

// Spawner forks on one thread that can never give CAP_SETPCAP to a child; see package caps.
type Spawner struct {
	reaper *Reaper
	jobs   chan func()
	asRoot bool
}

// NewSpawner starts the thread.
func NewSpawner(r *Reaper) *Spawner {
	s := &Spawner{reaper: r, jobs: make(chan func()), asRoot: os.Geteuid() == 0}
	go func() {
		runtime.LockOSThread() // for good: no other goroutine may inherit this thread
		_ = caps.DropFromChildren()
		for fn := range s.jobs {
			fn()
		}
	}()
	return s
}

// Start forks and executes. The error is a *Failure.
func (s *Spawner) Start(spec Spec) (*Started, error) {
	p, err := openPipes(spec.Stdin)
	if err != nil {
		return nil, Fail(NoResources, "no pipes for the command's input and output: "+err.Error())
	}
	started, err := s.fork(spec, p)
	closeAll(p.child)
	if err != nil {
		closeAll(p.ours)
		return nil, explain(err, spec)
	}
	started.Stdin, started.Stdout, started.Stderr = p.file(0, "stdin"), p.file(1, "stdout"), p.file(2, "stderr")
	return started, nil
}

func (s *Spawner) fork(spec Spec, p *pipes) (started *Started, err error) {
	attr := &syscall.ProcAttr{Dir: spec.Cwd, Env: spec.Env, Files: p.childFiles(), Sys: &syscall.SysProcAttr{Setsid: true}}
	if s.asRoot {
		p.give(spec.UID, spec.GID)
		attr.Sys.Credential = &syscall.Credential{Uid: spec.UID, Gid: spec.GID, Groups: spec.Groups}
	}
	done := make(chan End, 1)
	ready := make(chan struct{})
	s.jobs <- func() {
		defer close(ready)
		err = errBusy
		umask.During(spec.Umask, func() {
			var pid int
			pid, err = s.reaper.start(func() (int, error) { return syscall.ForkExec(spec.Path, spec.Argv, attr) }, done)
			if err == nil {
				raiseOOMScore(pid)
				started = &Started{PID: pid, Done: done}
			}
		})
	}
	<-ready
	return started, err
}

// errBusy is a start that did not come to its turn.
var errBusy = errors.New("files are being made all the time")

// raiseOOMScore makes the kernel take commands before the agent; lowering our own may be refused.
func raiseOOMScore(pid int) {
	fd, err := unix.Open("/proc/"+strconv.Itoa(pid)+"/oom_score_adj", unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	_, _ = unix.Write(fd, []byte("500"))
	_ = unix.Close(fd)
}

// explain reads an errno of ForkExec. Working directory and program were found just before, so what is left is the
// program's kind, its interpreter, or what the kernel lacks.
func explain(err error, spec Spec) *Failure {
	name := spec.Path
	switch {
	case errors.Is(err, errBusy):
		return Fail(NoResources, "the process could not be started with its umask: "+err.Error())
	case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.ENOMEM), errors.Is(err, unix.EMFILE), errors.Is(err, unix.ENFILE):
		return Fail(NoResources, "the process could not be started: "+err.Error()+" (too many processes, or no memory)")
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ENOTDIR), errors.Is(err, unix.ELIBBAD):
		return Fail(NotFound, name+": its interpreter does not exist"+interpreter(spec))
	case errors.Is(err, unix.ENOEXEC):
		return Fail(NotExecutable, name+": not a program for this machine, and no #! line")
	case errors.Is(err, unix.EACCES):
		return Fail(NotExecutable, name+": permission denied")
	case errors.Is(err, unix.E2BIG):
		return Fail(Invalid, name+": arguments and environment are too long")
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EINVAL):
		if spec.UID != 0 || spec.GID != 0 {
			return Fail(BadUser, name+": cannot become this user: "+err.Error())
		}
	}
	return Fail(NotExecutable, name+": "+err.Error())
}

// interpreter names what a script's first line asks for.
func interpreter(spec Spec) string {
	fd, err := unix.Open(absolute(spec.Cwd, spec.Path), unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return ""
	}
	defer unix.Close(fd)
	head := make([]byte, 256)
	n, _ := unix.Read(fd, head)
	line, _, _ := strings.Cut(string(head[:max(n, 0)]), "\n")
	if rest, ok := strings.CutPrefix(line, "#!"); ok {
		if f := strings.Fields(rest); len(f) > 0 {
			return " (" + f[0] + ")"
		}
	}
	return ""
}
