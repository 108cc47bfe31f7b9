package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"atoll/agent/internal/boot"
)

const initDir = "ATOLL_TEST_INIT"

// serveAsInit is what this very binary does as the first process of a pid namespace.
func serveAsInit(dir string) int {
	if unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "") != nil || unix.Mount("proc", "/proc", "proc", 0, "") != nil {
		return 3
	}
	return serve(boot.Config{
		Sandbox: "sb", Transport: "socket", Build: "test", Incarnation: "0123456789abcdef", Secret: bytes.Repeat([]byte{9}, 32),
		SpoolMax: 1 << 20, StopGrace: time.Minute, OutputGrace: 100 * time.Millisecond,
		SpoolDir: dir + "/spool", SocketPath: dir + "/s",
	})
}

// pid1 is an agent that is PID 1, as in a sandbox.
type pid1 struct {
	*service
	process *os.Process
	gone    chan struct{}
}

func startInit(t *testing.T) *pid1 {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: a pid namespace")
	}
	dir, _ := os.MkdirTemp("/tmp", "atoll-init-") // a short path, for the socket's sake
	t.Cleanup(func() { os.RemoveAll(dir) })
	l, err := net.Listen("unix", dir+"/s")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	// Its end is the end of its output: waiting for children is the agent's, which may run in this process too.
	alive, theirs, _ := os.Pipe()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), initDir+"="+dir, "GORACE=atexit_sleep_ms=0") // the race detector would sleep for 1 s
	cmd.Stdout = theirs
	cmd.SysProcAttr = &unix.SysProcAttr{Cloneflags: unix.CLONE_NEWPID | unix.CLONE_NEWNS, Pdeathsig: unix.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Skip("no pid namespace: ", err)
	}
	theirs.Close()
	p := &pid1{process: cmd.Process, gone: make(chan struct{})}
	go func() {
		io.Copy(io.Discard, alive)
		alive.Close()
		close(p.gone)
	}()
	t.Cleanup(func() { unix.Kill(cmd.Process.Pid, unix.SIGKILL); <-p.gone; cmd.Wait() })
	l.(*net.UnixListener).SetDeadline(time.Now().Add(20 * time.Second))
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	p.service = speak(t, conn, bytes.Repeat([]byte{9}, 32))
	return p
}

// stop sends TERM and gives the time to the end.
func (p *pid1) stop() time.Duration {
	p.t.Helper()
	begun := time.Now()
	p.term()
	return p.end(begun)
}

func (p *pid1) term() { unix.Kill(p.process.Pid, unix.SIGTERM) }

func (p *pid1) end(begun time.Time) time.Duration {
	p.t.Helper()
	select {
	case <-p.gone:
	case <-time.After(20 * time.Second):
		p.t.Fatal("it does not end")
	}
	return time.Since(begun)
}

func (p *pid1) grace(ms int) {
	p.t.Helper()
	if code, body := p.call("PUT", fmt.Sprintf("/stop-grace?ms=%d", ms), ""); code != 204 || body != "" {
		p.t.Fatal(code, body)
	}
}

func TestIdleStopsAtOnce(t *testing.T) {
	// The best of some: less than it waits for exits to be heard, which on a busy machine not each one makes.
	best := time.Hour
	for try := 0; try < 10 && best > flushExits; try++ {
		p := startInit(t)
		p.shell("echo once").finish()
		best = min(best, p.stop())
	}
	if best > flushExits {
		t.Errorf("%v", best)
	}
}

func TestCommandsThatHeedTERMStopAtOnce(t *testing.T) {
	p := startInit(t)
	p.grace(600_000)
	st := p.shell("trap 'echo bye; exit 3' TERM; echo up; sleep 60 & wait")
	st.read(1)
	begun := time.Now()
	p.term()
	if got := st.finish(); got.code() != 3 || got.out != "bye\n" {
		t.Errorf("%v %q", got.exit, got.out)
	}
	if took := p.end(begun); took > 10*time.Second {
		t.Errorf("%v", took)
	}
}

func TestForkedWhileTERMWentRound(t *testing.T) {
	p := startInit(t)
	p.grace(600_000)
	st := p.shell("trap 'sleep 60 >/dev/null 2>&1 & exit 3' TERM; echo up; while :; do sleep 0.02; done")
	st.read(1)
	begun := time.Now()
	p.term()
	if got := st.finish(); got.code() != 3 {
		t.Errorf("%v", got.exit)
	}
	if took := p.end(begun); took > 10*time.Second {
		t.Errorf("%v", took)
	}
}

// stubborn commands take note of TERM and go on.
const stubborn = "trap 'echo heard' TERM; echo up; while :; do sleep 0.02; done"

func TestGrace(t *testing.T) {
	for _, c := range []struct{ ms, atMost int }{{1500, 15_000}, {0, 10_000}} {
		p := startInit(t)
		p.grace(600_000)
		p.grace(c.ms)
		st := p.shell(stubborn)
		st.read(1)
		begun := time.Now()
		p.term()
		got := st.finish()
		took := p.end(begun)
		if got.code() != 137 || got.exit["signal"] != 9.0 || got.exit["oom"] != false {
			t.Errorf("%d ms: %v", c.ms, got.exit)
		}
		if heard := strings.Contains(got.out, "heard"); heard != (c.ms > 0) {
			t.Errorf("%d ms: TERM was heard: %v", c.ms, heard)
		}
		if took < time.Duration(c.ms)*time.Millisecond || took > time.Duration(c.atMost)*time.Millisecond {
			t.Errorf("%d ms: %v", c.ms, took)
		}
	}
}

func TestGraceIsBounded(t *testing.T) {
	s := connect(t)
	for _, query := range []string{"", "?ms=", "?ms=-1", "?ms=600001", "?ms=1.5", "?ms=x", "?ms=99999999999999999999"} {
		if code, body := s.call("PUT", "/stop-grace"+query, ""); code != 400 || !strings.Contains(body, `"kind":"invalid"`) {
			t.Errorf("%q: %d %s", query, code, body)
		}
	}
}

func TestStatsOverTheWire(t *testing.T) {
	s := connect(t)
	code, body := s.call("GET", "/stats", "")
	for _, field := range []string{"cpu_usage_us", "cpu_percent", "memory", "usage", "limit", "percent", "pids", "network", "rx_bytes", "tx_bytes", "uptime_ms"} {
		if code != 200 || !strings.Contains(body, `"`+field+`":`) {
			t.Errorf("%s: %d %s", field, code, body)
		}
	}
}
