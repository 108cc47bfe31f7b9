// Package container tries the agent in real containers: ATOLL_TEST_DOCKER_HOST names an engine, ATOLL_TEST_IMAGE an
// image with a shell (default atoll-test/busybox:1), ATOLL_TEST_RUNTIME another runtime, as runsc.
package container

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"atoll/agent/internal/handshake"
	"atoll/agent/internal/stats"
)

const secret = "0101010101010101010101010101010101010101010101010101010101010101"

func docker(t *testing.T, args ...string) string {
	t.Helper()
	out, err := command(args...).Output()
	if err != nil {
		var failed *exec.ExitError
		errors.As(err, &failed)
		t.Fatalf("docker %s: %v %s", strings.Join(args, " "), err, failed.Stderr)
	}
	return strings.TrimSpace(string(out))
}

func command(args ...string) *exec.Cmd {
	cmd := exec.Command("docker", args...)
	cmd.Env = append(os.Environ(), "DOCKER_HOST="+os.Getenv("ATOLL_TEST_DOCKER_HOST"))
	return cmd
}

func orElse(text, fallback string) string {
	if text == "" {
		return fallback
	}
	return text
}

// sandbox is a container whose PID 1 is the agent of this tree.
type sandbox struct {
	t    *testing.T
	id   string
	http *http.Client
}

func start(t *testing.T, options ...string) *sandbox {
	t.Helper()
	if os.Getenv("ATOLL_TEST_DOCKER_HOST") == "" {
		t.Skip("needs an engine: ATOLL_TEST_DOCKER_HOST")
	}
	root := t.TempDir()
	binary := filepath.Join(root, ".atoll/bin/agent")
	build := exec.Command("go", "build", "-o", binary, "..")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatal(err, string(out))
	}
	args := append([]string{"create", "--cap-drop", "ALL", "--cap-add", "KILL", "--cap-add", "SETPCAP", "--cap-add", "SETUID", "--cap-add", "SETGID",
		"--runtime", orElse(os.Getenv("ATOLL_TEST_RUNTIME"), "runc"),
		"-v", filepath.Join(root, ".atoll") + ":/.atoll:ro", // as the service does: a mount point can't be replaced
		"-e", "ATOLL_SANDBOX=sb", "-e", "ATOLL_TRANSPORT=exec", "-e", "ATOLL_SECRET=" + secret, "--entrypoint", "/.atoll/bin/agent"}, options...)
	id := docker(t, append(args, orElse(os.Getenv("ATOLL_TEST_IMAGE"), "atoll-test/busybox:1"), "serve")...)
	t.Cleanup(func() { _ = command("rm", "-f", id).Run() })
	docker(t, "start", id)
	s := &sandbox{t: t, id: id}
	s.connect()
	return s
}

// connect takes the engine's exec of `connect` as its stream.
func (s *sandbox) connect() {
	s.t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		s.t.Fatal(err)
	}
	theirs, ours := os.NewFile(uintptr(fds[0]), "theirs"), os.NewFile(uintptr(fds[1]), "ours")
	bridge := command("exec", "-i", s.id, "/.atoll/bin/agent", "connect")
	bridge.Stdin, bridge.Stdout, bridge.Stderr = theirs, theirs, os.Stderr
	if err := bridge.Start(); err != nil {
		s.t.Fatal(err)
	}
	theirs.Close()
	conn, err := net.FileConn(ours)
	ours.Close()
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { conn.Close(); _ = bridge.Wait() })
	s.prove(conn)
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	s.http = &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{
		Protocols:   protocols,
		DialContext: func(context.Context, string, string) (net.Conn, error) { return conn, nil },
	}}
}

func (s *sandbox) prove(conn net.Conn) {
	s.t.Helper()
	r := bufio.NewReader(conn)
	line, _ := r.ReadString('\n')
	hello, nonce, key := strings.TrimSuffix(line, "\n"), strings.Repeat("ab", 32), []byte(strings.Repeat("\x01", 32))
	io.WriteString(conn, nonce+"\n")
	if proof, err := r.ReadString('\n'); strings.TrimSpace(proof) != handshake.MAC(key, "agent", hello, nonce) {
		s.t.Fatalf("no proof: %q %q %v", hello, proof, err)
	}
	io.WriteString(conn, handshake.MAC(key, "service", hello, nonce)+"\n")
}

func (s *sandbox) stats() (got stats.Stats) {
	s.t.Helper()
	resp, err := s.http.Get("http://agent/stats")
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&got); err != nil || resp.StatusCode != 200 {
		s.t.Fatal(resp.StatusCode, err)
	}
	return got
}

func (s *sandbox) exec(script string) string {
	s.t.Helper()
	return docker(s.t, "exec", s.id, "sh", "-c", script)
}

func (s *sandbox) spawn(script string) {
	s.t.Helper()
	docker(s.t, "exec", "-d", s.id, "sh", "-c", script)
}
