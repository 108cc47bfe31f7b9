package files

import (
	"bytes"
	"context"
	"io"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// ours makes someone's tree: t/f, t/sub/g, and t/none that is empty.
func (b *bench) ours() string {
	b.t.Helper()
	root := b.dir + "/t"
	b.mustPut(root+"/f", someone, "x")
	b.mustPut(root+"/sub/g", someone, "x")
	if _, err := b.Mkdir(root+"/none", someone, nil); err != nil {
		b.t.Fatal(err)
	}
	return root
}

func (b *bench) list(path string, recursive bool) (string, error) {
	l, err := b.List(path, someone, ListOptions{Recursive: recursive})
	if err != nil {
		return "", err
	}
	defer l.Close()
	var out bytes.Buffer
	err = l.SendTo(context.Background(), &out)
	return out.String(), err
}

func (b *bench) archive(path string) error {
	a, err := b.Archive(path, someone)
	if err != nil {
		return err
	}
	defer a.Close()
	return a.SendTo(context.Background(), io.Discard, false)
}

// Who may read a folder but not search it gets its names, and nothing else.
func TestFolderThatMayNotBeSearched(t *testing.T) {
	b := setUp(t)
	root := b.ours()
	ctx := context.Background()
	os.Chmod(root, 0o444)
	_, err := b.list(root, false)
	b.want("list", err, "permission")
	b.want("archive", b.archive(root), "permission")
	b.want("copy", b.Copy(ctx, root, b.dir+"/copy", someone, false), "permission")
	os.Chmod(root, 0o755)
	os.Chmod(root+"/sub", 0o444)
	b.want("archive of what is above", b.archive(root), "permission")
	b.want("copy of what is above", b.Copy(ctx, root, b.dir+"/copy", someone, false), "permission")
	if out, err := b.list(root, true); err != nil || bytes.Count([]byte(out), []byte("\n")) != 4 {
		t.Errorf("the rest is listed: %q %v", out, err)
	}
	if found, err := b.Search(ctx, root, someone, SearchOptions{Name: "*", Limit: 10}); err != nil || len(found.Matches) != 3 {
		t.Errorf("the rest is found: %+v %v", found, err)
	}
	os.Chmod(root+"/none", 0o444)
	if out, err := b.list(root+"/none", false); err != nil {
		t.Errorf("an empty one hides nothing: %q %v", out, err)
	}
	b.noDebris()
}

func (b *bench) mode(path string, mode uint32) {
	b.t.Helper()
	var st unix.Stat_t
	if err := unix.Lstat(path, &st); err != nil || st.Mode&0o7777 != mode {
		b.t.Errorf("%s: %o %v, want %o", path, st.Mode&0o7777, err, mode)
	}
}

func TestChangeOfATree(t *testing.T) {
	b := setUp(t)
	root := b.ours()
	all := []string{root, root + "/f", root + "/none", root + "/sub", root + "/sub/g"}
	change := func(user string, mode uint32) (Changed, error) {
		return b.Change(context.Background(), root, user, Attributes{Mode: &mode}, true)
	}
	// The first takes away what is needed to go in, the last gives it back.
	for _, mode := range []uint32{0o644, 0o755, 0, 0o700} {
		if done, err := change(someone, mode); err != nil || done.Entries != len(all) {
			t.Errorf("to %o: %+v %v", mode, done, err)
		}
		for _, path := range all {
			b.mode(path, mode)
		}
	}
	os.Chmod(root, 0o400)
	_, err := change(someone, 0o600)
	b.want("of one that stays closed", err, "permission")
	b.mode(root+"/f", 0o700)
	os.Chmod(root, 0o755)
	os.Chown(root+"/sub", 0, 0)
	_, err = change(someone, 0o755)
	b.want("with another's folder in it", err, "permission")
}
