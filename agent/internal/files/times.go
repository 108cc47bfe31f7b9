package files

import (
	"archive/tar"
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
