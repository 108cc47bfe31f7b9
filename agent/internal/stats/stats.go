// Package stats tells what the sandbox uses: of the CPU, memory, processes and the network.
package stats

import (
	"math"
	"sync"
	"time"
)

const (
	sample   = 100 * time.Millisecond // the first reading's own interval
	shortest = 50 * time.Millisecond  // below, the last interval's value tells more
)

// Stats is the answer to GET /stats. All are the whole sandbox's, the agent included.
type Stats struct {
	CPUUsageUs uint64  `json:"cpu_usage_us"`
	CPUPercent float64 `json:"cpu_percent"` // 100 is one core
	Memory     Memory  `json:"memory"`
	Pids       uint64  `json:"pids"`
	Network    Network `json:"network"`
	UptimeMs   int64   `json:"uptime_ms"`
}

// Memory is in bytes, without the page cache.
type Memory struct {
	Usage   uint64  `json:"usage"`
	Limit   uint64  `json:"limit"`
	Percent float64 `json:"percent"`
}

// Network counts what went over all interfaces but lo.
type Network struct {
	RxBytes uint64 `json:"rx_bytes"`
	TxBytes uint64 `json:"tx_bytes"`
}

// source is where the numbers come from.
type source interface {
	cpu() time.Duration // since the sandbox's start
	memory() (usage, limit uint64)
	pids() uint64
	network() Network
}

// Reader reads them. The CPU's percentage is that of the time since the last reading.
type Reader struct {
	from    source
	started time.Time

	mu      sync.Mutex // held over the first sample too: who comes meanwhile shares its value
	last    reading
	percent float64
}

type reading struct {
	at   time.Time
	used time.Duration
}

// NewReader finds where the numbers are.
func NewReader(started time.Time) *Reader { return &Reader{from: newKernel("/"), started: started} }

// Read takes a reading; 100 ms for the first one, then microseconds.
func (r *Reader) Read() Stats {
	used, percent := r.cpu()
	usage, limit := r.from.memory()
	return Stats{
		CPUUsageUs: uint64(used.Microseconds()), CPUPercent: percent,
		Memory:   Memory{Usage: usage, Limit: limit, Percent: ratio(float64(usage), float64(limit))},
		Pids:     r.from.pids(),
		Network:  r.from.network(),
		UptimeMs: time.Since(r.started).Milliseconds(),
	}
}

func (r *Reader) cpu() (used time.Duration, percent float64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.last.at.IsZero() {
		r.last = r.now()
		time.Sleep(sample)
	}
	now := r.now()
	passed := now.at.Sub(r.last.at)
	if passed < shortest {
		return now.used, r.percent
	}
	r.percent = ratio(float64(now.used-r.last.used), float64(passed))
	r.last = now
	return now.used, r.percent
}

// now pairs usage and time. A sandbox at its CPU limit is stopped for most of each 100 ms, us included: a pause
// between the two would be taken for a part of the wrong interval.
func (r *Reader) now() (n reading) {
	for range 4 {
		before := time.Now()
		n = reading{used: r.from.cpu(), at: time.Now()}
		if n.at.Sub(before) < 2*time.Millisecond {
			break
		}
	}
	return n
}

// ratio is in percent with two decimals, and never less than 0: without cgroups a total may shrink.
func ratio(part, whole float64) float64 {
	if part <= 0 || whole <= 0 {
		return 0
	}
	return math.Round(part/whole*10000) / 100
}
