package files

import (
	"context"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"atoll/agent/internal/fsid"
)

func TestFolderThatIsGoneIsNotMadeAgain(t *testing.T) {
	b := setUp(t)
	_ = os.Symlink("elsewhere", b.dir+"/link")
	root, err := unix.Open(b.dir, unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(root)
	for _, name := range []string{"gone", "gone/below", "link", "link/below"} {
		if err := (dirEnd{mode: 0o700}).give(root, name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := os.Lstat(b.dir + "/gone"); !os.IsNotExist(err) {
		t.Error("it was made again")
	}
}

func TestCopyGoesOnBesideAFolderThatItCouldNotEnter(t *testing.T) {
	c := &copier{dirs: []filled{{"", 3}, {"a", -1}, {"a/b", -1}}}
	if fd := c.at(parentOf("z")); fd != 3 || len(c.dirs) != 1 {
		t.Errorf("%d %v", fd, c.dirs)
	}
}

func TestSetgidIsForTheGroupsOfTheUser(t *testing.T) {
	mode := uint32(0o2755)
	for gid, want := range map[uint32]uint32{7: 0o2755, 8: 0o2755, 42: 0o755} {
		got, err := owned{4711, gid, 0o644}.with(Attributes{Mode: &mode}, fsid.Cred{UID: 4711, GID: 7, Groups: []uint32{7, 8}})
		if err != nil || got.mode != want {
			t.Errorf("group %d: %o %v", gid, got.mode, err)
		}
	}
}

func TestMoveAcrossFileSystemsLosesNothing(t *testing.T) {
	b := setUp(t)
	other, err := os.MkdirTemp("/dev/shm", "atoll")
	if err != nil {
		t.Skip("there is no other file system: ", err)
	}
	defer os.RemoveAll(other)
	from := b.dir + "/tree"
	_ = os.MkdirAll(from+"/sub", 0o755)
	_ = unix.Mkfifo(from+"/sub/pipe", 0o640)
	if err := b.Move(context.Background(), from, other+"/tree", "", false); err != nil {
		t.Fatal(err)
	}
	st, err := os.Stat(other + "/tree/sub/pipe")
	if err != nil || st.Mode() != os.ModeNamedPipe|0o640 {
		t.Errorf("%v %v", err, st)
	}
	pipe := other + "/tree/sub/pipe"
	if err := b.Move(context.Background(), pipe, b.dir+"/pipe", "", false); err != nil {
		t.Errorf("a FIFO alone: %v", err)
	}
	if st, err := os.Stat(b.dir + "/pipe"); err != nil || st.Mode() != os.ModeNamedPipe|0o640 {
		t.Errorf("%v %v", err, st)
	}
	if fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0); err != nil {
		t.Fatal(err)
	} else {
		defer unix.Close(fd)
		if err := unix.Bind(fd, &unix.SockaddrUnix{Name: other + "/tree/sub/socket"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Move(context.Background(), other+"/tree", from, "", false); kind(err) != "special" {
		t.Errorf("a socket: %v", err)
	}
	if _, err := os.Stat(other + "/tree/sub/socket"); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(from); !os.IsNotExist(err) {
		t.Errorf("a part of it arrived: %v", err)
	}
	b.noDebris()
}

func TestFilesOfTheKernelThatCannotBeReadOrWritten(t *testing.T) {
	b := setUp(t)
	if _, err := b.get("/sys/class/net/lo/speed", ""); kind(err) != "invalid" {
		t.Errorf("read: %v", err)
	}
	_, err := b.Replace(context.Background(), "/proc/cpuinfo", "", ReplaceOptions{Search: "a", Replace: "b", MaxBytes: 1 << 20})
	if kind(err) != "permission" {
		t.Errorf("replace: %v", err)
	}
	if err := b.remove("/proc/cpuinfo", ""); kind(err) != "permission" {
		t.Errorf("remove: %v", err)
	}
	if got, err := b.get("/proc/cpuinfo", ""); err != nil || !strings.Contains(got, "processor") {
		t.Errorf("%v", err)
	}
}

func TestCopyThatFailsBehindAFolderThatMayNotBeWritten(t *testing.T) {
	b := setUp(t)
	from := b.dir + "/from"
	_ = os.MkdirAll(from+"/a/closed", 0o755)
	_ = os.WriteFile(from+"/a/closed/file", []byte("x"), 0o644)
	_ = os.WriteFile(from+"/z", []byte("x"), 0o000)
	for path, mode := range map[string]os.FileMode{from: 0o755, from + "/a": 0o755, from + "/a/closed": 0o555} {
		_ = os.Chown(path, 4711, 4712)
		_ = os.Chmod(path, mode)
	}
	if err := b.Copy(context.Background(), from, b.dir+"/to", someone, false); kind(err) != "permission" {
		t.Error(err)
	}
	b.noDebris()
}

func TestRemoverHasNothingToClose(t *testing.T) {
	newRemover().close()
	var st unix.Stat_t
	if err := unix.Fstat(0, &st); err != nil {
		t.Error("it closed what is not its own: ", err)
	}
}
