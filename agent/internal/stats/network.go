package stats

import (
	"strconv"
	"strings"
)

// networkOf reads /proc/net/dev: after a name and a colon eight numbers of what came, then eight of what went.
func networkOf(raw []byte) (n Network) {
	for line := range strings.Lines(string(raw)) {
		name, counters, ok := strings.Cut(line, ":")
		f := strings.Fields(counters)
		if !ok || strings.TrimSpace(name) == "lo" || len(f) < 9 {
			continue
		}
		rx, _ := strconv.ParseUint(f[0], 10, 64)
		tx, _ := strconv.ParseUint(f[8], 10, 64)
		n.RxBytes += rx
		n.TxBytes += tx
	}
	return n
}
