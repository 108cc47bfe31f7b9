package files

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/sys/unix"

	"atoll/agent/internal/fsid"
)

// Entry is one line of a listing.
type Entry struct {
	Name         string `json:"name"`
	NameBase64   string `json:"name_base64,omitempty"`
	Type         string `json:"type"`
	Size         int64  `json:"size"`
	Mode         uint32 `json:"mode"`
	Nlink        uint64 `json:"nlink"`
	UID          uint32 `json:"uid"`
	GID          uint32 `json:"gid"`
	Owner        string `json:"owner"`
	Group        string `json:"group"`
	Mtime        int64  `json:"mtime"`
	Target       string `json:"target,omitempty"`
	TargetBase64 string `json:"target_base64,omitempty"`
}

// Listing is an opened folder with its names, sorted by their bytes.
type Listing struct {
	service        *Service
	cred           fsid.Cred
	path           string
	fd             int
	names          []string
	owners, groups map[uint32]string
}

// listBatch entries are looked at in one visit to the user's thread.
const listBatch = 256

// List opens a folder as user and reads its names; entries come with SendTo.
func (s *Service) List(path, user string) (*Listing, error) {
	if err := check(path); err != nil {
		return nil, err
	}
	cred, err := s.who(user)
	if err != nil {
		return nil, err
	}
	l := &Listing{service: s, cred: cred, path: path, fd: -1}
	err = s.as(cred, path, func() (err error) {
		if l.fd, err = unix.Open(path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0); err != nil {
			return err
		}
		return l.readNames()
	})
	if err != nil {
		l.Close()
		return nil, err
	}
	slices.Sort(l.names)
	l.owners, l.groups = s.users.Names()
	return l, nil
}

func (l *Listing) readNames() error {
	buf := make([]byte, 64<<10)
	for {
		n, err := unix.ReadDirent(l.fd, buf)
		if err != nil || n <= 0 {
			return err
		}
		_, _, l.names = unix.ParseDirent(buf[:n], -1, l.names)
	}
}

// SendTo writes one JSON object a line. What vanished since is left out.
func (l *Listing) SendTo(w io.Writer) error {
	var lines []byte
	for len(l.names) > 0 {
		batch := l.names[:min(listBatch, len(l.names))]
		l.names = l.names[len(batch):]
		lines = lines[:0]
		err := l.service.as(l.cred, l.path, func() error {
			for _, name := range batch {
				if e, ok := l.entry(name); ok {
					raw, err := marshal(e)
					if err != nil {
						return err
					}
					lines = append(lines, raw...)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		if _, err := w.Write(lines); err != nil {
			return err
		}
	}
	return nil
}

// Close gives the folder back.
func (l *Listing) Close() { closeFD(l.fd) }

func (l *Listing) entry(name string) (Entry, bool) {
	var st unix.Stat_t
	if unix.Fstatat(l.fd, name, &st, unix.AT_SYMLINK_NOFOLLOW) != nil {
		return Entry{}, false
	}
	e := Entry{
		Type: typeOf(st.Mode), Size: st.Size, Mode: st.Mode & 0o7777, Nlink: uint64(st.Nlink), UID: st.Uid, GID: st.Gid,
		Owner: nameOf(l.owners, st.Uid), Group: nameOf(l.groups, st.Gid), Mtime: st.Mtim.Nano() / 1e6,
	}
	e.Name, e.NameBase64 = printable(name)
	if e.Type == "symlink" {
		buf := make([]byte, unix.PathMax)
		if n, err := unix.Readlinkat(l.fd, name, buf); err == nil {
			e.Target, e.TargetBase64 = printable(string(buf[:n]))
		}
	}
	return e, true
}

// printable gives a name as text, and its exact bytes too when they are no text.
func printable(name string) (text, exact string) {
	if utf8.ValidString(name) {
		return name, ""
	}
	return strings.ToValidUTF8(name, "\uFFFD"), base64.StdEncoding.EncodeToString([]byte(name))
}

func nameOf(names map[uint32]string, id uint32) string {
	if name, ok := names[id]; ok {
		return strings.ToValidUTF8(name, "\uFFFD")
	}
	return strconv.FormatUint(uint64(id), 10)
}

func typeOf(mode uint32) string {
	switch mode & unix.S_IFMT {
	case unix.S_IFDIR:
		return "directory"
	case unix.S_IFLNK:
		return "symlink"
	case unix.S_IFIFO:
		return "fifo"
	case unix.S_IFSOCK:
		return "socket"
	case unix.S_IFCHR:
		return "char"
	case unix.S_IFBLK:
		return "block"
	}
	return "file"
}

func marshal(e Entry) ([]byte, error) {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(e)
	return []byte(b.String()), err
}
