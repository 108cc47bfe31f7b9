package main

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// limited runs a script that has so long, and gives what came of it and how long it took.
func (s *service) limited(script string, timeoutMs, graceMs int) (seen, time.Duration) {
	s.t.Helper()
	begun := time.Now()
	got := s.command(map[string]any{"argv": []string{"/bin/sh", "-c", script}, "timeout_ms": timeoutMs, "grace_ms": graceMs}).finish()
	return got, time.Since(begun)
}

// All at once: it takes as long as the longest, and each script has a second to get to where its time finds it.
func TestTimeout(t *testing.T) {
	s := connect(t)
	var all sync.WaitGroup
	defer all.Wait()
	beside := func(work func()) {
		all.Add(1)
		go func() { defer all.Done(); work() }()
	}
	beside(func() { t.Run("takes the whole session", func(t *testing.T) { takesTheWholeSession(t, s) }) })
	for name, c := range map[string]struct {
		script         string
		timeout, grace int
		code           int
		signal         any
		timedOut       bool
		out            string
		least          int // ms
	}{
		"heeds TERM":             {"trap 'echo bye; exit 0' TERM; sleep 60 & wait", 1000, 30_000, 0, nil, true, "bye\n", 1000},
		"dies of TERM":           {"sleep 60", 1000, 30_000, 143, 15.0, true, "", 1000},
		"does not hear":          {"trap '' TERM; sleep 60; sleep 60", 1000, 300, 137, 9.0, true, "", 1300},
		"no grace":               {"trap 'echo bye' TERM; while :; do sleep 0.02; done", 1000, 0, 137, 9.0, true, "", 1000},
		"is stopped":             {"kill -STOP $$", 1000, 30_000, 143, 15.0, true, "", 1000},
		"in time":                {"echo in time", 30_000, 30_000, 0, nil, false, "in time\n", 0},
		"ends as it would":       {"exit 3", 30_000, 30_000, 3, nil, false, "", 0},
		"its daemon has no time": {"sleep 20 & echo up", 50, 0, 0, nil, false, "up\n", 150},
	} {
		beside(func() {
			got, took := s.limited(c.script, c.timeout, c.grace)
			// A machine that is busy may not even have started it in 50 ms; were the daemon its end, no try would do.
			for try := 1; try < 10 && c.timeout == 50 && got.exit["timed_out"] == true; try++ {
				got, took = s.limited(c.script, c.timeout, c.grace)
			}
			if got.code() != c.code || got.exit["signal"] != c.signal || got.exit["timed_out"] != c.timedOut || got.exit["oom"] != false || got.out != c.out {
				t.Errorf("%s: %v %q", name, got.exit, got.out)
			}
			if took < time.Duration(c.least)*time.Millisecond || took > 10*time.Second {
				t.Errorf("%s: %v", name, took)
			}
		})
	}
}

func takesTheWholeSession(t *testing.T, s *service) {
	// The shell dies of the TERM, one child in its group and one in a group of its own do not hear it.
	begun := time.Now()
	got := s.command(map[string]any{
		"argv":       bash(`(trap '' TERM; sleep 60; sleep 60) & echo $!; set -m; (trap '' TERM; sleep 60; sleep 60) & echo $!; wait`),
		"timeout_ms": 1500, "grace_ms": 4000,
	}).finish()
	took := time.Since(begun)
	if got.code() != 143 || got.exit["timed_out"] != true || took > 5*time.Second {
		t.Fatalf("%v after %v", got.exit, took) // its end waits for output no longer than always
	}
	left := pids(got.out, 2)
	for _, pid := range left {
		if !alive(pid) {
			t.Errorf("%d got no grace", pid)
		}
	}
	for _, pid := range left {
		gone(t, pid, 20*time.Second)
	}
}

func TestTimeoutIsBounded(t *testing.T) {
	s := connect(t)
	for _, field := range []string{"timeout_ms", "grace_ms"} {
		for _, value := range []any{-1, 1.5, 1 << 41, "1"} {
			got := s.command(map[string]any{"argv": []string{"true"}, field: value}).read(0)
			if got.failed["reason"] != "invalid" {
				t.Errorf("%s %v: %v %v", field, value, got.failed, got.exit)
			}
		}
	}
}

func TestSignalsReachTheWholeSession(t *testing.T) {
	s := connect(t)
	const script = `sleep 60 & echo $!; set -m; sleep 61 & echo $!; (sleep 62; true) & echo $!; set +m; setsid sleep 20 & echo $!; wait`
	st, neighbour := s.command(map[string]any{"argv": bash(script)}), s.command(map[string]any{"argv": bash(script)})
	mine, theirs := pids(st.read(1).upTo(st, 4), 4), pids(neighbour.read(1).upTo(neighbour, 4), 4)
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) { // setsid is on its way
		if sid, _ := unix.Getsid(mine[3]); sid == mine[3] {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("setsid does not come to it")
		}
	}
	s.call("POST", "/commands/"+st.id+"/signal?signal=9", "")
	for _, pid := range mine[:3] {
		gone(t, pid, 10*time.Second)
	}
	for _, pid := range append(theirs, mine[3]) {
		if !alive(pid) {
			t.Errorf("%d died too", pid)
		}
	}
	if got := st.finish(); got.code() != 137 || got.exit["oom"] != false {
		t.Errorf("%v", got.exit)
	}
	s.call("POST", "/commands/"+neighbour.id+"/signal?signal=9", "")
	neighbour.finish()
}

func TestBytesAreCounted(t *testing.T) {
	s := connect(t)
	got := s.shell("printf four; printf sixsix >&2").finish()
	if got.exit["stdout_bytes"] != 4.0 || got.exit["stderr_bytes"] != 6.0 {
		t.Errorf("%v", got.exit)
	}
	// Unattached, most of it is dropped; it counts all the same.
	st := s.shell(`sleep 0.2; head -c 5000000 /dev/zero; head -c 1234 /dev/zero >&2`)
	st.next()
	st.in.Close()
	st.resp.Body.Close()
	waitExit(t, s, st.id)
	got = s.attach(st.id, "0").finish()
	if got.first == 0 || got.exit["stdout_bytes"] != 5_000_000.0 || got.exit["stderr_bytes"] != 1234.0 {
		t.Errorf("first %d, %v", got.first, got.exit)
	}
}

// bash has job control without a terminal.
func bash(script string) []string { return []string{"bash", "-c", script} }

// upTo reads on until there are so many lines.
func (g seen) upTo(st *stream, lines int) string {
	for strings.Count(g.out, "\n") < lines && g.exit == nil {
		more := st.read(1)
		g.out, g.exit = g.out+more.out, more.exit
	}
	return g.out
}

func pids(text string, n int) []int {
	all := make([]int, n)
	for i := range all {
		line, rest, _ := strings.Cut(text, "\n")
		fmt.Sscan(line, &all[i])
		text = rest
	}
	return all
}

func gone(t *testing.T, pid int, within time.Duration) {
	t.Helper()
	for deadline := time.Now().Add(within); alive(pid); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			raw, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
			t.Fatalf("%d lives: %q", pid, raw)
		}
	}
}
