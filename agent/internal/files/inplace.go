package files

import (
	"errors"

	"golang.org/x/sys/unix"
)

// inPlace copies the complete content into the existing file, or behind what is in it, wherever that ends by then: programs may be
// appending too.
func (w *writer) inPlace() error {
	how := 0
	if w.options.Append {
		how = unix.O_APPEND
	}
	fd, st, err := openInPlace(w.target.dirFD, w.target.base, w.path, how)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := w.options.Attributes.apply(fd); err != nil {
		return err
	}
	from := int64(0)
	if w.options.Append {
		from = st.Size
	}
	if err := takeSpace(fd, st.Size, from, w.size); err != nil {
		return err
	}
	done, err := copyAll(w.tempFD, fd)
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

// openInPlace opens an existing file to be written where it lies.
func openInPlace(dirFD int, base, path string, how int) (fd int, st unix.Stat_t, err error) {
	how |= unix.O_WRONLY | unix.O_NONBLOCK | unix.O_NOFOLLOW | unix.O_CLOEXEC | unix.O_NOCTTY
	if fd, err = unix.Openat(dirFD, base, how, 0); err != nil {
		return -1, st, err
	}
	if st, err = regular(fd, path); err != nil {
		return -1, st, err
	}
	return fd, st, nil
}

// overwrite puts the content of src, which st describes, into an existing file, which keeps its owner and mode.
func overwrite(src int, st *unix.Stat_t, dirFD int, base, path string) error {
	fd, had, err := openInPlace(dirFD, base, path, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := takeSpace(fd, had.Size, 0, st.Size); err != nil {
		return err
	}
	if _, err := copyAll(src, fd); err != nil {
		return err
	}
	if err := unix.Ftruncate(fd, st.Size); err != nil {
		return err
	}
	touch(fd, st.Mtim)
	return nil
}

// takeSpace is for a file of had bytes that gets size more at from: a full disk then spoils nothing.
func takeSpace(fd int, had, from, size int64) error {
	if from+size <= had {
		return nil
	}
	err := unix.Fallocate(fd, unix.FALLOC_FL_KEEP_SIZE, from, size)
	if errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) {
		return err
	}
	return nil
}

// takeBack cuts off what an append that failed has put behind size, unless somebody else has appended too.
func takeBack(fd int, size, done int64) {
	var st unix.Stat_t
	if unix.Fstat(fd, &st) == nil && st.Size == size+done {
		_ = unix.Ftruncate(fd, size)
	}
}

// copyAll copies all of src, from its start, to where dst is, and says how far it came.
func copyAll(src, dst int) (done int64, err error) {
	if _, err := unix.Seek(src, 0, 0); err != nil {
		return 0, err
	}
	buf := chunks.Get().(*[]byte)
	defer chunks.Put(buf)
	for {
		n, err := readFull(src, *buf)
		if n == 0 || err != nil {
			return done, err
		}
		n, err = writeSome(dst, (*buf)[:n])
		if done += int64(n); err != nil {
			return done, err
		}
	}
}
