package proc

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// OOM reads how often the kernel's OOM killer struck in this sandbox's cgroup. It stays open: a read costs microseconds.
type OOM struct {
	mu      sync.Mutex
	file    *os.File
	claimed uint64
}

// NewOOM finds the counter; without one (gVisor, no cgroup) it always says no.
func NewOOM() *OOM { return newOOM(counterPaths()) }

func newOOM(paths []string) *OOM {
	for _, path := range paths {
		if f, err := os.Open(path); err == nil {
			o := &OOM{file: f}
			if _, ok := o.read(); ok {
				return o
			}
			_ = f.Close()
		}
	}
	return &OOM{}
}

// counterPaths lists where the counter may be: v2 and v1, with the cgroup's path (whole tree mounted) and without
// (private namespace, or engines that mount just our part).
func counterPaths() []string {
	var out []string
	raw, _ := os.ReadFile("/proc/self/cgroup")
	for _, line := range strings.Split(string(raw), "\n") {
		f := strings.SplitN(line, ":", 3)
		if len(f) != 3 {
			continue
		}
		if f[1] == "" {
			out = append(out, "/sys/fs/cgroup"+f[2]+"/memory.events")
		} else if strings.Contains(","+f[1]+",", ",memory,") {
			out = append(out, "/sys/fs/cgroup/memory"+f[2]+"/memory.oom_control")
		}
	}
	return append(out, "/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control")
}

func (o *OOM) read() (uint64, bool) {
	if o.file == nil {
		return 0, false
	}
	var raw [512]byte
	n, err := unix.Pread(int(o.file.Fd()), raw[:], 0)
	if err != nil {
		return 0, false
	}
	for _, line := range bytes.Split(raw[:n], []byte("\n")) {
		if value, ok := bytes.CutPrefix(line, []byte("oom_kill ")); ok {
			count, err := strconv.ParseUint(string(value), 10, 64)
			return count, err == nil
		}
	}
	return 0, false
}

// Mark is the counter at a command's start.
func (o *OOM) Mark() uint64 {
	n, _ := o.read()
	return n
}

// Struck tells whether a command that began at mark and was killed was the OOM killer's: each strike is given to one
// command only, so that of two that die together by different hands one stays the other's.
func (o *OOM) Struck(mark uint64) bool {
	now, ok := o.read()
	if !ok {
		return false
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.claimed = max(o.claimed, mark)
	if now <= o.claimed {
		return false
	}
	o.claimed++
	return true
}
