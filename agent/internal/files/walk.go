package files

import (
	"errors"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// node is one entry of a tree on the way through it. It is good for one call of visit.
type node struct {
	dirFD int
	name  string
	rel   string // path below the tree's root
	st    unix.Stat_t
}

func (n *node) isDir() bool { return n.st.Mode&unix.S_IFMT == unix.S_IFDIR }

// walker goes through a tree by descriptors: a folder before what is in it, names in the order of their bytes, links
// never followed, so that nobody can lead it elsewhere. It keeps its place between steps, and few descriptors.
type walker struct {
	visit func(*node) error
	// enter says whether a folder is gone into; nil: all are.
	enter func(*node) bool
	// leave is called when all below a folder has been visited; may be nil.
	leave func(dirFD int, name, rel string) error
	// denied hears of what cannot be looked at; nil: a folder that may not be read is passed over, anything else ends the walk.
	denied func(rel string, err error) error

	after []string // visited before: an earlier walk ended with this path
	stack []walkLevel
}

type walkLevel struct {
	name, rel string
	fd        int // -1 when given back
	dev, ino  uint64
	names     []string
	after     []string
}

// errEnough ends a walk early.
var errEnough = errors.New("enough")

// begin opens the root. Runs as the acting user, as step does.
func (w *walker) begin(path string) error {
	fd, err := retry(func() (int, error) {
		return unix.Open(path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	})
	if err != nil {
		return err
	}
	return w.push(fd, "", "", w.after)
}

func (w *walker) push(fd int, name, rel string, after []string) error {
	l := walkLevel{name: name, rel: rel, fd: fd, after: after}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		_ = unix.Close(fd)
		return err
	}
	l.dev, l.ino = st.Dev, st.Ino
	names, err := namesIn(fd)
	if err != nil {
		_ = unix.Close(fd)
		return err
	}
	// Names alone lead nowhere: a folder that may be read but not searched is as one that may not be read.
	if len(names) > 0 {
		if err := unix.Fstatat(fd, ".", &st, 0); err != nil {
			_ = unix.Close(fd)
			return err
		}
	}
	if len(after) > 0 {
		i, _ := slices.BinarySearch(names, after[0])
		names = names[i:]
	}
	l.names = names
	if depth := len(w.stack) - 1; depth >= keptLevels {
		_ = unix.Close(w.stack[depth].fd)
		w.stack[depth].fd = -1
	}
	w.stack = append(w.stack, l)
	return nil
}

// namesIn reads a folder, sorted.
func namesIn(fd int) (names []string, err error) {
	buf := make([]byte, 64<<10)
	for {
		n, err := retry(func() (int, error) { return unix.ReadDirent(fd, buf) })
		if err != nil {
			return nil, err
		}
		if n <= 0 {
			slices.Sort(names)
			return names, nil
		}
		_, _, names = unix.ParseDirent(buf[:n], -1, names)
	}
}

// step visits up to n entries; done when the tree is at its end.
func (w *walker) step(n int) (done bool, err error) {
	for ; n > 0 && len(w.stack) > 0; n-- {
		top := &w.stack[len(w.stack)-1]
		if len(top.names) == 0 {
			if err := w.pop(); err != nil {
				return false, err
			}
			continue
		}
		name := top.names[0]
		top.names = top.names[1:]
		if err := w.one(top, name); err != nil {
			return false, err
		}
	}
	return len(w.stack) == 0, nil
}

func (w *walker) one(top *walkLevel, name string) error {
	n := node{dirFD: top.fd, name: name, rel: join(top.rel, name)}
	err := unix.Fstatat(top.fd, name, &n.st, unix.AT_SYMLINK_NOFOLLOW)
	switch {
	case errors.Is(err, unix.ENOENT):
		return nil // vanished since
	case err != nil && w.denied != nil:
		return w.denied(n.rel, err)
	case err != nil:
		return passOver(n.rel, err)
	}
	var after []string
	seen := len(top.after) > 0 && top.after[0] == name
	if seen {
		after = top.after[1:]
	} else if err := w.visit(&n); errors.Is(err, errPending) {
		return errors.Join(w.into(top, &n, after), err)
	} else if err != nil {
		return err
	}
	return w.into(top, &n, after)
}

// into enters n where it is a folder that is to be entered.
func (w *walker) into(top *walkLevel, n *node, after []string) error {
	if !n.isDir() || w.enter != nil && !w.enter(n) {
		return nil
	}
	fd, err := retry(func() (int, error) {
		return unix.Openat(top.fd, n.name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	})
	if err == nil && onKernelSystem(fd) {
		_ = unix.Close(fd)
		return nil // the kernel's own trees have no end worth seeing
	}
	if err == nil {
		err = w.push(fd, n.name, n.rel, after)
	}
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR) {
		return nil // vanished since
	}
	if err != nil && w.denied != nil {
		return w.denied(n.rel, err)
	}
	return passOver(n.rel, err)
}

// passOver is the denied of those who look at what they may look at.
func passOver(_ string, err error) error {
	if errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM) {
		return nil
	}
	return err
}

func (w *walker) pop() error {
	last := len(w.stack) - 1
	top := w.stack[last]
	if last > 0 && w.stack[last-1].fd < 0 {
		parent := &level{dev: w.stack[last-1].dev, ino: w.stack[last-1].ino}
		if err := parent.enterAgain(top.fd); err != nil {
			return err
		}
		w.stack[last-1].fd = parent.fd
	}
	w.stack = w.stack[:last]
	closeFD(top.fd)
	if w.leave != nil && last > 0 {
		return w.leave(w.stack[last-1].fd, top.name, top.rel)
	}
	return nil
}

func (w *walker) close() {
	for _, l := range w.stack {
		closeFD(l.fd)
	}
	w.stack = nil
}

func parentOf(rel string) string {
	if i := strings.LastIndexByte(rel, '/'); i >= 0 {
		return rel[:i]
	}
	return ""
}

func join(dir, name string) string {
	if dir == "" {
		return name
	}
	return dir + "/" + name
}

// components of a path below a root; "" is none.
func components(rel string) []string {
	if rel == "" {
		return nil
	}
	return strings.Split(rel, "/")
}
