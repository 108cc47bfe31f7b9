// Package spool keeps a command's log until the service has it safely: in memory while it is small or the service keeps
// up, in files of the sandbox when it grows. A position is a byte offset in the log, a log is a row of whole records.
package spool

import "encoding/binary"

// A record is stream (1) · length (3) · time (8, unix µs) · data.
const (
	RecordHeader = 12
	MaxData      = 65536
	MaxRecord    = RecordHeader + MaxData
)

// PutRecord writes a record's header into dst[:RecordHeader].
func PutRecord(dst []byte, stream byte, length int, micros int64) {
	binary.BigEndian.PutUint32(dst, uint32(length)) // the top byte is zero: length ≤ 65536
	dst[0] = stream
	binary.BigEndian.PutUint64(dst[4:], uint64(micros))
}

// recordAt gives the size of the record that b starts with: 0 when b is too short to tell, -1 when it is none.
func recordAt(b []byte) int {
	if len(b) < RecordHeader {
		return 0
	}
	n := int(b[1])<<16 | int(b[2])<<8 | int(b[3])
	if b[0] != 1 && b[0] != 2 || n == 0 || n > MaxData {
		return -1
	}
	return RecordHeader + n
}

// whole gives how many bytes of b are whole records, and whether b starts with one that makes sense.
func whole(b []byte) (n int, sane bool) {
	for n < len(b) {
		size := recordAt(b[n:])
		if size < 0 {
			return n, n > 0
		}
		if size == 0 || n+size > len(b) {
			break
		}
		n += size
	}
	return n, true
}

// boundary gives the first record boundary in b at or after want, or len(b).
func boundary(b []byte, want int) int {
	n := 0
	for n < want && n < len(b) {
		size := recordAt(b[n:])
		if size <= 0 || n+size > len(b) {
			return len(b)
		}
		n += size
	}
	return n
}
