package container

import (
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"atoll/agent/internal/stats"
)

const mb = 1 << 20

var cgroupless = os.Getenv("ATOLL_TEST_RUNTIME") != ""

// dockers is what `docker stats` says.
type dockers struct{ cpu, usage, limit, pids float64 }

func (s *sandbox) dockers() (d dockers) {
	s.t.Helper()
	text := docker(s.t, "stats", "--no-stream", "--format", "{{.CPUPerc}} {{.MemUsage}} {{.PIDs}}", s.id)
	var usage, limit string
	if _, err := fmt.Sscanf(text, "%f%% %s / %s %f", &d.cpu, &usage, &limit, &d.pids); err != nil {
		s.t.Fatal(text, err)
	}
	d.usage, d.limit = bytes(usage), bytes(limit)
	return d
}

func bytes(text string) float64 {
	for unit, size := range map[string]float64{"GiB": 1 << 30, "MiB": mb, "KiB": 1 << 10} {
		if n, err := strconv.ParseFloat(strings.TrimSuffix(text, unit), 64); err == nil && strings.HasSuffix(text, unit) {
			return n * size
		}
	}
	n, _ := strconv.ParseFloat(strings.TrimSuffix(text, "B"), 64)
	return n
}

// compare takes docker's numbers within an interval of ours; the CPU's is that of a second within it.
func (s *sandbox) compare(what string) stats.Stats {
	s.t.Helper()
	s.stats()
	theirs := s.dockers()
	ours := s.stats()
	s.t.Logf("%s: %+v, docker %+v", what, ours, theirs)
	if cgroupless {
		return ours // a kernel of its own, whose costs only docker sees
	}
	if math.Abs(ours.CPUPercent-theirs.cpu) > 30 {
		s.t.Errorf("%s: %v %% of a CPU, docker %v %%", what, ours.CPUPercent, theirs.cpu)
	}
	if math.Abs(float64(ours.Memory.Usage)-theirs.usage) > 2*mb || math.Abs(float64(ours.Memory.Limit)-theirs.limit) > mb {
		s.t.Errorf("%s: memory %+v, docker %.0f of %.0f", what, ours.Memory, theirs.usage, theirs.limit)
	}
	if math.Abs(float64(ours.Pids)-theirs.pids) > 3 {
		s.t.Errorf("%s: %d pids, docker %.0f", what, ours.Pids, theirs.pids)
	}
	return ours
}

func TestStatsAgainstDockers(t *testing.T) {
	s := start(t, "-m", "96m", "--memory-swap", "96m", "--cpus", "0.5", "--pids-limit", "200")
	begun := time.Now()
	first := s.stats()
	t.Logf("first reading: %v %+v", time.Since(begun), first)
	begun = time.Now()
	again := s.stats()
	t.Logf("next reading: %v", time.Since(begun))
	if again.CPUPercent != first.CPUPercent || first.Memory.Limit != 96*mb {
		t.Errorf("%+v, then %+v", first, again)
	}
	s.compare("idle")
	s.spawn("for i in 1 2 3; do (while :; do :; done) & done; wait")
	time.Sleep(time.Second)
	if got := s.compare("three loops at half a core"); got.CPUPercent < 15 || got.CPUPercent > 75 && !cgroupless {
		t.Errorf("half a core: %v", got.CPUPercent)
	}
	s.exec("dd if=/dev/zero of=/dev/shm/kept bs=1M count=20 && dd if=/dev/zero of=/cached bs=1M count=40 && sync")
	if got := s.compare("20 MB held, 40 MB cached"); (got.Memory.Usage < 20*mb || got.Memory.Usage > 40*mb) && !cgroupless {
		t.Errorf("%+v", got.Memory)
	}
}

func TestPidsAndNetwork(t *testing.T) {
	s := start(t)
	before := s.stats()
	s.spawn("for i in 1 2 3 4 5 6 7 8 9 10; do sleep 60 & done; wait")
	other := start(t)
	idle := other.stats()
	other.spawn("sleep 20 | nc -l -p 9999 >/dev/null")
	address := docker(t, "inspect", "-f", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", other.id)
	time.Sleep(300 * time.Millisecond) // until they run
	s.exec("head -c 600000 /dev/zero | nc -w 5 " + address + " 9999")
	after := s.stats()
	if n := after.Pids - before.Pids; n < 11 || n > 15 { // threads of the agent count too, and Go may add some
		t.Errorf("%d → %d pids", before.Pids, after.Pids)
	}
	if sent := after.Network.TxBytes - before.Network.TxBytes; sent < 600_000 || sent > 700_000 {
		t.Errorf("%d bytes sent", sent)
	}
	if came := other.stats().Network.RxBytes - idle.Network.RxBytes; came < 600_000 || came > 700_000 {
		t.Errorf("%d bytes received", came)
	}
	if after.UptimeMs <= before.UptimeMs || after.CPUUsageUs <= before.CPUUsageUs {
		t.Errorf("%+v → %+v", before, after)
	}
	alone := start(t, "--network", "none").stats()
	if alone.Network != (stats.Network{}) {
		t.Errorf("without a network: %+v", alone.Network)
	}
}

func TestIdleStopsWithoutTheGrace(t *testing.T) {
	best := time.Hour
	for range 3 {
		s := start(t, "-e", "ATOLL_STOP_GRACE=15000")
		s.stats()
		begun := time.Now()
		docker(t, "stop", "-t", "20", s.id)
		took := time.Since(begun)
		t.Log(took)
		best = min(best, took)
		if code := docker(t, "inspect", "-f", "{{.State.ExitCode}}", s.id); code != "0" {
			t.Errorf("exit code %s", code)
		}
	}
	if best > 5*time.Second {
		t.Errorf("%v", best)
	}
}
