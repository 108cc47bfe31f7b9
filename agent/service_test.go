package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"atoll/agent/internal/boot"
	"atoll/agent/internal/command"
	"atoll/agent/internal/handshake"
	"atoll/agent/internal/session"
	"atoll/agent/internal/umask"
)

// The agent under test runs in this process, once: its reaper waits for every child.
var (
	once   sync.Once
	agent  boot.Config
	hub    *session.Hub
	served *command.Table
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(initDir); dir != "" {
		os.Exit(serveAsInit(dir))
	}
	code := m.Run()
	if agent.SpoolDir != "" {
		os.RemoveAll(agent.SpoolDir)
	}
	os.Exit(code)
}

func start(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: commands run as users")
	}
	once.Do(func() {
		umask.Set()
		boot.SealDescriptors()
		dir, _ := os.MkdirTemp("/tmp", "atoll-agent-")
		agent = boot.Config{
			Sandbox: "sb", Transport: "socket", Build: "test", Incarnation: "0123456789abcdef", Secret: bytes.Repeat([]byte{9}, 32),
			SpoolMax: 1 << 20, OutputGrace: 150 * time.Millisecond, SpoolDir: dir,
		}
		child := make(chan os.Signal, 1)
		signal.Notify(child, unix.SIGCHLD)
		server, table := assemble(agent, child)
		served = table
		hub = session.NewHub()
		go func() { _ = server.Serve(hub) }()
	})
}

// service is the other end: it proves itself over a socket pair and speaks HTTP/2.
type service struct {
	t    *testing.T
	http *http.Client
	conn net.Conn
}

func connect(t *testing.T) *service {
	t.Helper()
	start(t)
	ours, theirs := pair(t)
	go func() {
		if proven, err := handshake.Agent(theirs, identity(agent)); err == nil {
			hub.Offer(proven)
		}
	}()
	return speak(t, ours, agent.Secret)
}

// speak proves itself to the agent at the other end.
func speak(t *testing.T, ours net.Conn, secret []byte) *service {
	t.Helper()
	r := bufio.NewReader(ours)
	first, _ := r.ReadString('\n')
	first = strings.TrimSuffix(first, "\n")
	nonce := strings.Repeat("ab", 32)
	io.WriteString(ours, nonce+"\n")
	if proof, _ := r.ReadString('\n'); strings.TrimSpace(proof) != handshake.MAC(secret, "agent", first, nonce) {
		t.Fatal("the agent did not prove itself")
	}
	io.WriteString(ours, handshake.MAC(secret, "service", first, nonce)+"\n")
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	conns := make(chan net.Conn, 1)
	conns <- ours
	transport := &http.Transport{
		Protocols: protocols, DisableCompression: true,
		DialContext: func(context.Context, string, string) (net.Conn, error) {
			select {
			case c := <-conns:
				return c, nil
			case <-time.After(2 * time.Second): // or it is on its way into Go's pool, which hands it to whoever waits here
				return nil, errors.New("the session is gone")
			}
		},
	}
	s := &service{t: t, http: &http.Client{Transport: transport, Timeout: 30 * time.Second}, conn: ours}
	t.Cleanup(func() { ours.Close() })
	// One call by itself first: Go's client would dial again for calls that begin before there is a session.
	if code, body := s.call("GET", "/health", ""); code != 200 {
		t.Fatal(code, body)
	}
	return s
}

func pair(t *testing.T) (a, b net.Conn) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	var conns [2]net.Conn
	for i, fd := range fds {
		f := os.NewFile(uintptr(fd), "pair")
		if conns[i], err = net.FileConn(f); err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	return conns[0], conns[1]
}

// call makes a plain call and gives its status and body.
func (s *service) call(method, path string, body string) (int, string) {
	s.t.Helper()
	req, _ := http.NewRequest(method, "http://agent"+path, strings.NewReader(body))
	resp, err := s.http.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(raw)
}
