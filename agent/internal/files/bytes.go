package files

import "golang.org/x/sys/unix"

// readFull reads until b is full or the file is at its end.
func readFull(fd int, b []byte) (int, error) {
	return fillFrom(b, func(rest []byte, _ int) (int, error) { return unix.Read(fd, rest) })
}

// readAt is readFull from an offset.
func readAt(fd int, b []byte, from int64) (int, error) {
	return fillFrom(b, func(rest []byte, done int) (int, error) { return unix.Pread(fd, rest, from+int64(done)) })
}

func fillFrom(b []byte, read func(rest []byte, done int) (int, error)) (int, error) {
	done := 0
	for done < len(b) {
		n, err := retry(func() (int, error) { return read(b[done:], done) })
		if err != nil {
			return done, err
		}
		if n == 0 {
			break
		}
		done += n
	}
	return done, nil
}

func writeFull(fd int, b []byte) error {
	_, err := writeSome(fd, b)
	return err
}

// writeSome is writeFull, and says how much it could write.
func writeSome(fd int, b []byte) (done int, err error) {
	for done < len(b) {
		n, err := retry(func() (int, error) { return unix.Write(fd, b[done:]) })
		if err != nil {
			return done, err
		}
		done += n
	}
	return done, nil
}

// retry repeats what a signal interrupted.
func retry(fn func() (int, error)) (int, error) {
	for {
		n, err := fn()
		if err != unix.EINTR {
			return n, err
		}
	}
}
