package session

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"atoll/agent/internal/handshake"
)

func id(transport string) handshake.Identity {
	return handshake.Identity{Transport: transport, Sandbox: "s", Incarnation: "i", Build: "b", Secret: bytes.Repeat([]byte{1}, 32)}
}

// prove is the service's half.
func prove(t *testing.T, c net.Conn) {
	t.Helper()
	_ = c.SetDeadline(time.Now().Add(5 * time.Second))
	r := bufio.NewReader(c)
	first, err := r.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	first = strings.TrimSuffix(first, "\n")
	nonce := strings.Repeat("0", 64)
	io.WriteString(c, nonce+"\n")
	r.ReadString('\n')
	secret := id(strings.Fields(first)[1]).Secret
	io.WriteString(c, handshake.MAC(secret, "service", first, nonce)+"\n")
}

func accepted(t *testing.T, h *Hub) net.Conn {
	t.Helper()
	got := make(chan net.Conn, 1)
	go func() { c, _ := h.Accept(); got <- c }()
	select {
	case c := <-got:
		return c
	case <-time.After(5 * time.Second):
		t.Fatal("no connection was let through")
		return nil
	}
}

func TestDialComesBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	h := NewHub()
	go Dial(h, path, id("socket")) // nobody is there yet
	time.Sleep(20 * time.Millisecond)
	for range 2 {
		l, err := net.Listen("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(begun); waited > 2*time.Second {
			t.Errorf("dialled after %v", waited)
		}
		prove(t, c)
		accepted(t, h).Close() // the server closes what breaks
		c.Close()
		l.Close()
	}
}

func TestListen(t *testing.T) {
	h := NewHub()
	name := "@atoll-agent-test-" + strconv.FormatInt(time.Now().UnixNano(), 36)
	if err := Listen(h, name, id("exec")); err != nil {
		t.Fatal(err)
	}
	dial := func() net.Conn {
		c, err := net.Dial("unix", name)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	// Somebody inside connects and says nothing: the oldest give way, and the service still gets through.
	var silent []net.Conn
	for range 2 * maxUnproven {
		silent = append(silent, dial())
	}
	first := dial()
	prove(t, first)
	older := accepted(t, h)
	_ = silent[0].SetReadDeadline(time.Now().Add(5 * time.Second))
	if _, err := io.Copy(io.Discard, silent[0]); err != nil {
		t.Errorf("the oldest silent one is still open: %v", err)
	}
	// Of two proven ones the newer wins.
	prove(t, dial())
	accepted(t, h)
	if _, err := older.Write([]byte("x")); err == nil {
		t.Error("the older session is still open")
	}
}
