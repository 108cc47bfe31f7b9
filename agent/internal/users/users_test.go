package users

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"syscall"
	"testing"
)

const passwd = `root:x:0:0:root:/root:/bin/sh
# a comment
broken
app:x:1000:1000::/home/app:/bin/sh
1001:x:2001:2001::/home/number:/bin/sh
nohome:x:1002:1002:::
huge:x:4294967295:0::/:
second:x:1000:5:::
`

const group = `root:x:0:
app:x:1000:
wheel:x:10:root,app
docker:x:999:app
again:x:999:app
other:x:5:nobody
`

func db(t *testing.T) (*DB, string) {
	dir := t.TempDir()
	p, g := filepath.Join(dir, "passwd"), filepath.Join(dir, "group")
	os.WriteFile(p, []byte(passwd), 0o644)
	os.WriteFile(g, []byte(group), 0o644)
	return New(p, g), dir
}

func TestLookup(t *testing.T) {
	d, _ := db(t)
	for spec, want := range map[string]User{
		"":          {0, 0, []uint32{0, 10}, "root", "/root"},
		"root":      {0, 0, []uint32{0, 10}, "root", "/root"},
		"app":       {1000, 1000, []uint32{1000, 10, 999}, "app", "/home/app"},
		"1000":      {1000, 1000, []uint32{1000, 10, 999}, "app", "/home/app"},
		"1001":      {2001, 2001, []uint32{2001}, "1001", "/home/number"},
		"nohome":    {1002, 1002, []uint32{1002}, "nohome", "/"},
		"4242":      {4242, 0, []uint32{0}, "4242", "/"},
		"4242:77":   {4242, 77, []uint32{77}, "4242", "/"},
		"app:wheel": {1000, 10, []uint32{10}, "app", "/home/app"},
		"app:55":    {1000, 55, []uint32{55}, "app", "/home/app"},
		"0:0":       {0, 0, []uint32{0}, "root", "/root"},
	} {
		if got, err := d.Lookup(spec); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %+v %v, want %+v", spec, got, err, want)
		}
	}
	for _, spec := range []string{"nobody", "app:nogroup", "-1", "+5", "4294967295", "2147483648", "app:", "a\x00b", "huge", "#", "99999999999999999999"} {
		if got, err := d.Lookup(spec); !errors.Is(err, ErrUnknown) {
			t.Errorf("%q: %+v %v, want ErrUnknown", spec, got, err)
		}
	}
}

func TestNoFiles(t *testing.T) {
	d := New("/nonexistent/passwd", "/nonexistent/group")
	if u, err := d.Lookup(""); err != nil || u.UID != 0 || u.Home != "/" || u.Name != "root" {
		t.Fatalf("%+v %v", u, err)
	}
	if _, err := d.Lookup("app"); !errors.Is(err, ErrUnknown) {
		t.Fatal(err)
	}
}

func TestChangeIsSeen(t *testing.T) {
	d, dir := db(t)
	d.Lookup("app")
	os.WriteFile(filepath.Join(dir, "passwd"), []byte("neu:x:7:7::/n:\n"), 0o644)
	if u, err := d.Lookup("neu"); err != nil || u.UID != 7 {
		t.Fatalf("%+v %v", u, err)
	}
}

func TestFIFOAsPasswdDoesNotHang(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	if _, err := New(path, path).Lookup("app"); !errors.Is(err, ErrUnknown) {
		t.Fatal(err)
	}
}

func TestNames(t *testing.T) {
	d, _ := db(t)
	owners, groups := d.Names()
	if owners[1000] != "app" || groups[999] != "docker" || owners[3] != "" {
		t.Fatal(owners, groups)
	}
}
