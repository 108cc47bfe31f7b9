package files

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// errElsewhere says that the folder cannot be written while the file can: the content waits in root's own folder, and
// goes into the file when it is complete.
var errElsewhere = &Error{Kind: "permission", Message: "the folder cannot be written"}

// begin finds the target and creates the unfinished file beside it. Runs as the acting user.
func (w *writer) begin() error {
	t, err := locate(w.path)
	if err != nil {
		return err
	}
	w.target = t
	mode := uint32(0o644)
	if t.exists {
		mode = 0o600 // nobody who may not read the file may read its unfinished successor
	}
	name := tempName()
	forget := w.service.journal.Note(strings.TrimSuffix(t.dir, "/") + "/" + name)
	fd, err := unix.Openat(t.dirFD, name, unix.O_CREAT|unix.O_EXCL|unix.O_RDWR|unix.O_NOFOLLOW|unix.O_CLOEXEC, mode)
	if err != nil {
		forget()
		if t.exists && (errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM) || errors.Is(err, unix.EROFS)) {
			return errElsewhere
		}
		return err
	}
	w.tempFD, w.temp, w.forget = fd, name, forget
	if t.exists {
		var st unix.Stat_t
		if err := unix.Fstat(fd, &st); err != nil {
			return err
		}
		w.needRoot = st.Uid != t.stat.Uid || st.Gid != t.stat.Gid
	}
	return nil
}

// beginElsewhere opens a nameless file in the spool folder, or in memory where there is none.
func (w *writer) beginElsewhere() (err error) {
	w.service.pool.Block(func() {
		path := filepath.Join(w.service.spool, tempName())
		w.tempFD, err = unix.Open(path, unix.O_CREAT|unix.O_EXCL|unix.O_RDWR|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0o600)
		if err == nil {
			_ = os.Remove(path)
			return
		}
		w.tempFD, err = unix.MemfdCreate("atoll", unix.MFD_CLOEXEC)
	})
	return wrap(w.path, err)
}

// settle gives the unfinished file the owner and mode of the one that it takes the place of. As every write by others
// than root does, it takes off setuid and setgid.
func (w *writer) settle() error {
	t := w.target
	if !t.exists {
		return nil
	}
	if w.needRoot {
		if err := unix.Fchown(w.tempFD, int(t.stat.Uid), int(t.stat.Gid)); err != nil {
			return err
		}
	}
	mode := t.stat.Mode & 0o7777
	if w.cred.UID != 0 {
		mode &^= unix.S_ISUID | unix.S_ISGID
	}
	return unix.Fchmod(w.tempFD, mode)
}

// rename puts the unfinished file in place, or, where a mount (/etc/hosts) or a sticky folder is in the way, copies it
// into the existing file. Runs as the acting user.
func (w *writer) rename() error {
	t := w.target
	err := unix.Renameat(t.dirFD, w.temp, t.dirFD, t.base)
	if err == nil {
		w.temp = ""
		return nil
	}
	if t.exists && (errors.Is(err, unix.EBUSY) || errors.Is(err, unix.EXDEV) || errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES)) {
		return w.inPlace()
	}
	return err
}

// inPlace copies the complete content into the existing file. Space is taken first, so that a full disk spoils nothing.
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
	if w.size > st.Size {
		if err := unix.Fallocate(fd, unix.FALLOC_FL_KEEP_SIZE, 0, w.size); errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) {
			return err
		}
	}
	if _, err := unix.Seek(w.tempFD, 0, 0); err != nil {
		return err
	}
	buf := chunks.Get().(*[]byte)
	defer chunks.Put(buf)
	for {
		n, err := readFull(w.tempFD, *buf)
		if err != nil {
			return err
		}
		if n == 0 {
			return unix.Ftruncate(fd, w.size)
		}
		if err := writeFull(fd, (*buf)[:n]); err != nil {
			return err
		}
	}
}
