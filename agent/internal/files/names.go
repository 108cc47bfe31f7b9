package files

import (
	"hash/fnv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// place is a name in an opened folder: where something is made, moved or removed. The name itself is not followed.
type place struct {
	dir   string
	dirFD int
	base  string
}

func (p *place) close() { closeFD(p.dirFD) }

func (p *place) lstat() (st unix.Stat_t, err error) {
	err = unix.Fstatat(p.dirFD, p.base, &st, unix.AT_SYMLINK_NOFOLLOW)
	return st, err
}

// placeOf opens the folder of path, which must end in a name; parents: those that are missing are made. Nothing under
// the kernel's own file systems is a place. Runs as the acting user.
func placeOf(path string, parents bool) (*place, error) {
	if underKernel(path) {
		return nil, refuse("permission", path, "the kernel's own files are not changed")
	}
	trimmed := strings.TrimRight(path, "/")
	if trimmed == "" {
		return nil, refuse("invalid", path, "is the root")
	}
	dir, base := split(trimmed)
	if base == "." || base == ".." {
		return nil, refuse("invalid", path, "does not end in a name")
	}
	open := openDir
	if !parents {
		open = func(dir string) (int, error) { return unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0) }
	}
	fd, err := open(dir)
	if err != nil {
		return nil, err
	}
	if onKernelSystem(fd) {
		_ = unix.Close(fd)
		return nil, refuse("permission", path, "the kernel's own files are not changed")
	}
	return &place{dir: dir, dirFD: fd, base: base}, nil
}

// renameNew renames to a name that must be free.
func renameNew(fromFD int, from string, toFD int, to string) error {
	err := unix.Renameat2(fromFD, from, toFD, to, unix.RENAME_NOREPLACE)
	if !unsupported(err) {
		return err
	}
	var st unix.Stat_t // a file system, or a kernel, that cannot do it in one
	if unix.Fstatat(toFD, to, &st, unix.AT_SYMLINK_NOFOLLOW) == nil {
		return unix.EEXIST
	}
	return unix.Renameat(fromFD, from, toFD, to)
}

// commitLocks let one writer at a time finish with a name. Several names may share a lock.
type commitLocks [64]sync.Mutex

func (c *commitLocks) lock(t *target) (unlock func()) {
	var st unix.Stat_t
	_ = unix.Fstat(t.dirFD, &st)
	h := fnv.New32a()
	_, _ = h.Write([]byte(t.base))
	m := &c[(h.Sum32()^uint32(st.Ino))%uint32(len(c))]
	m.Lock()
	return m.Unlock
}
