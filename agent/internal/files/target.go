package files

import (
	"errors"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"atoll/agent/internal/umask"
)

// target is where a write goes: the folder that really holds the file (links followed), opened, and the name in it.
type target struct {
	dir    string
	dirFD  int
	base   string
	exists bool
	stat   unix.Stat_t // of the existing file
	made   []string    // folders that were made on the way here, outermost first
}

const maxLinks = 40

// locate follows path to the file that it means, makes missing parents, and checks that a write may go there.
// It runs as the acting user, so that parents belong to that user and the kernel judges every step.
func locate(path string) (_ *target, err error) {
	asked := path
	for range maxLinks {
		if underKernel(path) {
			return nil, refuse("permission", asked, "the kernel's own files are not written")
		}
		dir, base := split(path)
		if base == "" || base == "." || base == ".." {
			return nil, unix.EISDIR
		}
		t := &target{dir: dir, base: base}
		if t.dirFD, t.made, err = makeDirs(dir); err != nil {
			_ = unmake(t.made)
			return nil, err
		}
		link, err := t.inspect(asked)
		if err == nil && link == "" {
			return t, nil
		}
		_ = unmake(t.made)
		t.close()
		if err != nil {
			return nil, err
		}
		if path = link; !strings.HasPrefix(link, "/") {
			path = strings.TrimSuffix(dir, "/") + "/" + link
		}
	}
	return nil, unix.ELOOP
}

// inspect looks at what is there; link is where a symbolic link points.
func (t *target) inspect(asked string) (link string, err error) {
	if onKernelSystem(t.dirFD) {
		return "", refuse("permission", asked, "the kernel's own files are not written")
	}
	fd, err := unix.Openat(t.dirFD, t.base, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.ENOENT) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer unix.Close(fd)
	if err := unix.Fstat(fd, &t.stat); err != nil {
		return "", err
	}
	if t.stat.Mode&unix.S_IFMT == unix.S_IFLNK {
		buf := make([]byte, unix.PathMax)
		n, err := unix.Readlinkat(fd, "", buf)
		if err != nil || n == 0 {
			return "", errors.Join(err, unix.ENOENT)
		}
		return string(buf[:n]), nil
	}
	if err := wantRegular(asked, &t.stat); err != nil {
		return "", err
	}
	if onKernelSystem(fd) {
		return "", refuse("permission", asked, "the kernel's own files are not written")
	}
	t.exists = true
	return "", t.writable(fd)
}

// writable asks whether the acting user may write the existing file: a rename alone would not ask that.
func (t *target) writable(fd int) error {
	err := unix.Faccessat2(fd, "", unix.W_OK, unix.AT_EMPTY_PATH|unix.AT_EACCESS)
	if !unsupported(err) {
		return err
	}
	// Older kernels: an open for writing asks the same, and changes nothing.
	w, err := unix.Openat(t.dirFD, t.base, unix.O_WRONLY|unix.O_NONBLOCK|unix.O_NOFOLLOW|unix.O_CLOEXEC|unix.O_NOCTTY, 0)
	if err == nil {
		_ = unix.Close(w)
	}
	if errors.Is(err, unix.ETXTBSY) {
		return nil // a running program can be replaced
	}
	return err
}

func (t *target) close() { closeFD(t.dirFD) }

// unmake takes back the folders that were made for a write that came to nothing, unless others use them by now.
func unmake(dirs []string) error {
	for _, dir := range slices.Backward(dirs) {
		if err := unix.Rmdir(dir); err != nil {
			return err
		}
	}
	return nil
}

// openDir opens a folder, and makes it with its parents where it is missing.
func openDir(dir string) (int, error) {
	fd, _, err := makeDirs(dir)
	return fd, err
}

// makeDirs says too which folders it made, outermost first; those that it could make before it failed as well.
func makeDirs(dir string) (fd int, made []string, err error) {
	const flags = unix.O_PATH | unix.O_DIRECTORY | unix.O_CLOEXEC
	fd, err = unix.Open(dir, flags, 0)
	if !errors.Is(err, unix.ENOENT) {
		return fd, nil, err
	}
	if fd, err = unix.Open("/", flags, 0); err != nil {
		return -1, nil, err
	}
	at := ""
	for _, name := range strings.Split(dir, "/") {
		if name == "" {
			continue
		}
		at += "/" + name
		next, err := unix.Openat(fd, name, flags, 0)
		if errors.Is(err, unix.ENOENT) {
			if err = umask.Mkdirat(fd, name, 0o755); err == nil {
				made = append(made, at)
			}
			if err == nil || errors.Is(err, unix.EEXIST) {
				next, err = unix.Openat(fd, name, flags, 0)
			}
		}
		_ = unix.Close(fd)
		if err != nil {
			return -1, made, err
		}
		fd = next
	}
	return fd, made, nil
}
