package files

import (
	"strconv"
	"strings"
)

// parseRange reads one range of bytes as HTTP's header has it: "bytes=0-99", "bytes=100-", "bytes=-100". Not ok: it is no
// such thing, and to be passed over. A length of 0 or less: it lies outside.
func parseRange(spec string, size int64) (from, length int64, ok bool) {
	unit, set, found := strings.Cut(spec, "=")
	if !found || !strings.EqualFold(strings.TrimSpace(unit), "bytes") {
		return 0, 0, false
	}
	first, last, found := strings.Cut(strings.TrimSpace(set), "-")
	if !found || strings.Contains(set, ",") {
		return 0, 0, false
	}
	first, last = strings.TrimSpace(first), strings.TrimSpace(last)
	if first == "" {
		n, ok := digits(last)
		if n > 0 && size == 0 {
			return 0, 0, false // the last bytes of nothing are all of it
		}
		n = min(n, size)
		return size - n, n, ok
	}
	from, ok = digits(first)
	end := size - 1
	if last != "" {
		to, lastOK := digits(last)
		if !lastOK || to < from {
			return 0, 0, false
		}
		end = min(end, to)
	}
	return from, end - from + 1, ok
}

func digits(text string) (int64, bool) {
	if text == "" || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		n = 1<<63 - 1 // more than any file has
	}
	return n, true
}
