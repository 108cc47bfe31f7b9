package files

import (
	"errors"

	"golang.org/x/sys/unix"
)

// inPlace copies the complete content into the existing file, or behind what is in it, wherever that ends by then: programs may be
// appending too. Space is taken first, so that a full disk spoils nothing.
func (w *writer) inPlace() error {
	how := unix.O_WRONLY | unix.O_NONBLOCK | unix.O_NOFOLLOW | unix.O_CLOEXEC | unix.O_NOCTTY
	if w.options.Append {
		how |= unix.O_APPEND
	}
	fd, err := unix.Openat(w.target.dirFD, w.target.base, how, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	if err := wantRegular(w.path, &st); err != nil {
		return err
	}
	if err := w.options.Attributes.apply(fd); err != nil {
		return err
	}
	from := int64(0)
	if w.options.Append {
		from = st.Size
	}
	if from+w.size > st.Size {
		err := unix.Fallocate(fd, unix.FALLOC_FL_KEEP_SIZE, from, w.size)
		if errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) {
			return err
		}
	}
	done, err := w.copyTo(fd)
	if err != nil {
		if w.options.Append {
			takeBack(fd, st.Size, done)
		}
		return err
	}
	if !w.options.Append {
		if err := unix.Ftruncate(fd, w.size); err != nil {
			return err
		}
	}
	w.result.Created = false
	return w.report(fd)
}

// takeBack cuts off what an append that failed has put behind size, unless somebody else has appended too.
func takeBack(fd int, size, done int64) {
	var st unix.Stat_t
	if unix.Fstat(fd, &st) == nil && st.Size == size+done {
		_ = unix.Ftruncate(fd, size)
	}
}

// copyTo says how far it came.
func (w *writer) copyTo(fd int) (done int64, err error) {
	if _, err := unix.Seek(w.tempFD, 0, 0); err != nil {
		return 0, err
	}
	buf := chunks.Get().(*[]byte)
	defer chunks.Put(buf)
	for {
		n, err := readFull(w.tempFD, *buf)
		if n == 0 || err != nil {
			return done, err
		}
		if err := writeFull(fd, (*buf)[:n]); err != nil {
			return done, err
		}
		done += int64(n)
	}
}
