package main

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What may not be read is said in words while nothing of the tree is sent, and breaks the stream off later.
func TestTreeWithAFileThatMayNotBeRead(t *testing.T) {
	s := connect(t)
	dir, err := os.MkdirTemp("/tmp", "atoll-tree-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	put := func(name string, size int, mode os.FileMode) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(strings.Repeat("x", size)), mode); err != nil {
			t.Fatal(err)
		}
	}
	os.Chmod(dir, 0o755)
	put("a", 1, 0o644)
	put("b", 1, 0o600)
	call := "/files/tree?user=65534&path=" + url.PathEscape(dir)
	for _, query := range []string{call, call + "&gzip=1"} {
		code, body := s.call("GET", query, "")
		if code != 403 || !strings.Contains(body, filepath.Join(dir, "b")) {
			t.Errorf("%s: %d %q", query, code, body)
		}
	}
	put("a", 1<<20, 0o644)
	resp, err := s.http.Get("http://agent" + call)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "application/x-tar" {
		t.Error(resp.Status, resp.Header)
	}
	if _, err := resp.Body.Read(make([]byte, 1)); err != nil {
		t.Error("its beginning comes:", err)
	}
}
