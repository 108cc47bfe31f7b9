package files

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"atoll/agent/internal/umask"
)

// errElsewhere says that the content must wait in root's own folder and goes into the file when it is complete: the folder
// cannot be written while the file can, or the content is appended.
var errElsewhere = &Error{Kind: "permission", Message: "the folder cannot be written"}

// errChanged says that the file is not any more what it was when its successor got its owner and mode.
var errChanged = &Error{Kind: "conflict", Message: "the file is being changed by others"}

// begin finds the target and creates the unfinished file beside it. Runs as the acting user.
func (w *writer) begin() error {
	err := w.beginOnce()
	if errors.Is(err, unix.ENOENT) && w.target != nil { // the folder was another write's, which took it back as it came to nothing
		w.target.close()
		w.target = nil
		err = w.beginOnce()
	}
	return err
}

func (w *writer) beginOnce() error {
	t, err := locate(w.path)
	if err != nil {
		return err
	}
	w.target = t
	if err := w.allowed(); err != nil {
		return err
	}
	if t.exists && w.options.Append {
		return errElsewhere
	}
	mode := uint32(0o644)
	if t.exists || w.options.Attributes.Mode != nil {
		mode = 0o600 // nobody who may not read the file may read its unfinished successor
	}
	name := tempName()
	forget := w.service.journal.Note(strings.TrimSuffix(t.dir, "/") + "/" + name)
	fd, err := umask.Openat(t.dirFD, name, unix.O_CREAT|unix.O_EXCL|unix.O_RDWR|unix.O_NOFOLLOW|unix.O_CLOEXEC, mode)
	if err != nil {
		forget()
		if t.exists && forbidden(err) {
			return errElsewhere
		}
		return err
	}
	w.tempFD, w.temp, w.forget = fd, name, forget
	return w.plan()
}

// plan works out whose the file is going to be. As every write by others than root does, it takes off setuid and setgid.
func (w *writer) plan() (err error) {
	var st unix.Stat_t
	if err := unix.Fstat(w.tempFD, &st); err != nil {
		return err
	}
	w.wanted = ownedOf(&st)
	if w.target.exists {
		w.wanted = ownedOf(&w.target.stat)
		if w.cred.UID != 0 {
			w.wanted.mode &^= unix.S_ISUID | unix.S_ISGID
		}
	}
	if w.wanted, err = w.wanted.with(w.options.Attributes, w.cred); err != nil {
		return err
	}
	w.needRoot = st.Uid != w.wanted.uid || st.Gid != w.wanted.gid
	return nil
}

// beginElsewhere opens a nameless file in the spool folder, or in memory where there is none.
func (w *writer) beginElsewhere() (err error) {
	w.service.pool.Block(func() {
		path := filepath.Join(w.service.spool, tempName())
		w.tempFD, err = umask.Openat(unix.AT_FDCWD, path, unix.O_CREAT|unix.O_EXCL|unix.O_RDWR|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0o600)
		if err == nil {
			_ = os.Remove(path)
			return
		}
		w.tempFD, err = unix.MemfdCreate("atoll", unix.MFD_CLOEXEC)
	})
	return wrap(w.path, err)
}

// settle gives the unfinished file its owner and mode.
func (w *writer) settle() error {
	if !w.target.exists && w.options.Attributes.empty() {
		return nil
	}
	if w.needRoot {
		if err := unix.Fchown(w.tempFD, int(w.wanted.uid), int(w.wanted.gid)); err != nil {
			return err
		}
	}
	return setMode(w.tempFD, w.wanted.mode)
}

// allowed asks the conditions of the caller about the target as it was found.
func (w *writer) allowed() error {
	t, o := w.target, &w.options
	switch {
	case o.Create && t.exists:
		return refuse("precondition", w.path, "is there already")
	case len(o.IfMatch) == 0 || t.exists && (o.IfMatch[0] == "*" || slices.Contains(o.IfMatch, etagOf(&t.stat))):
		return nil
	}
	return refuse("precondition", w.path, "is not in the state that If-Match names")
}

// commit puts the complete content in place, one after the other for all who write this file through the agent. Runs as
// the acting user.
func (w *writer) commit() error {
	t := w.target
	defer w.service.commits.lock(t)()
	if err := w.lookAgain(); err != nil {
		return err
	}
	w.result.Created = !t.exists
	if w.temp == "" {
		return w.inPlace()
	}
	err := w.rename()
	if err == nil {
		w.temp = ""
		return w.report(w.tempFD)
	}
	if errors.Is(err, errElsewhere) {
		return w.inPlace()
	}
	inTheWay := errors.Is(err, unix.EBUSY) || errors.Is(err, unix.EXDEV) || errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES)
	if t.exists && !w.options.Create && inTheWay {
		return w.inPlace() // a mount (/etc/hosts), or a sticky folder
	}
	return err
}

// lookAgain finds out what has become of the target while the body came.
func (w *writer) lookAgain() error {
	t := w.target
	planned, existed := ownedOf(&t.stat), t.exists
	t.exists = false
	link, err := t.inspect(w.path)
	if err != nil {
		return err
	}
	if link != "" {
		return refuse("conflict", w.path, "has become a link meanwhile; nothing is written")
	}
	if err := w.allowed(); err != nil {
		return err
	}
	if w.temp != "" && t.exists && (!existed || planned != ownedOf(&t.stat)) {
		return errChanged
	}
	return nil
}

func (w *writer) rename() error {
	t := w.target
	if !w.options.Create && !w.options.Append {
		return unix.Renameat(t.dirFD, w.temp, t.dirFD, t.base)
	}
	err := renameNew(t.dirFD, w.temp, t.dirFD, t.base)
	if errors.Is(err, unix.EEXIST) {
		t.exists = true // since we looked
		if w.options.Append {
			return errElsewhere
		}
		return w.allowed()
	}
	return err
}

func (w *writer) report(fd int) error {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	w.result.Size, w.result.ETag = st.Size, etagOf(&st)
	return nil
}
