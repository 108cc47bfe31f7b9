package files

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// slow is a body whose second half comes when it is told to.
type slow struct {
	first, second io.Reader
	begun, goOn   chan struct{}
	once          sync.Once
	fails         bool
}

func slowBody() *slow {
	half := func(c string) io.Reader { return strings.NewReader(strings.Repeat(c, 2*smallRead)) }
	return &slow{first: half("a"), second: half("b"), begun: make(chan struct{}), goOn: make(chan struct{})}
}

func (s *slow) Read(b []byte) (int, error) {
	if n, err := s.first.Read(b); err == nil {
		return n, nil
	}
	s.once.Do(func() { close(s.begun) })
	<-s.goOn
	if s.fails {
		return 0, io.ErrUnexpectedEOF
	}
	return s.second.Read(b)
}

const slowSize = 4 * smallRead

// during does something while the body comes, and returns how the write ended.
func (b *bench) during(path string, o WriteOptions, body *slow, what func()) (Written, error) {
	var w Written
	done := make(chan error, 1)
	go func() {
		var err error
		w, err = b.Write(context.Background(), path, "", body, o)
		done <- err
	}()
	<-body.begun
	what()
	close(body.goOn)
	return w, <-done
}

func TestModeThatIsChangedWhileTheBodyComes(t *testing.T) {
	b := setUp(t)
	path := b.dir + "/key"
	b.mustPut(path, "", "old")
	_, err := b.during(path, WriteOptions{}, slowBody(), func() {
		_ = os.Chmod(path, 0o600)
		_ = os.Chown(path, 4711, 4712)
	})
	st, _ := os.Stat(path)
	if err != nil || st.Mode() != 0o600 || st.Size() != slowSize || st.Sys().(*syscall.Stat_t).Uid != 4711 {
		t.Errorf("%v %v", err, st)
	}
	b.noDebris()
}

func TestFileThatComesWhileTheBodyComes(t *testing.T) {
	b := setUp(t)
	path := b.dir + "/new"
	w, err := b.during(path, WriteOptions{}, slowBody(), func() { _ = os.WriteFile(path, []byte("x"), 0o600) })
	st, _ := os.Stat(path)
	if err != nil || w.Created || st.Mode() != 0o600 || st.Size() != slowSize {
		t.Errorf("%v %+v %v", err, w, st)
	}
}

func TestLinkThatComesWhileTheBodyComes(t *testing.T) {
	b := setUp(t)
	path := b.dir + "/file"
	_, err := b.during(path, WriteOptions{}, slowBody(), func() { _ = os.Symlink("elsewhere", path) })
	if to, _ := os.Readlink(path); kind(err) != "conflict" || to != "elsewhere" {
		t.Errorf("%v %q", err, to)
	}
	b.noDebris()
}

func TestParentsOfAWriteThatCameToNothing(t *testing.T) {
	b := setUp(t)
	broken := slowBody()
	broken.fails = true
	_, err := b.during(b.dir+"/a/b/c/file", WriteOptions{}, broken, func() { _ = os.WriteFile(b.dir+"/a/other", nil, 0o600) })
	if kind(err) != "invalid" {
		t.Error(err)
	}
	if _, err := os.Stat(b.dir + "/a/b"); !os.IsNotExist(err) {
		t.Errorf("a folder that is empty was left: %v", err)
	}
	if _, err := os.Stat(b.dir + "/a/other"); err != nil {
		t.Errorf("somebody else's file is gone: %v", err)
	}
	_, err = b.Write(context.Background(), b.dir+"/n/m/file", "", strings.NewReader("x"), WriteOptions{IfMatch: []string{"1-2-3-4"}})
	if _, gone := os.Stat(b.dir + "/n"); kind(err) != "precondition" || !os.IsNotExist(gone) {
		t.Errorf("%v %v", err, gone)
	}
}

func TestAppendsToAFileThatIsNotThereYet(t *testing.T) {
	b := setUp(t)
	path := b.dir + "/log"
	_, err := b.during(path, WriteOptions{Append: true}, slowBody(), func() {
		if _, err := b.Write(context.Background(), path, "", strings.NewReader("first\n"), WriteOptions{Append: true}); err != nil {
			t.Error(err)
		}
	})
	got, _ := os.ReadFile(path)
	if err != nil || len(got) != slowSize+len("first\n") || !bytes.HasPrefix(got, []byte("first\na")) {
		t.Errorf("%v, %d bytes", err, len(got))
	}
	b.noDebris()
}

// A program that appends knows nothing of our locks.
func TestAppendBesideAProgramThatAppends(t *testing.T) {
	b := setUp(t)
	path := b.dir + "/log"
	b.mustPut(path, "", "")
	theirs := 0
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		f, _ := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
		defer f.Close()
		for {
			select {
			case <-stop:
				return
			default:
				_, _ = f.WriteString("theirs\n")
				theirs++
			}
		}
	}()
	ours := strings.Repeat("ours\n", 60_000)
	for range 20 {
		if _, err := b.Write(context.Background(), path, "", strings.NewReader(ours), WriteOptions{Append: true}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Millisecond)
	}
	close(stop)
	<-ended
	got, _ := os.ReadFile(path)
	if n := bytes.Count(got, []byte("theirs\n")); n < theirs-20*5 || len(got) != 20*len(ours)+theirs*len("theirs\n") {
		t.Errorf("%d of %d lines, %d bytes", n, theirs, len(got))
	}
}

func TestAppendThatFailsIsTakenBack(t *testing.T) {
	b := setUp(t)
	path := b.dir + "/log"
	const had, limit = 299_000, 300_000
	b.mustPut(path, "", strings.Repeat("x", had))
	signal.Ignore(syscall.SIGXFSZ)
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	defer unix.Setrlimit(unix.RLIMIT_FSIZE, &old)
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: limit, Max: old.Max}); err != nil {
		t.Fatal(err)
	}
	_, err := b.Write(context.Background(), path, "", strings.NewReader(strings.Repeat("y", 270_000)), WriteOptions{Append: true})
	if st, _ := os.Stat(path); kind(err) != "no_space" || st.Size() != had {
		t.Errorf("%v, %d bytes", err, st.Size())
	}
}

// A program may have taken what was unpacked before its folder has got its mode.
// Setgid for a group that is not one's own is more than chmod gives.
func TestFoldersMadeAtTheSameMoment(t *testing.T) {
	b := setUp(t)
	for range 50 {
		dir, err := os.MkdirTemp(b.dir, "d")
		if err != nil {
			t.Fatal(err)
		}
		made := make(chan bool, 8)
		for range cap(made) {
			go func() {
				m, err := b.Mkdir(dir+"/new", "", nil)
				if err != nil {
					t.Error(err)
				}
				made <- m.Created
			}()
		}
		created := 0
		for range cap(made) {
			if <-made {
				created++
			}
		}
		if created != 1 {
			t.Fatalf("made %d times", created)
		}
	}
}
