package frame

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"
)

func TestRoundTrip(t *testing.T) {
	var wire bytes.Buffer
	payloads := [][]byte{nil, []byte("x"), bytes.Repeat([]byte("ab"), MaxPayload/2)}
	for _, p := range payloads {
		wire.Write(Make(Output, p))
	}
	r := iotest.OneByteReader(bytes.NewReader(wire.Bytes()))
	for _, want := range payloads {
		kind, got, err := Read(r)
		if err != nil || kind != Output || !bytes.Equal(got, want) {
			t.Fatalf("%c %d bytes %v, want %d bytes", kind, len(got), err, len(want))
		}
	}
	if _, _, err := Read(r); err != io.EOF {
		t.Fatalf("a clean end is io.EOF, got %v", err)
	}
}

func TestTooLong(t *testing.T) {
	head := make([]byte, HeaderSize)
	PutHeader(head, Command, MaxPayload+1)
	if _, _, err := Read(bytes.NewReader(head)); !errors.Is(err, ErrTooLong) {
		t.Fatal(err)
	}
}

func TestCutOff(t *testing.T) {
	whole := Make(Ack, make([]byte, 8))
	for n := 1; n < len(whole); n++ {
		if _, _, err := Read(bytes.NewReader(whole[:n])); err == nil || err == io.EOF {
			t.Fatalf("%d bytes: %v", n, err)
		}
	}
}
