package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// input is a call that writes to a command's stdin.
type input struct {
	status int
	body   string
	err    error
}

func (s *service) write(id, body string, last bool) input {
	return s.stream(context.Background(), id, strings.NewReader(body), last)
}

func (s *service) stream(ctx context.Context, id string, body io.Reader, last bool) input {
	req, _ := http.NewRequestWithContext(ctx, "PUT", fmt.Sprintf("http://agent/commands/%s/stdin?close=%v", id, last), body)
	resp, err := s.http.Do(req)
	if err != nil {
		return input{err: err}
	}
	defer resp.Body.Close()
	raw, _ := io.ReadAll(resp.Body)
	return input{status: resp.StatusCode, body: string(raw)}
}

func (i input) wants(t *testing.T, status int, parts ...string) {
	t.Helper()
	for _, part := range append(parts, "") {
		if i.status != status || !strings.Contains(i.body, part) {
			t.Errorf("%+v, want %d %q", i, status, parts)
		}
	}
}

// open starts a script whose stdin is open for writing.
func (s *service) listener(script string, more ...any) *stream {
	s.t.Helper()
	c := map[string]any{"argv": []string{"/bin/sh", "-c", script}, "open_stdin": true}
	for i := 0; i < len(more); i += 2 {
		c[more[i].(string)] = more[i+1]
	}
	st := s.command(c)
	if kind, payload := st.next(); kind != 'S' {
		s.t.Fatalf("%c %s", kind, payload)
	}
	return st
}

// unread is how many bytes lie in a process's stdin.
func unread(pid int) int {
	f, err := os.OpenFile(fmt.Sprintf("/proc/%d/fd/0", pid), os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return 0
	}
	defer f.Close()
	n, _ := unix.IoctlGetInt(int(f.Fd()), unix.TIOCINQ)
	return n
}
