package proc

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func tree(t *testing.T) string {
	dir := t.TempDir()
	for name, mode := range map[string]os.FileMode{"a/plain": 0o644, "b/plain": 0o755, "a/only": 0o644, "b/run": 0o755} {
		path := filepath.Join(dir, name)
		os.MkdirAll(filepath.Dir(path), 0o755)
		os.WriteFile(path, []byte("#!/bin/sh\n"), mode)
	}
	os.MkdirAll(filepath.Join(dir, "a", "folder"), 0o755)
	os.MkdirAll(filepath.Join(dir, "b", "folder"), 0o755)
	os.Symlink("loop", filepath.Join(dir, "loop"))
	return dir
}

func reason(err error) Reason {
	var f *Failure
	if errors.As(err, &f) {
		return f.Reason
	}
	return ""
}

func TestLookup(t *testing.T) {
	d := tree(t)
	for _, c := range []struct {
		name, path, want string
		reason           Reason
	}{
		{"run", d + "/a:" + d + "/b", d + "/b/run", ""},
		{"plain", d + "/a:" + d + "/b", d + "/b/plain", ""}, // one that may not run is passed over
		{"only", d + "/a:" + d + "/b", "", NotExecutable},
		{"folder", d + "/a", "", NotExecutable},
		{"nope", d + "/a:" + d + "/nowhere", "", NotFound},
		{"run", "", "", NotFound},
		{"run", "b", "b/run", ""}, // relative entries belong to cwd
		{"b/run", "", "b/run", ""},
		{"./b/run", "", "./b/run", ""},
		{d + "/b/run", "", d + "/b/run", ""},
		{d + "/a/only", "", "", NotExecutable},
		{d + "/a", "", "", NotExecutable},
		{d + "/nope", "", "", NotFound},
		{d + "/b/run/x", "", "", NotFound},
		{d + "/loop", "", "", NotFound},
		{"", d, "", NotFound},
	} {
		got, err := Lookup(c.name, d, c.path)
		if got != c.want || reason(err) != c.reason {
			t.Errorf("%q in %q: %q %v, want %q %s", c.name, c.path, got, err, c.want, c.reason)
		}
	}
	// An empty entry means the working directory.
	if got, err := Lookup("run", d+"/b", ":/nowhere"); err != nil || got != "./run" {
		t.Errorf("%q %v", got, err)
	}
}

func TestCheckDir(t *testing.T) {
	d := tree(t)
	for _, dir := range []string{d, d + "/a/", "/"} {
		if err := CheckDir(dir); err != nil {
			t.Errorf("%s: %v", dir, err)
		}
	}
	for _, dir := range []string{"a", "", d + "/nope", d + "/b/run", d + "/loop"} {
		if reason(CheckDir(dir)) != BadCwd {
			t.Errorf("%s: %v", dir, CheckDir(dir))
		}
	}
}

func TestOOMCredit(t *testing.T) {
	root := t.TempDir() + "/"
	path := root + "sys/fs/cgroup/memory.events"
	os.MkdirAll(filepath.Dir(path), 0o755)
	write := func(n string) { os.WriteFile(path, []byte("low 0\noom 1\noom_kill "+n+"\n"), 0o644) }
	write("3")
	o := newOOM(root)
	a, b := o.Mark(), o.Mark()
	if o.Struck(a) {
		t.Error("nothing struck")
	}
	write("4")
	if !o.Struck(a) || o.Struck(b) {
		t.Error("one strike is one command's")
	}
	c := o.Mark()
	if o.Struck(c) {
		t.Error("a strike before the start is not this command's")
	}
	write("6")
	if !o.Struck(c) || !o.Struck(b) {
		t.Error("two strikes are two commands'")
	}
	if newOOM(root + "none/").Struck(0) {
		t.Error("no counter, no claim")
	}
}
