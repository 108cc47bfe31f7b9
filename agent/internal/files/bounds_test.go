package files

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func kindOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return ""
}

func archiveOf(t *testing.T, headers ...*tar.Header) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, h := range headers {
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func (b *bench) unpack(body io.Reader, maxBytes, maxEntries int64) error {
	_, err := b.Unpack(context.Background(), b.dir+"/into", "0", body, UnpackOptions{MaxBytes: maxBytes, MaxEntries: maxEntries})
	return err
}

func (b *bench) isEmpty() {
	b.t.Helper()
	if left, _ := os.ReadDir(b.dir); len(left) != 0 {
		b.t.Errorf("left behind: %v", left)
	}
}

// The folders on the way to an entry cost as much as those that are named.
func TestUnpackBoundsWhatIsNotNamed(t *testing.T) {
	b := setUp(t)
	deep := &tar.Header{Name: strings.Repeat("d/", 40) + "f", Mode: 0o644, Typeflag: tar.TypeReg}
	if err := b.unpack(bytes.NewReader(archiveOf(t, deep)), 1000, 40); kindOf(err) != "too_large" {
		t.Errorf("40 folders and a file as 40 entries: %v", err)
	}
	b.isEmpty()
	deeper := &tar.Header{Name: strings.Repeat("d/", 3000) + "f", Mode: 0o644, Typeflag: tar.TypeReg, Format: tar.FormatPAX}
	if err := b.unpack(bytes.NewReader(archiveOf(t, deeper)), 1000, 1_000_000); kindOf(err) != "name_too_long" {
		t.Errorf("a name of 6,000 bytes: %v", err)
	}
	b.isEmpty()
	if err := b.unpack(bytes.NewReader(archiveOf(t, deep)), 1000, 41); err != nil {
		t.Error(err)
	}
}

// endless repeats a block, as a decompressed bomb does.
type endless struct {
	block []byte
	read  int64
}

func (e *endless) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		n += copy(p[n:], e.block[int(e.read+int64(n))%len(e.block):])
	}
	e.read += int64(n)
	return n, nil
}

func TestUnpackBoundsHeadersWithoutAnEnd(t *testing.T) {
	b := setUp(t)
	h := &tar.Header{Name: "f", Typeflag: tar.TypeReg, Format: tar.FormatPAX, PAXRecords: map[string]string{"a.b": strings.Repeat("x", 500_000)}}
	one := archiveOf(t, h)
	bomb := &endless{block: one[:len(one)-3*512]} // the records alone: the entry that they are for never comes
	if err := b.unpack(bomb, 1000, 10); kindOf(err) != "too_large" {
		t.Error(err)
	}
	if bomb.read > 128<<20 {
		t.Errorf("%d bytes were read", bomb.read)
	}
	b.isEmpty()
}

// A link can hide that a folder is copied into itself, which would have no end.
func TestCopyIntoItself(t *testing.T) {
	b := setUp(t)
	b.mustPut(b.dir+"/d/f", "0", "x")
	if err := os.Symlink("d", b.dir+"/l"); err != nil {
		t.Fatal(err)
	}
	for _, to := range []string{"/d/c", "/l/c", "/l/new/c", "/l/../d/c"} {
		if err := b.Copy(context.Background(), b.dir+"/d", b.dir+to, "0", false); kindOf(err) != "invalid" {
			t.Errorf("to %s: %v", to, err)
		}
	}
	debris, _ := filepath.Glob(b.dir + "/d/" + TempPrefix + "*")
	if len(debris) != 0 {
		t.Errorf("left behind: %v", debris)
	}
	if err := b.Copy(context.Background(), b.dir+"/d", b.dir+"/e", "0", false); err != nil {
		t.Error(err)
	}
}

// What a copy takes on the disk is what the original takes, and it is the same to whoever reads it.
func TestCopyKeepsHoles(t *testing.T) {
	b := setUp(t)
	for name, size := range map[string]int64{"within": 64<<20 + 4, "behind": 128 << 20, "alone": 32 << 20} {
		f, err := os.Create(b.dir + "/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if name != "alone" {
			if _, err := f.WriteAt([]byte("head"), 0); err != nil {
				t.Fatal(err)
			}
			if _, err := f.WriteAt([]byte("tail"), 64<<20); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.Truncate(size); err != nil {
			t.Fatal(err)
		}
		_ = f.Close()
		if err := b.Copy(context.Background(), b.dir+"/"+name, b.dir+"/copy", "0", true); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		was, is := read(t, b.dir+"/"+name), read(t, b.dir+"/copy")
		if !bytes.Equal(was, is) {
			t.Errorf("%s: %d bytes became %d others", name, len(was), len(is))
		}
		var st unix.Stat_t
		if err := unix.Stat(b.dir+"/copy", &st); err != nil {
			t.Fatal(err)
		}
		if st.Size != size || st.Blocks*512 > 1<<20 {
			t.Errorf("%s: a copy of %d bytes takes %d", name, st.Size, st.Blocks*512)
		}
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
