package stats

import (
	"math"
	"sync"
	"testing"
	"time"
)

// machine is one whose CPU time passes at a rate of the test's.
type machine struct {
	mu   sync.Mutex
	at   time.Time
	used time.Duration
	rate float64
}

func (m *machine) cpu() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	m.used += time.Duration(float64(now.Sub(m.at)) * m.rate)
	m.at = now
	return m.used
}

func (m *machine) set(rate float64) {
	m.cpu()
	m.rate = rate
}

func (m *machine) memory() (usage, limit uint64) { return 1 << 20, 3 << 20 }
func (m *machine) pids() uint64                  { return 4 }
func (m *machine) network() Network              { return Network{5, 6} }

func newMachine(rate float64) (*machine, *Reader) {
	m := &machine{at: time.Now(), rate: rate, used: time.Hour}
	return m, &Reader{from: m, started: time.Now().Add(-time.Minute)}
}

func near(t *testing.T, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 5 {
		t.Errorf("%v %%, want about %v", got, want)
	}
}

func TestInterval(t *testing.T) {
	m, r := newMachine(1.5)
	begun := time.Now()
	first := r.Read()
	if took := time.Since(begun); took < sample {
		t.Errorf("a sample of %v", took)
	}
	near(t, first.CPUPercent, 150)
	if first.Memory != (Memory{1 << 20, 3 << 20, 33.33}) || first.Pids != 4 || first.Network != (Network{5, 6}) || first.UptimeMs < 60_000 {
		t.Errorf("%+v", first)
	}
	m.set(0)
	begun = r.last.at
	if again := r.Read(); again.CPUPercent != first.CPUPercent && time.Since(begun) < shortest {
		t.Errorf("a reading at once: %v after %v", again.CPUPercent, first.CPUPercent)
	}
	time.Sleep(2 * shortest)
	near(t, r.Read().CPUPercent, 0)
	m.set(0.5)
	time.Sleep(2 * shortest)
	near(t, r.Read().CPUPercent, 50)
}

func TestReadingsAtOnceDoNotPostponeTheNext(t *testing.T) {
	m, r := newMachine(1)
	r.Read()
	m.set(0)
	last := 100.0
	for end := time.Now().Add(3 * shortest); time.Now().Before(end); time.Sleep(time.Millisecond) {
		last = r.Read().CPUPercent
	}
	near(t, last, 0)
}

func TestManyAtOnce(t *testing.T) {
	_, r := newMachine(0.75)
	begun := time.Now()
	var wg sync.WaitGroup
	for range 100 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range 20 {
				near(t, r.Read().CPUPercent, 75)
			}
		}()
	}
	wg.Wait()
	if took := time.Since(begun); took > 10*sample {
		t.Errorf("they waited for each other's samples: %v", took)
	}
}

func TestRatio(t *testing.T) {
	for _, c := range [][3]float64{{1, 3, 33.33}, {0, 0, 0}, {1, 0, 0}, {-1, 5, 0}, {2, 1, 200}} {
		if got := ratio(c[0], c[1]); got != c[2] {
			t.Errorf("%v of %v: %v", c[0], c[1], got)
		}
	}
}
