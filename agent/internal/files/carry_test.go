package files

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"atoll/agent/internal/fsid"
	"atoll/agent/internal/users"
)

// asked is a context that does something each time that it is asked whether it is over.
type asked struct {
	context.Context
	then func() error
}

func (a asked) Err() error { return a.then() }

// noted tells whether the journal has it that there is something unfinished of this name.
func (b *bench) noted(name string) bool {
	b.t.Helper()
	return bytes.Contains(read(b.t, filepath.Dir(b.dir)+"/spool/unfinished"), []byte(name))
}

// A content that goes into another file system takes its time: nobody else waits for it, it ends when its caller goes, and the next
// start would know of it.
func TestUnpackIntoAnotherSystem(t *testing.T) {
	b := setUp(t)
	if err := os.Mkdir(b.dir+"/v", 0o777); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("none", b.dir+"/v", "tmpfs", 0, "size=64m,mode=0777"); err != nil {
		t.Skip(err)
	}
	defer unix.Unmount(b.dir+"/v", unix.MNT_DETACH)
	b.Service = New(fsid.New(1, 4), users.New("/etc/passwd", "/etc/group"), b.journal, b.spool)
	archive := filesOf(t, string(make([]byte, 3*chunk)), "v/d/f")
	times, goes := 0, true
	ctx := asked{context.Background(), func() error {
		unfinished, _ := filepath.Glob(b.dir + "/v/d/" + TempPrefix + "*")
		if len(unfinished) == 0 {
			return nil
		}
		times++
		if !b.noted(unfinished[0]) {
			t.Error("the journal does not have it")
		}
		answered := make(chan error, 1)
		go func() { answered <- b.remove(b.dir+"/none", someone) }()
		select {
		case err := <-answered:
			b.want("another call", err, "not_found")
		case <-time.After(5 * time.Second):
			t.Error("another call waits for it")
		}
		if goes {
			return nil
		}
		return context.Canceled
	}}
	if err := b.unpackInto(ctx, b.dir, someone, archive); err != nil || times < 3 {
		t.Errorf("%v, asked %d times", err, times)
	}
	if st, err := os.Stat(b.dir + "/v/d/f"); err != nil || st.Size() != 3*chunk || st.Mode() != 0o600 || st.ModTime().Unix() != 1e9 {
		t.Errorf("%v %v", st, err)
	}
	_ = os.Remove(b.dir + "/v/d/f")
	goes, times = false, 0
	if err := b.unpackInto(ctx, b.dir, someone, archive); err == nil || times != 1 {
		t.Errorf("given up: %v, asked %d times", err, times)
	}
	if left, _ := os.ReadDir(b.dir + "/v/d"); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
	b.noDebris()
}

// The place of a link that replaces another is noted too: the same slot of the journal, whose text stays when it is forgotten.
func TestSymlinkIsNoted(t *testing.T) {
	b := setUp(t)
	for range 2 {
		if err := b.Symlink(b.dir+"/l", someone, "x", true); err != nil {
			t.Fatal(err)
		}
	}
	if !b.noted(b.dir + "/" + TempPrefix) {
		t.Error("it is not")
	}
	b.noDebris()
}
