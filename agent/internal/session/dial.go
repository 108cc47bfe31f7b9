package session

import (
	"net"
	"time"

	"atoll/agent/internal/handshake"
)

// DialPause is between two tries; polling, because inotify instances are few per uid.
const DialPause = 100 * time.Millisecond

// Dial keeps a connection to the service's socket for ever.
func Dial(h *Hub, path string, id handshake.Identity) {
	for ; ; time.Sleep(DialPause) {
		c, err := net.DialTimeout("unix", path, handshake.Deadline)
		if err != nil {
			continue
		}
		proven, err := handshake.Agent(c, id)
		if err != nil {
			_ = c.Close()
			continue
		}
		<-h.Offer(proven)
	}
}
