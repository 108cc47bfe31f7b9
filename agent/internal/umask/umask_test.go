package umask

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func now() int {
	mask := unix.Umask(0)
	unix.Umask(mask)
	return mask
}

func TestDuring(t *testing.T) {
	Set()
	for _, mask := range []int{0, 0o77, Own} {
		seen := -1
		if !During(mask, func() { seen = now() }) || seen != mask || now() != Own {
			t.Errorf("%o: %o, then %o", mask, seen, now())
		}
	}
}

// One who hangs while it makes a file holds up a start with another umask, for a while, and nobody else.
func TestHangingMaker(t *testing.T) {
	Set()
	hangs, leave, left := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(left)
		_, _ = Make(func() (int, error) { close(hangs); <-leave; return 0, nil })
	}()
	<-hangs
	refused := make(chan bool)
	begun := time.Now()
	go func() { refused <- !During(0o77, func() { t.Error("it ran") }) }()
	time.Sleep(20 * time.Millisecond)
	fd, err := Openat(unix.AT_FDCWD, t.TempDir()+"/x", unix.O_CREAT|unix.O_WRONLY, 0o666)
	_ = unix.Close(fd)
	if took := time.Since(begun); err != nil || took > time.Second {
		t.Errorf("another file: %v after %v", err, took)
	}
	if !During(Own, func() {}) || !<-refused || time.Since(begun) < patience {
		t.Errorf("after %v", time.Since(begun))
	}
	close(leave)
	<-left
	if !During(0o77, func() {}) {
		t.Error("it does not go on")
	}
}

var makes = regexp.MustCompile(`O_CREAT|\b(os|unix)\.(Create|Mkdir|Mknod)\w*\(`)

// Nothing in the agent makes files past this package.
func TestNobodyGoesPast(t *testing.T) {
	found := 0
	_ = filepath.WalkDir("../..", func(path string, _ os.DirEntry, _ error) error {
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "/umask/") {
			return nil
		}
		raw, _ := os.ReadFile(path)
		before := ""
		for line := range strings.Lines(string(raw)) {
			if makes.MatchString(line) {
				found++
				// The spool's own folder is made before there are commands.
				if !strings.Contains(before+line, "umask.") && !strings.Contains(line, "MkdirAll(dir, 0o700)") {
					t.Errorf("%s: %s", path, line)
				}
			}
			before = line
		}
		return nil
	})
	if found < 5 {
		t.Errorf("only %d places found", found)
	}
}
