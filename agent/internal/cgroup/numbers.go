package cgroup

import (
	"bytes"
	"math"
	"strconv"
)

// Number reads a file that is one number; "max" is the largest.
func Number(raw []byte) (uint64, bool) {
	text := string(bytes.TrimSpace(raw))
	if text == "max" {
		return math.MaxUint64, true
	}
	n, err := strconv.ParseUint(text, 10, 64)
	return n, err == nil
}

// Field reads one number of a file of "name number" lines.
func Field(raw []byte, name string) (uint64, bool) {
	for line := range bytes.Lines(raw) {
		if value, ok := bytes.CutPrefix(line, []byte(name+" ")); ok {
			return Number(value)
		}
	}
	return 0, false
}
