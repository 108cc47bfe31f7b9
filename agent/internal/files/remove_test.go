package files

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestRemove(t *testing.T) {
	b := setUp(t)
	outside := filepath.Dir(b.dir) + "/outside"
	os.WriteFile(outside, []byte("x"), 0o644)
	os.MkdirAll(b.dir+"/tree/empty", 0o755)
	for i := range 1200 {
		os.WriteFile(fmt.Sprintf("%s/tree/f%d", b.dir, i), nil, 0o644)
	}
	for i := range 100 {
		os.MkdirAll(fmt.Sprintf("%s/tree/d%d/e", b.dir, i), 0o755)
		os.Symlink(filepath.Dir(outside), fmt.Sprintf("%s/tree/d%d/e/link", b.dir, i))
	}
	b.want("tree", b.remove(b.dir+"/tree", ""), "")
	if _, err := os.Lstat(b.dir + "/tree"); !os.IsNotExist(err) {
		t.Error("the tree is there")
	}
	if _, err := os.Stat(outside); err != nil {
		t.Error("a link was followed")
	}
	b.want("again", b.remove(b.dir+"/tree", ""), "not_found")
	for _, path := range []string{"/", "//", "/.", "/..", "/tmp/..", b.dir + "/."} {
		b.want(path, b.remove(path, ""), "invalid")
	}
	os.Mkdir(b.dir+"/foreign", 0o755)
	b.mustPut(b.dir+"/foreign/x", "", "x")
	b.want("foreign", b.remove(b.dir+"/foreign", someone), "permission")
	b.want("proc", b.remove("/proc/1/status", ""), "permission")
}

// Deeper than the levels whose descriptors are kept, and than any path can be named.
func TestRemoveDeep(t *testing.T) {
	b := setUp(t)
	fd, err := unix.Open(b.dir, unix.O_PATH, 0)
	if err != nil {
		t.Fatal(err)
	}
	for range 700 {
		unix.Mkdirat(fd, "deep", 0o755)
		unix.Mkdirat(fd, "side", 0o755)
		next, err := unix.Openat(fd, "deep", unix.O_PATH, 0)
		unix.Close(fd)
		if err != nil {
			t.Fatal(err)
		}
		fd = next
	}
	unix.Close(fd)
	b.want("deep", b.remove(b.dir+"/deep", ""), "")
	b.want("side", b.remove(b.dir+"/side", ""), "")
	if left, _ := os.ReadDir(b.dir); len(left) != 0 {
		t.Error(left)
	}
}

func TestList(t *testing.T) {
	b := setUp(t)
	for i := range 1000 {
		os.WriteFile(fmt.Sprintf("%s/n%04d", b.dir, 999-i), []byte("x"), 0o640)
	}
	os.Symlink("n0001", b.dir+"/link")
	unix.Mkfifo(b.dir+"/zfifo", 0o600)
	os.Mkdir(b.dir+"/Dir", 0o700)
	unix.Chmod(b.dir+"/Dir", 0o3755)
	l, err := b.List(b.dir, someone, ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var out bytes.Buffer
	if err := l.SendTo(context.Background(), &out); err != nil {
		t.Fatal(err)
	}
	var entries []Entry
	for line := range strings.Lines(out.String()) {
		var e Entry
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		if e.Type == "" {
			continue // the last line
		}
		if n := len(entries); n > 0 && entries[n-1].Name >= e.Name {
			t.Fatalf("%q after %q", e.Name, entries[n-1].Name)
		}
		entries = append(entries, e)
	}
	if len(entries) != 1003 || entries[0].Type != "directory" || entries[0].Mode != 0o3755 {
		t.Fatalf("%d entries, first %+v", len(entries), entries[0])
	}
	if e := entries[1]; e.Type != "symlink" || e.Target != "n0001" || e.Owner != "root" {
		t.Errorf("%+v", e)
	}
	if e := entries[1002]; e.Type != "fifo" {
		t.Errorf("%+v", e)
	}
	_, err = b.List(b.dir+"/n0001", "", ListOptions{})
	b.want("a file", err, "not_directory")
	_, err = b.List(b.dir+"/nope", "", ListOptions{})
	b.want("nothing", err, "not_found")
}

func TestJournalSweeps(t *testing.T) {
	dir := t.TempDir()
	j := OpenJournal(dir)
	left, kept, foreign := dir+"/"+tempName(), dir+"/"+tempName(), dir+"/important"
	for _, p := range []string{left, kept, foreign} {
		os.WriteFile(p, nil, 0o600)
	}
	j.Note(left)
	j.Note(foreign) // somebody inside forged the journal
	j.Note(kept)()
	OpenJournal(dir)
	if _, err := os.Stat(left); err == nil {
		t.Error("a killed agent's file is still there")
	}
	for _, p := range []string{kept, foreign} {
		if _, err := os.Stat(p); err != nil {
			t.Error("too much was swept")
		}
	}
}
