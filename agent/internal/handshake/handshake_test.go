package handshake

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

var me = Identity{Transport: "socket", Sandbox: "sb1", Incarnation: "0123456789abcdef", Build: "b1", Secret: bytes.Repeat([]byte{7}, 32)}

const nonce = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

type outcome struct {
	conn net.Conn
	err  error
}

// against runs the agent's side while service plays the other.
func against(t *testing.T, service func(c net.Conn, r *bufio.Reader, first string)) outcome {
	t.Helper()
	a, s := net.Pipe()
	t.Cleanup(func() { a.Close(); s.Close() })
	_ = s.SetDeadline(time.Now().Add(10 * time.Second))
	result := make(chan outcome, 1)
	go func() {
		c, err := Agent(a, me)
		if err != nil {
			a.Close()
		}
		result <- outcome{c, err}
	}()
	r := bufio.NewReader(s)
	first, _ := r.ReadString('\n')
	service(s, r, strings.TrimSuffix(first, "\n"))
	return <-result
}

func TestBothProve(t *testing.T) {
	got := against(t, func(c net.Conn, r *bufio.Reader, first string) {
		words := strings.Split(first, " ")
		if len(words) != 6 || words[0] != "atoll/1" || words[1] != "socket" || words[2] != "sb1" || words[4] != "b1" || !isHex64(words[5]) {
			t.Errorf("first line %q", first)
		}
		io.WriteString(c, nonce+"\n")
		proof, _ := r.ReadString('\n')
		if strings.TrimSpace(proof) != MAC(me.Secret, "agent", first, nonce) {
			t.Errorf("the agent's proof is wrong: %q", proof)
		}
		go io.WriteString(c, MAC(me.Secret, "service", first, nonce)+"\nPRI")
	})
	if got.err != nil {
		t.Fatal(got.err)
	}
	rest := make([]byte, 3)
	if _, err := io.ReadFull(got.conn, rest); err != nil || string(rest) != "PRI" {
		t.Fatalf("what follows the handshake: %q %v", rest, err)
	}
}

func TestRefused(t *testing.T) {
	other := bytes.Repeat([]byte{8}, 32)
	answers := map[string]func(first, proof string) string{
		"another secret": func(first, _ string) string { return MAC(other, "service", first, nonce) },
		"reflected":      func(_, proof string) string { return proof },
		"wrong role":     func(first, _ string) string { return MAC(me.Secret, "agent", first, nonce) },
		"another transport": func(first, _ string) string {
			return MAC(me.Secret, "service", strings.Replace(first, "socket", "exec", 1), nonce)
		},
		"another nonce":      func(first, _ string) string { return MAC(me.Secret, "service", first, strings.Repeat("0", 64)) },
		"empty":              func(string, string) string { return "" },
		"upper case":         func(first, _ string) string { return strings.ToUpper(MAC(me.Secret, "service", first, nonce)) },
		"with a blank after": func(first, _ string) string { return MAC(me.Secret, "service", first, nonce) + " " },
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			got := against(t, func(c net.Conn, r *bufio.Reader, first string) {
				io.WriteString(c, nonce+"\n")
				proof, _ := r.ReadString('\n')
				io.WriteString(c, answer(first, strings.TrimSpace(proof))+"\n")
			})
			if !errors.Is(got.err, ErrProof) {
				t.Fatalf("want ErrProof, got %v", got.err)
			}
		})
	}
}

func TestBadNonceAndLongLine(t *testing.T) {
	for name, line := range map[string]string{"short": "abc\n", "not hex": strings.Repeat("g", 64) + "\n", "long": strings.Repeat("a", MaxLine+1)} {
		t.Run(name, func(t *testing.T) {
			got := against(t, func(c net.Conn, r *bufio.Reader, _ string) { io.WriteString(c, line) })
			if !errors.Is(got.err, ErrInvalid) && !errors.Is(got.err, ErrLine) {
				t.Fatalf("got %v", got.err)
			}
		})
	}
}

func TestPeerThatEnds(t *testing.T) {
	got := against(t, func(c net.Conn, _ *bufio.Reader, _ string) { c.Close() })
	if got.err == nil {
		t.Fatal("a peer that says nothing is no service")
	}
}

func TestDeadline(t *testing.T) {
	a, s := net.Pipe()
	defer a.Close()
	defer s.Close()
	begun := time.Now()
	_, err := agentWithin(a, me, 30*time.Millisecond)
	var timeout net.Error
	if !errors.As(err, &timeout) || !timeout.Timeout() || time.Since(begun) > 3*time.Second {
		t.Fatalf("want a timeout, got %v after %v", err, time.Since(begun))
	}
}
