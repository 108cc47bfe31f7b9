package cgroup

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// plant makes a tree of files and gives its root.
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

func TestOpen(t *testing.T) {
	name := Name{V2: "cpu.stat", Controller: "cpuacct", V1: "cpuacct.usage"}
	const own, v1, v2 = "proc/self/cgroup", "9:name=systemd:/a/b\n4:cpu,cpuacct:/a/b\n3:memory:/a/b\n", "0::/a/b\n"
	for what, files := range map[string]map[string]string{
		"v2, private namespace": {own: "0::/\n", "sys/fs/cgroup/cpu.stat": "right"},
		"v2, only our part":     {own: v2, "sys/fs/cgroup/cpu.stat": "right"},
		"v2, whole tree":        {own: v2, "sys/fs/cgroup/a/b/cpu.stat": "right", "sys/fs/cgroup/cpu.stat": "the host's"},
		"v1, only our part":     {own: v1, "sys/fs/cgroup/cpuacct/cpuacct.usage": "right"},
		"v1, no link":           {own: v1, "sys/fs/cgroup/cpu,cpuacct/cpuacct.usage": "right"},
		"v1, whole tree": {own: v1, "sys/fs/cgroup/cpu,cpuacct/a/b/cpuacct.usage": "right",
			"sys/fs/cgroup/cpuacct/cpuacct.usage": "the host's"},
		"v1 beside an empty v2": {own: v1 + "0::/a/b\n", "sys/fs/cgroup/cpuacct/cpuacct.usage": "right"},
		"one not understood":    {own: v1, "sys/fs/cgroup/cpuacct/a/b/cpuacct.usage": "", "sys/fs/cgroup/cpuacct/cpuacct.usage": "right"},
		"no /proc":              {"sys/fs/cgroup/cpuacct/cpuacct.usage": "right"},
	} {
		f := Open(plant(t, files), name, func(raw []byte) bool { return len(raw) > 0 })
		if got := string(f.Read()); got != "right" {
			t.Errorf("%s: %q", what, got)
		}
	}
	f := Open(plant(t, map[string]string{own: v1}), name, func([]byte) bool { return true })
	if got := f.Read(); got != nil {
		t.Errorf("nothing there: %q", got)
	}
}

func TestReadIsAnewAndBounded(t *testing.T) {
	root := plant(t, map[string]string{"f": "1"})
	f := OpenFile(root+"f", func([]byte) bool { return true })
	for _, want := range []int{10, 5000, 8192, maxFile} {
		os.WriteFile(root+"f", []byte(strings.Repeat("x", want)), 0o644)
		if got := len(f.Read()); got != want {
			t.Errorf("%d of %d", got, want)
		}
	}
	os.WriteFile(root+"f", make([]byte, 10*maxFile), 0o644)
	if got := len(f.Read()); got != maxFile {
		t.Errorf("not bounded: %d", got)
	}
}

func TestNumbers(t *testing.T) {
	for text, want := range map[string]uint64{"7\n": 7, "0": 0, "max\n": math.MaxUint64, "9223372036854771712\n": 9223372036854771712} {
		if got, ok := Number([]byte(text)); !ok || got != want {
			t.Errorf("%q: %d %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "x", "-1", "1 2", "99999999999999999999"} {
		if _, ok := Number([]byte(text)); ok {
			t.Errorf("%q is no number", text)
		}
	}
	raw := []byte("total_inactive_file 1\nfile 2\ninactive_file 3\nlast 4")
	for name, want := range map[string]uint64{"inactive_file": 3, "file": 2, "last": 4} {
		if got, ok := Field(raw, name); !ok || got != want {
			t.Errorf("%s: %d %v", name, got, ok)
		}
	}
	if _, ok := Field(raw, "inactive"); ok {
		t.Error("half a name")
	}
}
