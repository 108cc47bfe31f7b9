package files

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/sys/unix"

	"atoll/agent/internal/fsid"
	"atoll/agent/internal/users"
)

const someone = "4711:4712" // a user without an entry

type bench struct {
	*Service
	t   *testing.T
	dir string // writable by all
}

func setUp(t *testing.T) *bench {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: it acts as other users")
	}
	unix.Umask(0o022)
	dir, err := os.MkdirTemp("/tmp", "atoll-files-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	spool := filepath.Join(dir, "spool")
	work := filepath.Join(dir, "work")
	os.Chmod(dir, 0o755)
	os.Mkdir(spool, 0o700)
	os.Mkdir(work, 0o777)
	os.Chmod(work, 0o777)
	s := New(fsid.New(2, 4), users.New("/etc/passwd", "/etc/group"), OpenJournal(spool), spool)
	return &bench{s, t, work}
}

func (b *bench) put(path, user, content string) (Written, error) {
	return b.Write(context.Background(), path, user, strings.NewReader(content), WriteOptions{})
}

func (b *bench) mustPut(path, user, content string) Written {
	b.t.Helper()
	w, err := b.put(path, user, content)
	if err != nil {
		b.t.Fatal(err)
	}
	return w
}

func (b *bench) get(path, user string) (string, error) {
	c, err := b.Open(path, user, ReadOptions{})
	if err != nil {
		return "", err
	}
	defer c.Close()
	var out bytes.Buffer
	err = c.CopyTo(&out)
	if err == nil && c.Size >= 0 && int64(out.Len()) != c.Size {
		b.t.Errorf("%q: size %d, read %d", path, c.Size, out.Len())
	}
	return out.String(), err
}

func (b *bench) remove(path, user string) error { return b.Remove(context.Background(), path, user) }

func (b *bench) noDebris() {
	b.t.Helper()
	_ = filepath.Walk(filepath.Dir(b.dir), func(path string, _ os.FileInfo, _ error) error {
		if strings.Contains(path, TempPrefix) {
			b.t.Errorf("left over: %s", path)
		}
		return nil
	})
}

func kind(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	if err != nil {
		return "?" + err.Error()
	}
	return ""
}

func (b *bench) want(what string, err error, k string) {
	b.t.Helper()
	if kind(err) != k {
		b.t.Errorf("%.80s: %v, want %q", what, err, k)
	}
}

func TestOddNames(t *testing.T) {
	b := setUp(t)
	names := []string{
		"a b", `'"`, "$(touch x)", "`id`", "new\nline", "tab\t", "-rf", "*", "\\", "ü", "u\u0308", "日本", strings.Repeat("x", 255),
		"\xff\xfe\x01", "%41", "a+b", ".hidden", "...",
	}
	for _, name := range names {
		path := b.dir + "/" + name
		if w := b.mustPut(path, someone, name); !w.Created || w.Size != int64(len(name)) {
			t.Errorf("%q: %+v", name, w)
		}
		if got, err := b.get(path, someone); err != nil || got != name {
			t.Errorf("%q: %q %v", name, got, err)
		}
	}
	l, err := b.List(b.dir, someone, ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var out bytes.Buffer
	if err := l.SendTo(context.Background(), &out); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out.String(), "\n"); n != len(names)+1 {
		t.Errorf("%d lines for %d names:\n%s", n, len(names), out.String())
	}
	if !strings.Contains(out.String(), `"name_base64":"//4B"`) {
		t.Error("a name that is no text has no name_base64")
	}
	for _, name := range names {
		if err := b.remove(b.dir+"/"+name, someone); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	if left, _ := os.ReadDir(b.dir); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

func TestOwnerAndMode(t *testing.T) {
	b := setUp(t)
	path := b.dir + "/x/y/file"
	b.mustPut(path, someone, "1")
	check := func(p string, uid, gid, mode uint32) {
		t.Helper()
		var st unix.Stat_t
		if err := unix.Stat(p, &st); err != nil || st.Uid != uid || st.Gid != gid || st.Mode&0o7777 != mode {
			t.Errorf("%s: %d:%d %o %v, want %d:%d %o", p, st.Uid, st.Gid, st.Mode&0o7777, err, uid, gid, mode)
		}
	}
	check(path, 4711, 4712, 0o644)
	check(b.dir+"/x/y", 4711, 4712, 0o755)
	check(b.dir+"/x", 4711, 4712, 0o755)
	os.Chmod(path, 0o751)
	if w := b.mustPut(path, someone, "2"); w.Created {
		t.Error("it was there")
	}
	check(path, 4711, 4712, 0o751)
	b.mustPut(path, "", strings.Repeat("root writes", 50000)) // root's write changes no owner
	check(path, 4711, 4712, 0o751)
	os.Chmod(path, 0o666)
	os.Chown(path, 0, 0)
	os.Chmod(b.dir+"/x/y", 0o777)
	b.mustPut(path, someone, "3") // another's file that may be written
	check(path, 0, 0, 0o666)
	unix.Chmod(path, 0o4766)
	b.mustPut(path, someone, "4") // as a write in place would
	check(path, 0, 0, 0o766)
	b.noDebris()
}

func TestLinks(t *testing.T) {
	b := setUp(t)
	os.Mkdir(b.dir+"/real", 0o777)
	os.Chmod(b.dir+"/real", 0o777)
	b.mustPut(b.dir+"/real/file", "", "old")
	os.Symlink("real/file", b.dir+"/relative")
	os.Symlink(b.dir+"/relative", b.dir+"/twice")
	os.Symlink("real/fresh", b.dir+"/dangling")
	os.Symlink("loop", b.dir+"/loop")
	os.Symlink("real", b.dir+"/folder")
	b.mustPut(b.dir+"/twice", "", "new")
	if got, _ := os.ReadFile(b.dir + "/real/file"); string(got) != "new" {
		t.Errorf("the link was not followed: %q", got)
	}
	if target, err := os.Readlink(b.dir + "/twice"); err != nil || target != b.dir+"/relative" {
		t.Error("the link was replaced")
	}
	if w := b.mustPut(b.dir+"/dangling", "", "x"); !w.Created {
		t.Error("a dangling link's target is created")
	}
	_, err := b.put(b.dir+"/loop", "", "x")
	b.want("put loop", err, "loop")
	_, err = b.get(b.dir+"/loop", "")
	b.want("get loop", err, "loop")
	b.want("rm link", b.remove(b.dir+"/folder/", ""), "")
	if _, err := os.Stat(b.dir + "/real/file"); err != nil {
		t.Error("removing a link removed what it points to")
	}
}

func TestBodyThatBreaksOff(t *testing.T) {
	b := setUp(t)
	path := b.dir + "/file"
	b.mustPut(path, someone, "old")
	for _, size := range []int{0, 10, smallRead - 1, smallRead, smallRead + 1, 3 * Chunk} {
		body := io.MultiReader(bytes.NewReader(make([]byte, size)), iotest.ErrReader(io.ErrUnexpectedEOF))
		if _, err := b.Write(context.Background(), path, someone, body, WriteOptions{}); err == nil {
			t.Errorf("%d: no error", size)
		}
		_, err := b.Write(context.Background(), b.dir+"/fresh", someone, io.MultiReader(bytes.NewReader(make([]byte, size)), iotest.ErrReader(io.ErrClosedPipe)), WriteOptions{})
		if _, there := os.Stat(b.dir + "/fresh"); err == nil || there == nil {
			t.Errorf("%d: %v, and the new file is there", size, err)
		}
	}
	if got, _ := b.get(path, someone); got != "old" {
		t.Errorf("the old content is gone: %.20q", got)
	}
	b.noDebris()
}

func TestSizesAroundTheChunks(t *testing.T) {
	b := setUp(t)
	for _, size := range []int{0, 1, smallRead - 1, smallRead, smallRead + 1, Chunk, Chunk + 1, smallRead + Chunk, 2<<20 + 7} {
		content := strings.Repeat("0123456789abcdef!", size/17+1)[:size]
		if w := b.mustPut(b.dir+"/f", someone, content); w.Size != int64(size) {
			t.Errorf("%d: wrote %d", size, w.Size)
		}
		if got, err := b.get(b.dir+"/f", someone); err != nil || got != content {
			t.Errorf("%d: read %d %v", size, len(got), err)
		}
	}
	b.noDebris()
}
