package files

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

// Entry is what is told of a file, a folder, a link.
type Entry struct {
	Name         string `json:"name"`
	NameBase64   string `json:"name_base64,omitempty"`
	Path         string `json:"path,omitempty"` // below what was asked for, where that is a tree
	PathBase64   string `json:"path_base64,omitempty"`
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
	ETag         string `json:"etag,omitempty"` // of a regular file
}

// describer makes entries; it knows the names of users and groups.
type describer struct{ owners, groups map[uint32]string }

func (s *Service) describer() *describer {
	owners, groups := s.users.Names()
	return &describer{owners, groups}
}

// entry describes name in dirFD; where name is a link, dirFD and name tell its target.
func (d *describer) entry(dirFD int, name string, st *unix.Stat_t) Entry {
	e := Entry{
		Type: typeOf(st.Mode), Size: st.Size, Mode: st.Mode & 0o7777, Nlink: uint64(st.Nlink), UID: st.Uid, GID: st.Gid,
		Owner: nameOf(d.owners, st.Uid), Group: nameOf(d.groups, st.Gid), Mtime: millis(st.Mtim),
	}
	e.Name, e.NameBase64 = printable(name)
	if e.Type == "symlink" {
		if target, err := readlinkAt(dirFD, name); err == nil {
			e.Target, e.TargetBase64 = printable(target)
		}
	}
	return e
}

// etagOf names one state of a file: it changes with every write and every replacement.
func etagOf(st *unix.Stat_t) string {
	return fmt.Sprintf("%x-%x-%x-%x", st.Ino, st.Size, st.Mtim.Nano(), st.Ctim.Nano())
}

func readlinkAt(dirFD int, name string) (string, error) {
	buf := make([]byte, unix.PathMax)
	n, err := unix.Readlinkat(dirFD, name, buf)
	if err != nil {
		return "", err
	}
	return string(buf[:n]), nil
}

// printable gives a name as text, and its exact bytes too when they are no text.
func printable(name string) (text, exact string) {
	if utf8.ValidString(name) {
		return name, ""
	}
	return strings.ToValidUTF8(name, "\uFFFD"), base64.StdEncoding.EncodeToString([]byte(name))
}

// maxName is past any account's name; in the sandbox's own files any nonsense may stand.
const maxName = 256

func nameOf(names map[uint32]string, id uint32) string {
	if name, ok := names[id]; ok {
		name = name[:min(len(name), maxName)]
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

// line is a value as one line of JSON. It is only called with what can be encoded.
func line(v any) []byte {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v)
	return []byte(b.String())
}
