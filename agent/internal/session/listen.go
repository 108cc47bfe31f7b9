package session

import (
	"net"
	"slices"
	"sync"
	"time"

	"atoll/agent/internal/handshake"
)

// maxUnproven bounds connections that have not shown the secret: anybody inside can connect.
const maxUnproven = 8

// Listen takes connections from `connect`, for ever. The name is in the abstract namespace: no file, no image needed.
func Listen(h *Hub, name string, id handshake.Identity) error {
	l, err := net.Listen("unix", name)
	if err != nil {
		return err
	}
	go accept(h, l, id)
	return nil
}

func accept(h *Hub, l net.Listener, id handshake.Identity) {
	w := &waiting{}
	for {
		c, err := l.Accept()
		if err != nil {
			time.Sleep(20 * time.Millisecond) // out of descriptors: they come back
			continue
		}
		w.add(c)
		go func() {
			proven, err := handshake.Agent(c, id)
			w.remove(c)
			if err != nil {
				_ = c.Close()
				return
			}
			h.Offer(proven)
		}()
	}
}

// waiting are the unproven connections, oldest first.
type waiting struct {
	mu    sync.Mutex
	conns []net.Conn
}

func (w *waiting) add(c net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.conns = append(w.conns, c)
	if len(w.conns) > maxUnproven {
		_ = w.conns[0].Close()
		w.conns = slices.Delete(w.conns, 0, 1)
	}
}

func (w *waiting) remove(c net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if i := slices.Index(w.conns, c); i >= 0 {
		w.conns = slices.Delete(w.conns, i, i+1)
	}
}
