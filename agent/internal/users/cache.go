package users

import (
	"io"
	"os"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// cachedFile keeps a small file's lines and reads it again when its identity changes. The file belongs to the sandbox:
// it may be missing, huge, or a FIFO, and must cost us nothing then.
type cachedFile struct {
	path string
	mu   sync.Mutex
	seen unix.Stat_t
	text []string
}

const maxFile = 1 << 20

func (c *cachedFile) lines() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var st unix.Stat_t
	if unix.Stat(c.path, &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFREG {
		return nil
	}
	s := &c.seen
	if c.text != nil && st.Ino == s.Ino && st.Dev == s.Dev && st.Size == s.Size && st.Mtim == s.Mtim && st.Ctim == s.Ctim {
		return c.text
	}
	f, err := os.OpenFile(c.path, os.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
	if err != nil {
		return nil
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxFile))
	if err != nil {
		return nil
	}
	c.seen, c.text = st, strings.Split(string(raw), "\n")
	return c.text
}
