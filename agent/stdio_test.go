package main

import "testing"

// A path such as /dev/stderr opens the pipe anew, which asks for its permissions.
func TestUsersMayOpenTheirOwnStreams(t *testing.T) {
	s := connect(t)
	for _, user := range []string{"", "4711", "4711:4712"} {
		got := s.command(map[string]any{
			"argv": []string{"/bin/sh", "-c", "cat /dev/stdin; echo out >/dev/stdout; echo err >/dev/stderr"}, "user": user, "stdin": []byte("in\n"),
		}).finish()
		if got.code() != 0 || got.out != "in\nout\n" || got.err != "err\n" {
			t.Errorf("%q: %q %q %v", user, got.out, got.err, got.exit)
		}
	}
}
