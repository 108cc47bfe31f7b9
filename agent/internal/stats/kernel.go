package stats

import (
	"time"

	"golang.org/x/sys/unix"

	"atoll/agent/internal/cgroup"
)

// kernel reads the sandbox's cgroup, and where that does not tell (gVisor; a controller that is off) its processes.
type kernel struct {
	cpuFile, usageFile, statFile, limitFile, pidsFile, netFile cgroup.File

	processes processes
}

func newKernel(root string) *kernel {
	return &kernel{
		cpuFile:   cgroup.Open(root, cgroup.Name{V2: "cpu.stat", Controller: "cpuacct", V1: "cpuacct.usage"}, speaks(cpuUsed)),
		usageFile: cgroup.Open(root, cgroup.Name{V2: "memory.current", Controller: "memory", V1: "memory.usage_in_bytes"}, speaks(cgroup.Number)),
		limitFile: cgroup.Open(root, cgroup.Name{V2: "memory.max", Controller: "memory", V1: "memory.limit_in_bytes"}, speaks(cgroup.Number)),
		statFile:  cgroup.Open(root, cgroup.Name{V2: "memory.stat", Controller: "memory", V1: "memory.stat"}, speaks(idleCache)),
		pidsFile:  cgroup.Open(root, cgroup.Name{V2: "pids.current", Controller: "pids", V1: "pids.current"}, speaks(cgroup.Number)),
		netFile:   cgroup.OpenFile(root+"proc/self/net/dev", func([]byte) bool { return true }),
		processes: processes(root + "proc"),
	}
}

// speaks tells whether a reader of numbers finds its number.
func speaks[T any](reader func([]byte) (T, bool)) func([]byte) bool {
	return func(raw []byte) bool {
		_, ok := reader(raw)
		return ok
	}
}

func (k *kernel) cpu() time.Duration {
	if used, ok := cpuUsed(k.cpuFile.Read()); ok {
		return used
	}
	return k.processes.cpu()
}

// memory is what `docker stats` shows: without the part of the page cache that nobody has touched for long.
func (k *kernel) memory() (usage, limit uint64) {
	usage, known := cgroup.Number(k.usageFile.Read())
	if !known {
		usage = k.processes.memory()
	} else if cache, ok := idleCache(k.statFile.Read()); ok && cache < usage {
		usage -= cache
	}
	limit, known = cgroup.Number(k.limitFile.Read())
	if host := hostMemory(); !known || host > 0 && limit > host {
		limit = host
	}
	return usage, limit
}

func (k *kernel) pids() uint64 {
	if n, ok := cgroup.Number(k.pidsFile.Read()); ok {
		return n
	}
	return k.processes.threads()
}

func (k *kernel) network() Network { return networkOf(k.netFile.Read()) }

// cpuUsed reads v2's cpu.stat (µs), else v1's cpuacct.usage (ns).
func cpuUsed(raw []byte) (time.Duration, bool) {
	if us, ok := cgroup.Field(raw, "usage_usec"); ok {
		return time.Duration(us) * time.Microsecond, true
	}
	ns, ok := cgroup.Number(raw)
	return time.Duration(ns), ok
}

// idleCache reads memory.stat: under v1 total_inactive_file, which has our children's part in it, as v2's always has.
func idleCache(raw []byte) (uint64, bool) {
	if n, ok := cgroup.Field(raw, "total_inactive_file"); ok {
		return n, true
	}
	return cgroup.Field(raw, "inactive_file")
}

func hostMemory() uint64 {
	var info unix.Sysinfo_t
	if unix.Sysinfo(&info) != nil {
		return 0
	}
	return uint64(info.Totalram) * uint64(info.Unit)
}
