package stats

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func plant(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir() + "/"
	for path, content := range files {
		os.MkdirAll(filepath.Dir(root+path), 0o755)
		if err := os.WriteFile(root+path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

type numbers struct {
	cpu                 time.Duration
	usage, limit, pids  uint64
	received, delivered uint64
}

func numbersOf(root string) numbers {
	k := newKernel(root)
	usage, limit := k.memory()
	n := k.network()
	return numbers{k.cpu(), usage, limit, k.pids(), n.RxBytes, n.TxBytes}
}

const netDev = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:    9999      84    0    0    0     0          0         0     9999      84    0    0    0     0       0          0
  eth0:    1000      12    0    0    0     0          0         0      200       3    0    0    0     0       0          0
eth1:30000000000  2    0    0    0     0          0         0      5       3    0    0    0     0       0          0
`

func TestVersions(t *testing.T) {
	const mb = 1 << 20
	v2 := map[string]string{
		"cpu.stat":       "usage_usec 1234567\nuser_usec 1000000\nsystem_usec 234567\n",
		"memory.current": "20971520\n", "memory.max": "67108864\n", "pids.current": "17\n",
		"memory.stat": "anon 1000\nfile 9000000\nactive_file 9\ninactive_file 8388608\n",
	}
	v1 := map[string]string{
		"cpuacct/cpuacct.usage":        "1234567890\n",
		"memory/memory.usage_in_bytes": "20971520\n", "memory/memory.limit_in_bytes": "67108864\n", "pids/pids.current": "17\n",
		"memory/memory.stat": "cache 1\ninactive_file 5\nactive_file 9\ntotal_cache 7\ntotal_inactive_file 8388608\n",
	}
	for what, c := range map[string]struct {
		files map[string]string
		cpu   time.Duration
	}{
		"v2": {v2, 1234567 * time.Microsecond},
		"v1": {v1, 1234567890},
	} {
		files := map[string]string{"proc/self/net/dev": netDev}
		for name, content := range c.files {
			files["sys/fs/cgroup/"+name] = content
		}
		want := numbers{c.cpu, 12 * mb, 64 * mb, 17, 30000001000, 205}
		if got := numbersOf(plant(t, files)); got != want {
			t.Errorf("%s: %+v, want %+v", what, got, want)
		}
	}
}

func TestLimitIsNotAboveTheHosts(t *testing.T) {
	for _, files := range []map[string]string{
		{"sys/fs/cgroup/memory.current": "1", "sys/fs/cgroup/memory.max": "max\n"},
		{"sys/fs/cgroup/memory/memory.usage_in_bytes": "1", "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n"},
		{},
	} {
		if got := numbersOf(plant(t, files)).limit; got != hostMemory() || got == 0 {
			t.Errorf("%v: %d", files, got)
		}
	}
}

func TestMoreCacheThanUsage(t *testing.T) {
	got := numbersOf(plant(t, map[string]string{"sys/fs/cgroup/memory.current": "100", "sys/fs/cgroup/memory.stat": "inactive_file 101\n"}))
	if got.usage != 100 {
		t.Errorf("%d", got.usage)
	}
}

func TestProcessesWhereNoCgroupTells(t *testing.T) {
	stat := "%d (a ) b) S 1 1 1 0 0 0 0 0 0 0 10 20 300 4000 20 0 %d 0 18 10555392 674 18446744073709551615 0 0\n"
	got := numbersOf(plant(t, map[string]string{
		"proc/1/stat": fmt.Sprintf(stat, 1, 5), "proc/1/statm": "3000 500 100 1 0 80 0\n",
		"proc/22/stat": fmt.Sprintf(stat, 22, 1), "proc/22/statm": "3000 60 60 1 0 80 0\n",
		"proc/meminfo": "", "proc/sys/kernel/x": "", "proc/self/stat": fmt.Sprintf(stat, 1, 99),
	}))
	if want := (numbers{2 * 43300 * time.Millisecond, 400 * uint64(os.Getpagesize()), hostMemory(), 6, 0, 0}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// Whatever this machine has: all of it has something to say.
func TestThisMachine(t *testing.T) {
	k := newKernel("/")
	before := k.cpu()
	for end := time.Now().Add(50 * time.Millisecond); time.Now().Before(end); {
	}
	usage, limit := k.memory()
	t.Logf("%v used, %d of %d bytes, %d pids", k.cpu()-before, usage, limit, k.pids())
	if used := k.cpu() - before; used <= 0 || usage == 0 || limit == 0 || usage > limit || k.pids() == 0 {
		t.Errorf("%v used, %d of %d bytes, %d pids", used, usage, limit, k.pids())
	}
	bare := processes("/proc")
	if bare.cpu() == 0 || bare.memory() == 0 || bare.threads() < 2 {
		t.Errorf("%v %d %d", bare.cpu(), bare.memory(), bare.threads())
	}
}
