// Package session keeps the one proven connection to the service: by dialling out, or by listening.
package session

import (
	"net"
	"sync"
)

// Hub is a net.Listener that yields connections which have proven the secret. The newest is the only one.
type Hub struct {
	fresh   chan net.Conn
	mu      sync.Mutex
	current net.Conn
}

// NewHub makes one for http.Server.Serve.
func NewHub() *Hub { return &Hub{fresh: make(chan net.Conn)} }

// Offer hands a proven connection to the server, closes the older one, and returns a channel that closes with it.
func (h *Hub) Offer(c net.Conn) <-chan struct{} {
	w := &watched{Conn: c, closed: make(chan struct{})}
	h.mu.Lock()
	older := h.current
	h.current = w
	h.mu.Unlock()
	if older != nil {
		_ = older.Close()
	}
	h.fresh <- w
	return w.closed
}

// Accept, Close and Addr make it a net.Listener.
func (h *Hub) Accept() (net.Conn, error) { return <-h.fresh, nil }

// Close does nothing: the server ends with the process.
func (h *Hub) Close() error { return nil }

// Addr is nowhere.
func (h *Hub) Addr() net.Addr { return &net.UnixAddr{Net: "unix"} }

type watched struct {
	net.Conn
	once   sync.Once
	closed chan struct{}
}

func (w *watched) Close() error {
	w.once.Do(func() { close(w.closed) })
	return w.Conn.Close()
}
