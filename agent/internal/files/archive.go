package files

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"atoll/agent/internal/fsid"
)

// Archive is an opened folder that is sent as tar: folders, regular files and links, as the acting user can read them.
type Archive struct {
	service *Service
	cred    fsid.Cred
	path    string
	walker  *walker
	tar     *tar.Writer
	names   *describer
	next    *archiveEntry
}

// archiveEntry waits to be written, outside of the user's thread: who reads may be slow.
type archiveEntry struct {
	header *tar.Header
	fd     int // -1 where there is no content
}

// Archive opens the folder at path as user. What cannot be read ends the archive with an error.
func (s *Service) Archive(path, user string) (*Archive, error) {
	if err := check(path); err != nil {
		return nil, err
	}
	cred, err := s.who(user)
	if err != nil {
		return nil, err
	}
	a := &Archive{service: s, cred: cred, path: path, names: s.describer()}
	a.walker = &walker{visit: a.visit, denied: func(rel string, err error) error { return wrap(join(path, rel), err) }}
	err = s.as(cred, path, func() error {
		if underKernel(path) {
			return refuse("invalid", path, "the kernel's own trees are not archived")
		}
		return a.walker.begin(path)
	})
	if err != nil {
		a.Close()
		return nil, err
	}
	return a, nil
}

// SendTo writes the archive, compressed on demand.
func (a *Archive) SendTo(ctx context.Context, w io.Writer, compress bool) error {
	out := bufio.NewWriterSize(w, Chunk)
	last := func() error { return nil }
	a.tar = tar.NewWriter(out)
	if compress {
		zip, _ := gzip.NewWriterLevel(out, gzip.BestSpeed)
		a.tar, last = tar.NewWriter(zip), zip.Close
	}
	for done := false; !done; {
		err := a.service.as(a.cred, a.path, func() (err error) {
			if done, err = a.walker.step(batch); err != nil && a.next != nil && onlyPending(err) {
				return nil
			}
			return err
		})
		if err == nil && stopped(ctx) {
			err = unix.ECANCELED
		}
		if err == nil {
			err = a.write()
		}
		if err != nil {
			return err
		}
	}
	return errors.Join(a.tar.Close(), last(), out.Flush())
}

func (a *Archive) visit(n *node) error {
	h := &tar.Header{
		Name: n.rel, Mode: int64(n.st.Mode & 0o7777), Uid: int(n.st.Uid), Gid: int(n.st.Gid), Format: tar.FormatPAX,
		Uname: nameOf(a.names.owners, n.st.Uid), Gname: nameOf(a.names.groups, n.st.Gid), ModTime: time.Unix(n.st.Mtim.Unix()),
	}
	switch n.st.Mode & unix.S_IFMT {
	case unix.S_IFDIR:
		h.Typeflag, h.Name = tar.TypeDir, n.rel+"/"
	case unix.S_IFLNK:
		target, err := readlinkAt(n.dirFD, n.name)
		if err != nil {
			return wrap(join(a.path, n.rel), err)
		}
		h.Typeflag, h.Linkname = tar.TypeSymlink, target
	case unix.S_IFREG:
		fd, err := unix.Openat(n.dirFD, n.name, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
		if errors.Is(err, unix.ENOENT) {
			return nil // vanished since
		}
		if err != nil {
			return wrap(join(a.path, n.rel), err)
		}
		a.next = &archiveEntry{header: h, fd: fd}
		if err := unix.Fstat(fd, &n.st); err != nil {
			return err
		}
		h.Typeflag, h.Size = tar.TypeReg, n.st.Size
		return errPending
	default:
		return nil // a device, a FIFO, a socket: nothing that is kept
	}
	a.next = &archiveEntry{header: h, fd: -1}
	return errPending
}

// write sends the entry that waits. A content must be as long as its header says.
func (a *Archive) write() error {
	e := a.next
	if e == nil {
		return nil
	}
	a.next = nil
	defer closeFD(e.fd)
	if err := a.tar.WriteHeader(e.header); err != nil || e.fd < 0 {
		return err
	}
	return a.service.send(a.tar, e.fd, e.header.Size)
}

// onlyPending tells whether nothing else is wrong: a folder is entered along with what waits.
func onlyPending(err error) bool {
	joined, ok := err.(interface{ Unwrap() []error })
	return err == errPending || ok && len(joined.Unwrap()) == 1
}

// Close gives the folder back.
func (a *Archive) Close() {
	a.walker.close()
	if a.next != nil {
		closeFD(a.next.fd)
	}
}

// safeName takes a name of an archive apart, or refuses one that leads out of where it is unpacked. "" is the folder itself.
func safeName(name string) (string, error) {
	if strings.HasPrefix(name, "/") {
		return "", refuse("invalid", name, "is an absolute name; nothing is unpacked")
	}
	var parts []string
	for _, part := range strings.Split(name, "/") {
		switch part {
		case "", ".":
		case "..":
			return "", refuse("invalid", name, "leads out of the archive; nothing is unpacked")
		default:
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, "/"), nil
}

// leadsOut tells whether a link of this name points out of the archive, by its names alone.
func leadsOut(name, target string) bool {
	if strings.HasPrefix(target, "/") {
		return true
	}
	depth := strings.Count(name, "/")
	for _, part := range strings.Split(target, "/") {
		switch part {
		case "", ".":
		case "..":
			if depth--; depth < 0 {
				return true
			}
		default:
			depth++
		}
	}
	return false
}
