// Package handshake proves the sandbox's shared secret to the service, and the service's to us, before anything else
// is said: whoever dials in or listens from inside the sandbox, root or not, lacks the secret and gets nowhere.
package handshake

import (
	"bufio"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"time"
)

// Deadline bounds the whole exchange, MaxLine each of its lines (without the newline).
const (
	Deadline = 5 * time.Second
	MaxLine  = 512
)

// Identity is what the agent's first line says, and the secret that is never sent.
type Identity struct {
	Transport, Sandbox, Incarnation, Build string
	Secret                                 []byte
}

// Errors of a handshake; the peer is told nothing but a closed connection.
var (
	ErrProof   = errors.New("the service did not prove the secret")
	ErrLine    = errors.New("line too long")
	ErrInvalid = errors.New("not a nonce")
)

// Agent runs the agent's side and returns a connection that goes on after the last line.
func Agent(c net.Conn, id Identity) (net.Conn, error) { return agentWithin(c, id, Deadline) }

func agentWithin(c net.Conn, id Identity, limit time.Duration) (net.Conn, error) {
	_ = c.SetDeadline(time.Now().Add(limit))
	nonce := make([]byte, 32)
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	first := "atoll/1 " + id.Transport + " " + id.Sandbox + " " + id.Incarnation + " " + id.Build + " " + hex.EncodeToString(nonce)
	if len(first) > MaxLine {
		return nil, ErrLine
	}
	if _, err := io.WriteString(c, first+"\n"); err != nil {
		return nil, err
	}
	r := bufio.NewReaderSize(c, readBuffer)
	nonceS, err := readLine(r)
	if err != nil {
		return nil, err
	}
	if !isHex64(nonceS) {
		return nil, ErrInvalid
	}
	if _, err := io.WriteString(c, MAC(id.Secret, "agent", first, nonceS)+"\n"); err != nil {
		return nil, err
	}
	proof, err := readLine(r)
	if err != nil {
		return nil, err
	}
	if !hmac.Equal([]byte(proof), []byte(MAC(id.Secret, "service", first, nonceS))) {
		return nil, ErrProof
	}
	_ = c.SetDeadline(time.Time{})
	return &conn{Conn: c, r: r}, nil
}

// MAC is the proof of one role; the role is part of it, so that a reflected answer proves nothing.
func MAC(secret []byte, role, first, nonceS string) string {
	m := hmac.New(sha256.New, secret)
	_, _ = io.WriteString(m, role+"\n"+first+"\n"+nonceS)
	return hex.EncodeToString(m.Sum(nil))
}

func readLine(r *bufio.Reader) (string, error) {
	line := make([]byte, 0, 80)
	for {
		b, err := r.ReadByte()
		switch {
		case err != nil:
			return "", err
		case b == '\n':
			return string(line), nil
		case len(line) == MaxLine:
			return "", ErrLine
		}
		line = append(line, b)
	}
}

func isHex64(s string) bool {
	if len(s) != 64 {
		return false
	}
	for i := range len(s) {
		if !(s[i] >= '0' && s[i] <= '9' || s[i] >= 'a' && s[i] <= 'f') {
			return false
		}
	}
	return true
}

// readBuffer saves system calls: net/http reads each HTTP/2 frame's header and payload by themselves.
const readBuffer = 128 << 10

// conn is the connection after the handshake: what was read ahead comes first.
type conn struct {
	net.Conn
	r *bufio.Reader
}

func (c *conn) Read(p []byte) (int, error) { return c.r.Read(p) }
