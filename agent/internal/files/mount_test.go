package files

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// apart runs fn in a name space of mounts of its own: that of one locked thread, which ends with it. Root's file calls run on
// the caller's thread, so they see it.
func apart(t *testing.T, fn func() error) {
	t.Helper()
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread goes with its name space
		done <- func() error {
			if err := unix.Unshare(unix.CLONE_NEWNS | unix.CLONE_FS); err != nil {
				return fmt.Errorf("skip: %w", err)
			}
			if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
				return fmt.Errorf("skip: %w", err)
			}
			return fn()
		}()
	}()
	if err := <-done; err != nil {
		if strings.HasPrefix(err.Error(), "skip") {
			t.Skip(err)
		}
		t.Fatal(err)
	}
}

// A file that is a mount (/etc/hosts in a container) cannot be renamed onto.
func TestMountIsWrittenInPlace(t *testing.T) {
	b := setUp(t)
	b.mustPut(b.dir+"/source", "", "a longer old content")
	b.mustPut(b.dir+"/hosts", "", "covered")
	apart(t, func() error {
		if err := unix.Mount(b.dir+"/source", b.dir+"/hosts", "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("skip: %w", err)
		}
		if w, err := b.put(b.dir+"/hosts", "", "new"); err != nil || w.Created {
			return fmt.Errorf("%+v %w", w, err)
		}
		if err := b.remove(b.dir+"/hosts", ""); kind(err) != "busy" {
			return fmt.Errorf("removing a mount: %v", err)
		}
		if err := unix.Mount("none", b.dir, "tmpfs", unix.MS_RDONLY, ""); err != nil {
			return fmt.Errorf("skip: %w", err)
		}
		if _, err := b.put(b.dir+"/x", "", "x"); kind(err) != "read_only" {
			return fmt.Errorf("read-only: %v", err)
		}
		return nil
	})
	if got, _ := os.ReadFile(b.dir + "/source"); string(got) != "new" {
		t.Errorf("%q", got)
	}
	if got, _ := os.ReadFile(b.dir + "/hosts"); string(got) != "covered" {
		t.Errorf("%q", got)
	}
	b.noDebris()
}

func TestFolderThatCannotBeWritten(t *testing.T) {
	b := setUp(t)
	path := b.dir + "/sub/file"
	b.mustPut(path, "", "old")
	os.Chmod(path, 0o666)
	for _, content := range []string{"x", strings.Repeat("long", 100000), ""} {
		if w, err := b.put(path, someone, content); err != nil || w.Created || w.Size != int64(len(content)) {
			t.Fatalf("%+v %v", w, err)
		}
		if got, err := b.get(path, someone); err != nil || got != content {
			t.Errorf("%d bytes %v", len(got), err)
		}
	}
	_, err := b.put(b.dir+"/sub/new", someone, "x")
	b.want("new", err, "permission")
	// A sticky folder lets one write another's file, but not rename onto it.
	os.Chmod(b.dir+"/sub", 0o1777)
	if _, err := b.put(path, someone, "sticky"); err != nil {
		t.Fatal(err)
	}
	if got, _ := b.get(path, ""); got != "sticky" {
		t.Errorf("%q", got)
	}
	b.noDebris()
}

func TestDiskFull(t *testing.T) {
	b := setUp(t)
	if err := unix.Mount("none", b.dir, "tmpfs", 0, "size=256k,mode=0777"); err != nil {
		t.Skip(err)
	}
	defer unix.Unmount(b.dir, unix.MNT_DETACH)
	b.mustPut(b.dir+"/f", someone, "old")
	for _, size := range []int{300 << 10, 60 << 10} {
		for range 6 { // small ones fill it up too
			_, err := b.put(b.dir+"/f", someone, strings.Repeat("x", size))
			if err != nil {
				b.want("full", err, "no_space")
			}
		}
		if got, err := b.get(b.dir+"/f", someone); err != nil || len(got) != 3 && len(got) != size {
			t.Errorf("%d bytes %v", len(got), err)
		}
	}
	b.noDebris()
}
