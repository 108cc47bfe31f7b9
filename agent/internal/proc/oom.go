package proc

import (
	"sync"

	"atoll/agent/internal/cgroup"
)

// OOM reads how often the kernel's OOM killer struck in this sandbox's cgroup.
type OOM struct {
	mu      sync.Mutex
	file    cgroup.File
	claimed uint64
}

// NewOOM finds the counter; without one (gVisor, no cgroup) it always says no.
func NewOOM() *OOM { return newOOM("/") }

func newOOM(root string) *OOM {
	name := cgroup.Name{V2: "memory.events", Controller: "memory", V1: "memory.oom_control"}
	return &OOM{file: cgroup.Open(root, name, func(raw []byte) bool { _, ok := kills(raw); return ok })}
}

func kills(raw []byte) (uint64, bool) { return cgroup.Field(raw, "oom_kill") }

func (o *OOM) read() (uint64, bool) { return kills(o.file.Read()) }

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
