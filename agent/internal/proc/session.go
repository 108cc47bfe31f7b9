package proc

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// maxRounds bounds the looks for process groups that were born while a signal went round.
const maxRounds = 8

// SignalSession signals all process groups of a command's session: its own, and those that a shell with job control made
// for its children. A process with a session of its own is left alone. ESRCH says that there is nobody.
//
// The lock keeps the pids of our children from being used anew. Those of others could be between the look and the
// signal, but the kernel gives a pid again only after all others, which takes no such short time.
func (r *Reaper) SignalSession(leader int, sig unix.Signal) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return signalSession(leader, sig)
}

// SignalRunning is SignalSession for a command whose first process has not ended; then it does nothing and gives false.
// before is called in between: what it notes is known to whoever hears of the end.
func (r *Reaper) SignalRunning(leader int, before func(), sigs ...unix.Signal) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drain()
	if _, running := r.waiting[leader]; !running {
		return false
	}
	before()
	for _, sig := range sigs {
		_ = signalSession(leader, sig)
	}
	return true
}

func signalSession(leader int, sig unix.Signal) error {
	err := unix.Kill(-leader, sig)
	if sig == 0 && err == nil {
		return nil
	}
	told := map[int]bool{leader: true}
	for range maxRounds {
		fresh := groupsOf(leader, told)
		if len(fresh) == 0 {
			break
		}
		for _, group := range fresh {
			told[group] = true
			if unix.Kill(-group, sig) == nil {
				err = nil
			}
		}
	}
	return err
}

// groupsOf gives the process groups of a session that are not told yet.
func groupsOf(session int, told map[int]bool) (fresh []int) {
	seen := map[int]bool{}
	for _, p := range processes() {
		if p.session == session && !told[p.group] && !seen[p.group] {
			seen[p.group] = true
			fresh = append(fresh, p.group)
		}
	}
	return fresh
}

// process is what /proc says of one; zeros where it has gone.
type process struct{ pid, parent, group, session int }

func processes() []process {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1)
	all := make([]process, 0, len(names))
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			all = append(all, inspect(pid))
		}
	}
	return all
}

func inspect(pid int) process {
	raw, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	text := string(raw)
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:]) // state, parent, group, session, …
	if len(fields) < 4 {
		return process{pid: pid}
	}
	number := func(i int) int { n, _ := strconv.Atoi(fields[i]); return n }
	return process{pid: pid, parent: number(1), group: number(2), session: number(3)}
}
