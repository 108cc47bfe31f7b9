package files

import (
	"encoding/binary"
	"errors"
	"path"
	"strings"

	"golang.org/x/sys/unix"
)

// movedFrom is the first half of a move, until its second half comes; where none does, the entry has left the tree. The kernel
// says them one right after the other, but nothing keeps a reader from coming in between.
type movedFrom struct {
	cookie uint32
	path   string
	isDir  bool
}

// take reads the kernel's events: id, mask, cookie, length (4 bytes each), then a name filled up with NUL.
func (w *Watch) take(buf []byte) error {
	for len(buf) >= unix.SizeofInotifyEvent && !w.ended {
		id, mask := int32(binary.NativeEndian.Uint32(buf)), binary.NativeEndian.Uint32(buf[4:])
		cookie, size := binary.NativeEndian.Uint32(buf[8:]), int(binary.NativeEndian.Uint32(buf[12:]))
		name := strings.TrimRight(string(buf[unix.SizeofInotifyEvent:unix.SizeofInotifyEvent+size]), "\x00")
		buf = buf[unix.SizeofInotifyEvent+size:]
		if w.moved != nil && (mask&unix.IN_MOVED_TO == 0 || cookie != w.moved.cookie) {
			w.left()
		}
		if err := w.one(id, mask, cookie, name); err != nil {
			return err
		}
	}
	return nil
}

func (w *Watch) one(id int32, mask, cookie uint32, name string) error {
	dir, known := w.dirs[id]
	switch {
	case mask&unix.IN_Q_OVERFLOW != 0:
		w.out = append(w.out, line(Event{Type: "overflow"})...)
		return w.again()
	case !known:
		return nil
	case mask&unix.IN_IGNORED != 0:
		delete(w.dirs, id)
		if w.ids[dir] == id {
			delete(w.ids, dir)
		}
		return nil
	case mask&(unix.IN_DELETE_SELF|unix.IN_MOVE_SELF|unix.IN_UNMOUNT) != 0:
		if dir == "" {
			w.end("the directory is gone")
		}
		return nil // below, its folder tells
	case name == "":
		return nil // the watched folder's own attributes
	}
	rel, isDir := join(dir, name), mask&unix.IN_ISDIR != 0
	if mask&unix.IN_MOVED_TO != 0 {
		return w.arrived(rel, cookie, isDir)
	}
	if strings.HasPrefix(name, TempPrefix) && mask&unix.IN_MOVED_FROM == 0 {
		return nil // unfinished: it is told of when it is renamed
	}
	switch {
	case mask&unix.IN_CREATE != 0:
		w.say(Event{Type: "created", Directory: isDir}, rel, "")
		return w.enter(rel, isDir)
	case mask&unix.IN_MODIFY != 0:
		w.say(Event{Type: "modified"}, rel, "")
	case mask&unix.IN_CLOSE_WRITE != 0:
		w.say(Event{Type: "written"}, rel, "")
	case mask&unix.IN_ATTRIB != 0:
		w.say(Event{Type: "attributes", Directory: isDir}, rel, "")
	case mask&unix.IN_DELETE != 0:
		w.say(Event{Type: "deleted", Directory: isDir}, rel, "")
	case mask&unix.IN_MOVED_FROM != 0:
		w.moved = &movedFrom{cookie, rel, isDir}
	}
	return nil
}

// enter watches a folder that is new, and tells what came into it before that.
func (w *Watch) enter(rel string, isDir bool) error {
	if !isDir || !w.options.Recursive {
		return nil
	}
	err := w.add(rel, unix.IN_DONT_FOLLOW)
	if err == nil {
		err = w.below(rel, true)
	}
	if errors.Is(err, unix.ENOENT) {
		w.forget(rel) // it has moved on before it was told what is in it: where it arrives it is as good as new
	}
	return gone(err)
}

func (w *Watch) arrived(rel string, cookie uint32, isDir bool) error {
	from := w.moved
	w.moved = nil
	switch {
	case from == nil || from.cookie != cookie:
		w.say(Event{Type: "created", Directory: isDir}, rel, "")
		return w.enter(rel, isDir)
	case !strings.HasPrefix(path.Base(from.path), TempPrefix):
		w.say(Event{Type: "moved", Directory: isDir}, rel, from.path)
	case isDir:
		w.say(Event{Type: "created", Directory: true}, rel, "")
		return w.enter(rel, true)
	default:
		w.say(Event{Type: "written"}, rel, "") // an unfinished file of ours has become the file
		return nil
	}
	if !isDir {
		return nil
	}
	was, known := w.ids[from.path]
	if !known {
		return w.enter(rel, true) // it was gone before it could be watched
	}
	w.rename(from.path, rel)
	if err := w.add(rel, unix.IN_DONT_FOLLOW); err != nil {
		return gone(err)
	}
	// What in it could not be watched yet is now; all of it is told when another folder had its name by then, and its watch.
	return gone(w.below(rel, w.ids[rel] != was))
}

// left tells of what was moved out of the tree.
func (w *Watch) left() {
	from := w.moved
	if w.moved = nil; from == nil {
		return
	}
	if !strings.HasPrefix(path.Base(from.path), TempPrefix) {
		w.say(Event{Type: "deleted", Directory: from.isDir}, from.path, "")
	}
	w.forget(from.path)
}

// forget lets go of a folder and of those below it.
func (w *Watch) forget(path string) {
	for rel, id := range w.ids {
		if rel == path || strings.HasPrefix(rel, path+"/") {
			_, _ = unix.InotifyRmWatch(w.fd, uint32(id))
			delete(w.dirs, id)
			delete(w.ids, rel)
		}
	}
}

// rename follows a folder that was moved within the tree: its watches go with it.
func (w *Watch) rename(from, to string) {
	for rel, id := range w.ids {
		if rel == from || strings.HasPrefix(rel, from+"/") {
			now := to + strings.TrimPrefix(rel, from)
			delete(w.ids, rel)
			w.ids[now], w.dirs[id] = id, now
		}
	}
}
