package files

import (
	"archive/tar"
	"math"
	"strconv"

	"golang.org/x/sys/unix"
)

// touch gives an open file its time; a file system that has none is as good.
func touch(fd int, mtime unix.Timespec) {
	path := "/proc/self/fd/" + strconv.Itoa(fd)
	_ = unix.UtimesNanoAt(unix.AT_FDCWD, path, onlyModified(mtime), 0)
}

func onlyModified(mtime unix.Timespec) []unix.Timespec {
	return []unix.Timespec{{Nsec: unix.UTIME_OMIT}, mtime}
}

// timeOf is when an entry was changed: not by nanoseconds, which end in 2262, for a tar may say any time.
func timeOf(h *tar.Header) unix.Timespec {
	return unix.Timespec{Sec: h.ModTime.Unix(), Nsec: int64(h.ModTime.Nanosecond())}
}

// millis is a time in Unix ms: by way of nanoseconds it would end in 2262, and a file can be touched to any time.
func millis(t unix.Timespec) int64 {
	const last = math.MaxInt64/1000 - 1
	return min(max(t.Sec, -last), last)*1000 + t.Nsec/1e6
}
