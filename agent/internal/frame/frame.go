// Package frame is the framing of a command's stream: type (1 byte), length (4 bytes, big endian), payload.
package frame

import (
	"encoding/binary"
	"errors"
	"io"
)

// MaxPayload bounds a frame; a longer one is a protocol error. A Command may carry 1 MiB of stdin in base64 besides.
const (
	MaxPayload = 1 << 20
	MaxCommand = MaxPayload + 3<<19
)

// HeaderSize is the bytes before a payload.
const HeaderSize = 5

// The types; the protocol document says what they carry.
const (
	Command  byte = 'C'
	Ack      byte = 'A'
	Release  byte = 'R'
	Started  byte = 'S'
	Failed   byte = 'F'
	Output   byte = 'O'
	Exited   byte = 'X'
	Position      = 8 // bytes of the u64 in front of an Output's records
)

// ErrTooLong is a frame above its bound.
var ErrTooLong = errors.New("frame too long")

// PutHeader writes a frame's header into dst[:HeaderSize].
func PutHeader(dst []byte, kind byte, length int) {
	dst[0] = kind
	binary.BigEndian.PutUint32(dst[1:], uint32(length))
}

// Make builds a whole frame.
func Make(kind byte, payload []byte) []byte {
	out := make([]byte, HeaderSize+len(payload))
	PutHeader(out, kind, len(payload))
	copy(out[HeaderSize:], payload)
	return out
}

// Read reads one frame. io.EOF means the stream ended between two frames.
func Read(r io.Reader) (kind byte, payload []byte, err error) { return read(r, MaxPayload) }

// ReadFirst reads the frame that a stream begins with, which may be a Command.
func ReadFirst(r io.Reader) (kind byte, payload []byte, err error) { return read(r, MaxCommand) }

func read(r io.Reader, limit uint32) (kind byte, payload []byte, err error) {
	var head [HeaderSize]byte
	if _, err = io.ReadFull(r, head[:]); err != nil {
		return 0, nil, err
	}
	n := binary.BigEndian.Uint32(head[1:])
	if n > limit {
		return 0, nil, ErrTooLong
	}
	if n == 0 {
		return head[0], nil, nil
	}
	payload = make([]byte, n)
	if _, err = io.ReadFull(r, payload); err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return head[0], payload, err
}
