package files

import (
	"context"
	"errors"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"atoll/agent/internal/fsid"
)

// WatchOptions say how much is watched.
type WatchOptions struct {
	Recursive      bool
	MaxDirectories int
}

// Event is what has happened to an entry: started, created, modified, written, attributes, moved, deleted, overflow, end.
type Event struct {
	Type       string `json:"type"`
	Path       string `json:"path,omitempty"` // below what is watched
	PathBase64 string `json:"path_base64,omitempty"`
	Directory  bool   `json:"directory,omitempty"`
	From       string `json:"from,omitempty"` // of what was moved
	FromBase64 string `json:"from_base64,omitempty"`
	Reason     string `json:"reason,omitempty"` // of the end
}

// Watch follows what happens in a folder, by inotify.
type Watch struct {
	service *Service
	cred    fsid.Cred
	path    string
	options WatchOptions
	file    *os.File
	fd      int // of file; its number stays ours
	dirs    map[int32]string
	ids     map[string]int32
	out     []byte
	moved   *movedFrom
	ended   bool
}

// halfMove is how long the second half of a move may come after its first.
const halfMove = 20 * time.Millisecond

const watched = unix.IN_CREATE | unix.IN_MODIFY | unix.IN_CLOSE_WRITE | unix.IN_ATTRIB | unix.IN_DELETE | unix.IN_MOVED_FROM |
	unix.IN_MOVED_TO | unix.IN_DELETE_SELF | unix.IN_MOVE_SELF | unix.IN_ONLYDIR

// Watch begins: what happens from its return on is told by Run.
func (s *Service) Watch(path, user string, options WatchOptions) (*Watch, error) {
	if err := check(path); err != nil {
		return nil, err
	}
	cred, err := s.who(user)
	if err != nil {
		return nil, err
	}
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return nil, wrap(path, err)
	}
	w := &Watch{
		service: s, cred: cred, path: strings.TrimRight(path, "/"), options: options, fd: fd,
		file: os.NewFile(uintptr(fd), "inotify"), dirs: map[int32]string{}, ids: map[string]int32{},
	}
	err = s.as(cred, path, func() error {
		if underKernel(path) {
			return refuse("invalid", path, "the kernel's own trees are not watched")
		}
		if err := w.add("", 0); err != nil {
			return err
		}
		return w.below("", false)
	})
	if err != nil {
		w.Close()
		return nil, err
	}
	return w, nil
}

// add watches one folder. One that is watched already keeps its id, and is known by the new path alone.
func (w *Watch) add(rel string, flags uint32) error {
	number, err := unix.InotifyAddWatch(w.fd, w.path+"/"+rel, watched|flags)
	if errors.Is(err, unix.ENOSPC) {
		return refuse("no_resources", w.path, "the kernel's limit of watches is reached")
	}
	if err != nil {
		return err
	}
	id := int32(number)
	was, known := w.dirs[id]
	if !known && len(w.dirs) >= w.options.MaxDirectories {
		_, _ = unix.InotifyRmWatch(w.fd, uint32(id))
		return refuse("too_large", w.path, "has more directories than may be watched at once")
	}
	if known && w.ids[was] == id {
		delete(w.ids, was)
	}
	w.dirs[id], w.ids[rel] = rel, id
	return nil
}

// again looks the tree over after events were lost: folders that came meanwhile are watched, those that went are forgotten.
func (w *Watch) again() error {
	before, root := w.dirs, w.ids[""]
	w.dirs, w.ids, w.moved = map[int32]string{}, map[string]int32{}, nil
	if err := w.add("", 0); err != nil {
		return err
	}
	if w.ids[""] != root {
		w.end("the directory is gone") // and another is in its place
		return nil
	}
	if err := w.below("", false); err != nil {
		return err
	}
	for id := range before {
		if _, there := w.dirs[id]; !there {
			_, _ = unix.InotifyRmWatch(w.fd, uint32(id))
		}
	}
	return nil
}

// below watches the folders in a folder; tell: what is found there is new, and told.
func (w *Watch) below(rel string, tell bool) error {
	if !w.options.Recursive {
		return nil
	}
	tree := &walker{denied: passOver, visit: func(n *node) error {
		path := join(rel, n.rel)
		if tell {
			w.say(Event{Type: "created", Directory: n.isDir()}, path, "")
		}
		if !n.isDir() {
			return nil
		}
		return gone(w.add(path, unix.IN_DONT_FOLLOW))
	}}
	defer tree.close()
	if err := tree.begin(w.path + "/" + rel); err != nil {
		return err
	}
	for {
		if done, err := tree.step(batch); done || err != nil {
			return err
		}
	}
}

// gone forgives what vanished, or may not be read: nothing can be told of that.
func gone(err error) error {
	for _, harmless := range []error{unix.ENOENT, unix.ENOTDIR, unix.EACCES, unix.ENAMETOOLONG, unix.ELOOP} {
		if errors.Is(err, harmless) {
			return nil
		}
	}
	return err
}

// Run tells what happens, line by line, until the caller goes or the folder does.
func (w *Watch) Run(ctx context.Context, send func(lines []byte) error) error {
	defer context.AfterFunc(ctx, func() { _ = w.file.Close() })()
	w.out = append(w.out, line(Event{Type: "started"})...)
	buf := make([]byte, 64<<10)
	for {
		if err := send(w.out); err != nil || w.ended {
			return err
		}
		w.out = w.out[:0]
		n, err := w.read(buf)
		if err != nil {
			return err
		}
		err = w.service.as(w.cred, w.path, func() error { return w.take(buf[:n]) })
		if err != nil {
			w.end(err.Error())
		}
	}
}

// read waits for what happens next; no longer than a moment when half of a move is there.
func (w *Watch) read(buf []byte) (int, error) {
	if w.moved == nil {
		return w.file.Read(buf)
	}
	_ = w.file.SetReadDeadline(time.Now().Add(halfMove))
	n, err := w.file.Read(buf)
	_ = w.file.SetReadDeadline(time.Time{})
	if errors.Is(err, os.ErrDeadlineExceeded) {
		w.left()
		return 0, nil
	}
	return n, err
}

// Close ends it.
func (w *Watch) Close() { _ = w.file.Close() }

func (w *Watch) end(reason string) {
	w.out = append(w.out, line(Event{Type: "end", Reason: reason})...)
	w.ended = true
}

func (w *Watch) say(e Event, path, from string) {
	e.Path, e.PathBase64 = printable(path)
	if from != "" {
		e.From, e.FromBase64 = printable(from)
	}
	w.out = append(w.out, line(e)...)
}
