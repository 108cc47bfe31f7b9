package main

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

func TestUmask(t *testing.T) {
	s := connect(t)
	for _, mask := range []int{0, 0o22, 0o27, 0o77, 0o777} {
		got := s.command(map[string]any{"argv": []string{"/bin/sh", "-c", "umask"}, "umask": mask}).finish()
		if got.out != fmt.Sprintf("%04o\n", mask) {
			t.Errorf("%o: %q %v", mask, got.out, got.failed)
		}
	}
	if got := s.shell("umask").finish(); got.out != "0022\n" {
		t.Errorf("%q", got.out)
	}
	for _, mask := range []any{-1, 0o1000, "022", 1.5} {
		if got := s.command(map[string]any{"argv": []string{"true"}, "umask": mask}).read(0); got.failed["reason"] != "invalid" {
			t.Errorf("%v: %v", mask, got.failed)
		}
	}
}

// While commands with all kinds of masks start, what the agent makes for others has the modes that it always has.
func TestUmaskIsTheCommandsAlone(t *testing.T) {
	s := connect(t)
	dir := t.TempDir()
	var starters, makers sync.WaitGroup
	over := make(chan struct{})
	for _, mask := range []int{0, 0o77, 0o777, 0o22} {
		starters.Add(1)
		go func() {
			defer starters.Done()
			for range 60 {
				got := s.command(map[string]any{"argv": []string{"/bin/sh", "-c", "umask"}, "umask": mask}).finish()
				if got.out != fmt.Sprintf("%04o\n", mask) {
					t.Errorf("%o: %q %v", mask, got.out, got.failed)
				}
			}
		}()
	}
	made := make([]int, 3)
	for i := range made {
		makers.Add(1)
		go func() {
			defer makers.Done()
			for ; ; made[i]++ {
				select {
				case <-over:
					return
				default:
				}
				if code, body := s.call("PUT", fmt.Sprintf("/files?path=%s/%d-%d/below/file&user=", dir, i, made[i]), "content"); code != 200 {
					t.Error(code, body)
					return
				}
			}
		}()
	}
	starters.Wait()
	close(over)
	makers.Wait()
	for i, n := range made {
		if n < 50 {
			t.Errorf("only %d files", n)
		}
		for j := range n {
			wantMode(t, fmt.Sprintf("%s/%d-%d/below/file", dir, i, j), 0o644)
			wantMode(t, fmt.Sprintf("%s/%d-%d/below", dir, i, j), 0o755)
		}
	}
}

func wantMode(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != mode {
		t.Fatal(filepath.Base(path), info.Mode(), err)
	}
}
