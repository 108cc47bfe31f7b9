package procs

import (
	"runtime"
	"testing"
	"time"
)

func TestSeveralWhileSomethingTakesLong(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	t.Cleanup(func() { runtime.GOMAXPROCS(before) })
	if runtime.NumCPU() < 2 {
		t.Skip("there is one processor")
	}
	is := func(what string, want int) {
		t.Helper()
		if got := runtime.GOMAXPROCS(0); got != want {
			t.Errorf("%s: %d processors, wanted %d", what, got, want)
		}
	}
	long := func() { time.Sleep(20 * patience) }

	Few(2)
	is("at first", 1)
	short := Working()
	short()
	long()
	is("after a short one", 1)

	one, two := Working(), Working()
	long()
	is("with two long ones", 2)
	one()
	one() // said twice, it counts once
	is("with one of them", 2)
	two()
	is("after both", 1)
}

func TestNoMoreThanThereAre(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	t.Cleanup(func() { runtime.GOMAXPROCS(before) })
	Few(1000)
	done := Working()
	defer done()
	time.Sleep(20 * patience)
	if got := runtime.GOMAXPROCS(0); got != runtime.NumCPU() {
		t.Errorf("%d processors", got)
	}
}
