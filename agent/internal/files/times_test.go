package files

import (
	"math"
	"testing"

	"golang.org/x/sys/unix"
)

func TestMillis(t *testing.T) {
	for _, c := range []struct{ sec, nsec, ms int64 }{
		{0, 1_999_999, 1},
		{-1, 500_000_000, -500},
		{13_569_465_600, 7_000_000, 13_569_465_600_007}, // 2400
		{-13_569_465_600, 0, -13_569_465_600_000},
	} {
		if ms := millis(unix.Timespec{Sec: c.sec, Nsec: c.nsec}); ms != c.ms {
			t.Errorf("%+v: %d", c, ms)
		}
	}
	if millis(unix.Timespec{Sec: math.MaxInt64}) < 1e18 || millis(unix.Timespec{Sec: math.MinInt64}) > -1e18 {
		t.Error("what is too far away comes round")
	}
}

func TestTimesPast2262(t *testing.T) {
	b := setUp(t)
	path := b.dir + "/f"
	b.mustPut(path, "", "x")
	const sec = 13_569_465_600
	var st unix.Stat_t
	_ = unix.UtimesNanoAt(unix.AT_FDCWD, path, onlyModified(unix.Timespec{Sec: sec}), 0)
	if err := unix.Stat(path, &st); err != nil || st.Mtim.Sec != sec {
		t.Skip("a file system without such times")
	}
	if e, err := b.Stat(path, "", false); err != nil || e.Mtime != sec*1000 {
		t.Errorf("%+v %v", e, err)
	}
	c, err := b.Open(path, "", ReadOptions{})
	if err != nil || c.MtimeMs != sec*1000 {
		t.Fatalf("%+v %v", c, err)
	}
	c.Close()
}
