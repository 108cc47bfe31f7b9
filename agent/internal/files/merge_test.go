package files

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// filesOf is an archive of regular files, each of which holds what.
func filesOf(t *testing.T, what string, names ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, name := range names {
		h := &tar.Header{Name: name, Mode: 0o600, Size: int64(len(what)), ModTime: time.Unix(1e9, 0), Typeflag: tar.TypeReg}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(what)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func (b *bench) unpackInto(ctx context.Context, path, user string, archive []byte) error {
	_, err := b.Unpack(ctx, path, user, bytes.NewReader(archive), UnpackOptions{MaxBytes: 1 << 30, MaxEntries: 1000})
	return err
}

func (b *bench) holds(path, content string) error {
	if got, err := os.ReadFile(path); err != nil || string(got) != content {
		return fmt.Errorf("%s holds %.40q %v, want %q", path, got, err, content)
	}
	return nil
}

func (b *bench) make(files map[string]string) {
	b.t.Helper()
	for name, content := range files {
		b.mustPut(b.dir+"/"+name, "", content)
	}
}

func bind(from, to string) error {
	if err := unix.Mount(from, to, "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("skip: %w", err)
	}
	return nil
}

// What cannot be renamed onto is written in place, as /etc/hosts is, also where its folder is a mount itself.
func TestUnpackOntoMounts(t *testing.T) {
	b := setUp(t)
	b.make(map[string]string{"m/source": "a longer old content", "m/other": "old", "into/hosts": "covered", "into/a": "old", "v/x": "covered", "into/v/y": ""})
	apart(t, func() error {
		for _, m := range [][2]string{{"/m/source", "/into/hosts"}, {"/v", "/into/v"}, {"/m/other", "/into/v/x"}} {
			if err := bind(b.dir+m[0], b.dir+m[1]); err != nil {
				return err
			}
		}
		archive := filesOf(t, "new", "a", "hosts", "v/x", "z")
		if err := b.unpackInto(context.Background(), b.dir+"/into", "", archive); err != nil {
			return err
		}
		for _, name := range []string{"/into/a", "/into/z", "/m/source", "/m/other"} {
			if err := b.holds(b.dir+name, "new"); err != nil {
				return err
			}
		}
		if st, err := os.Stat(b.dir + "/m/source"); err != nil || st.Mode() != 0o644 || st.ModTime().Unix() != 1e9 {
			return fmt.Errorf("%v %v %v", st.Mode(), st.ModTime(), err)
		}
		link := archiveOf(t, &tar.Header{Name: "a", Typeflag: tar.TypeReg}, &tar.Header{Name: "hosts", Linkname: "a", Typeflag: tar.TypeSymlink})
		if err := b.unpackInto(context.Background(), b.dir+"/into", "", link); kind(err) != "busy" {
			return fmt.Errorf("a link in the place of a mount: %v", err)
		}
		return b.holds(b.dir+"/into/a", "new")
	})
	b.noDebris()
}

// Whether all of it can go there is known before the first of it goes.
func TestRefusedUnpackChangesNothing(t *testing.T) {
	b := setUp(t)
	b.make(map[string]string{"a": "old", "ro/b": "old", "sticky/theirs": "old", "through/mine/f": "old"})
	for name, mode := range map[string]uint32{"a": 0o666, "sticky": 0o1777, "through": 0o755, "through/mine": 0o777} {
		if err := unix.Chmod(b.dir+"/"+name, mode); err != nil {
			t.Fatal(err)
		}
	}
	b.mustPut(b.dir+"/sticky/mine", someone, "old")
	for _, refused := range []string{"ro/b", "ro/new", "sticky/theirs", "through/new"} {
		err := b.unpackInto(context.Background(), b.dir, someone, filesOf(t, "new", "a", refused))
		b.want(refused, err, "permission")
		if err := b.holds(b.dir+"/a", "old"); err != nil {
			t.Error(err)
		}
	}
	if err := b.unpackInto(context.Background(), b.dir, someone, filesOf(t, "new", "a", "sticky/mine", "through/mine/f")); err != nil {
		t.Error(err)
	}
	if err := b.holds(b.dir+"/a", "new"); err != nil {
		t.Error(err)
	}
	b.noDebris()
}

func TestUnpackOntoReadOnlySystems(t *testing.T) {
	b := setUp(t)
	b.make(map[string]string{"into/a": "old", "into/v/x": "old"})
	apart(t, func() error {
		if err := bind(b.dir+"/into/v", b.dir+"/into/v"); err != nil {
			return err
		}
		if err := unix.Mount("", b.dir+"/into/v", "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
			return fmt.Errorf("skip: %w", err)
		}
		if err := b.unpackInto(context.Background(), b.dir+"/into", "", filesOf(t, "new", "a", "v/x")); kind(err) != "read_only" {
			return fmt.Errorf("read-only: %v", err)
		}
		return b.holds(b.dir+"/into/a", "old")
	})
	b.noDebris()
}

// Of the folder itself nothing is asked where all belongs below it.
func TestUnpackBelowWhatMayNotBeWritten(t *testing.T) {
	b := setUp(t)
	b.make(map[string]string{"top/pass/a": "old", "ro/a": "old", "ro/v/a": "old"})
	if err := errors.Join(unix.Chmod(b.dir+"/top/pass", 0o711), os.Mkdir(b.dir+"/top/pass/home", 0), os.Chown(b.dir+"/top/pass/home", 4711, 4712)); err != nil {
		t.Fatal(err)
	}
	_ = os.Chmod(b.dir+"/top/pass/home", 0o700)
	if err := b.unpackInto(context.Background(), b.dir+"/top", someone, filesOf(t, "new", "pass/home/f", "pass/home/d/e/f")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"f", "d", "d/e/f"} {
		var st unix.Stat_t
		if err := unix.Stat(b.dir+"/top/pass/home/"+name, &st); err != nil || st.Uid != 4711 || st.Gid != 4712 {
			t.Errorf("%s: %d:%d %v", name, st.Uid, st.Gid, err)
		}
	}
	b.want("a part above", b.unpackInto(context.Background(), b.dir+"/top", someone, filesOf(t, "x", "pass/home/f", "pass/new")), "permission")
	if err := b.holds(b.dir+"/top/pass/home/f", "new"); err != nil {
		t.Error(err)
	}
	apart(t, func() error {
		if err := bind(b.dir+"/ro", b.dir+"/ro"); err != nil {
			return err
		}
		if err := unix.Mount("", b.dir+"/ro", "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
			return fmt.Errorf("skip: %w", err)
		}
		if err := unix.Mount("none", b.dir+"/ro/v", "tmpfs", 0, ""); err != nil {
			return fmt.Errorf("skip: %w", err)
		}
		if err := b.unpackInto(context.Background(), b.dir+"/ro", "", filesOf(t, "new", "a", "v/a")); kind(err) != "read_only" {
			return fmt.Errorf("a part above: %v", err)
		}
		if err := b.unpackInto(context.Background(), b.dir+"/ro", "", filesOf(t, "new", "v/a", "v/d/a")); err != nil {
			return err
		}
		if err := b.holds(b.dir+"/ro/v/a", "new"); err != nil {
			return err
		}
		return b.holds(b.dir+"/ro/v/d/a", "new")
	})
	b.noDebris()
}

// What is unfinished goes also when its folder is elsewhere by then, and so do folders that were made for nothing.
func TestUnpackThatBreaksOffElsewhere(t *testing.T) {
	b := setUp(t)
	archive := filesOf(t, "new", "a/b")
	moved := false
	cut := readerFunc(func(p []byte) (int, error) {
		if !moved {
			moved = true
			return copy(p, archive[:514]), nil
		}
		return 0, errors.Join(os.Rename(b.dir+"/into", b.dir+"/elsewhere"), io.ErrUnexpectedEOF)
	})
	if err := os.Mkdir(b.dir+"/into", 0o777); err != nil {
		t.Fatal(err)
	}
	b.want("cut off", b.unpack(cut, 1000, 10), "invalid")
	if left, err := os.ReadDir(b.dir + "/elsewhere"); err != nil || len(left) != 0 {
		t.Errorf("left: %v %v", left, err)
	}
	b.want("cut off", b.unpackInto(context.Background(), b.dir+"/new/er/est", someone, archive[:514]), "invalid")
	if _, err := os.Stat(b.dir + "/new"); err == nil {
		t.Error("a folder is left that was made for nothing")
	}
	b.noDebris()
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
