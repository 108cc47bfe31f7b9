package files

import (
	"errors"

	"golang.org/x/sys/unix"
)

// inPlace copies the complete content into the existing file, or behind what is in it. Space is taken first, so that a
// full disk spoils nothing.
func (w *writer) inPlace() error {
	fd, err := unix.Openat(w.target.dirFD, w.target.base, unix.O_WRONLY|unix.O_NONBLOCK|unix.O_NOFOLLOW|unix.O_CLOEXEC|unix.O_NOCTTY, 0)
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
	if _, err = unix.Seek(fd, from, 0); err == nil {
		err = w.copyTo(fd)
	}
	if err != nil && w.options.Append {
		_ = unix.Ftruncate(fd, st.Size)
	}
	if err != nil {
		return err
	}
	if err := unix.Ftruncate(fd, from+w.size); err != nil {
		return err
	}
	return w.report(fd)
}

func (w *writer) copyTo(fd int) error {
	if _, err := unix.Seek(w.tempFD, 0, 0); err != nil {
		return err
	}
	buf := chunks.Get().(*[]byte)
	defer chunks.Put(buf)
	for {
		n, err := readFull(w.tempFD, *buf)
		if n == 0 || err != nil {
			return err
		}
		if err := writeFull(fd, (*buf)[:n]); err != nil {
			return err
		}
	}
}
