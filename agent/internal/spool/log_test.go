package spool

import (
	"bytes"
	"errors"
	"math/rand"
	"os"
	"testing"
	"time"
)

func record(n int, fill byte) []byte {
	b := make([]byte, RecordHeader+n)
	PutRecord(b, 1, n, 42)
	for i := RecordHeader; i < len(b); i++ {
		b[i] = fill
	}
	return b
}

func open(t *testing.T, limit int64) (*Store, *Log) {
	s := NewStore(t.TempDir(), limit, func(fn func()) { fn() })
	return s, s.Open()
}

func files(s *Store) int {
	all, _ := os.ReadDir(s.dir)
	return len(all)
}

// all reads from pos to the end; jumps counts positions that were not the expected one.
func all(t *testing.T, l *Log, pos int64) (out []byte, jumps int) {
	buf := make([]byte, 2*MaxRecord)
	for {
		n, at, err := l.Read(pos, buf)
		if err != nil {
			t.Fatal(err)
		}
		if at != pos {
			jumps++
		}
		if n == 0 {
			return out, jumps
		}
		out, pos = append(out, buf[:n]...), at+int64(n)
	}
}

func TestReadsWhatWasAppended(t *testing.T) {
	s, l := open(t, 64<<20)
	var want []byte
	rnd := rand.New(rand.NewSource(1))
	for len(want) < 5<<20 {
		r := record(1+rnd.Intn(MaxData), byte(rnd.Intn(256)))
		want = append(want, r...)
		if err := l.Append(r); err != nil {
			t.Fatal(err)
		}
	}
	if files(s) == 0 {
		t.Fatal("5 MiB should have gone to disk")
	}
	if got, jumps := all(t, l, 0); jumps != 0 || !bytes.Equal(got, want) {
		t.Fatalf("%d bytes of %d, %d jumps", len(got), len(want), jumps)
	}
	// Resuming in the middle, at a record, gives exactly the rest.
	at := int64(boundary(want, len(want)/2))
	if got, jumps := all(t, l, at); jumps != 0 || !bytes.Equal(got, want[at:]) {
		t.Fatalf("resume: %d bytes, %d jumps", len(got), jumps)
	}
	if !l.Valid(at) || l.Valid(at+1) || l.Valid(int64(len(want))+1) || !l.Valid(int64(len(want))) {
		t.Fatal("positions are judged wrongly")
	}
	l.Ack(int64(len(want)))
	if n := files(s); n != 0 {
		t.Fatalf("%d files are left after everything was acknowledged", n)
	}
	l.Close()
	if s.memory.Load() != 0 {
		t.Fatalf("%d bytes of memory are still counted", s.memory.Load())
	}
}

func TestSmallOutputNeedsNoFile(t *testing.T) {
	s, l := open(t, 1<<20)
	_ = l.Append(record(10, 'a'))
	if files(s) != 0 {
		t.Fatal("a file for ten bytes")
	}
	l.Close()
}

func TestDropsOldestWhenNobodyReads(t *testing.T) {
	const limit = 256 << 10
	s, l := open(t, limit)
	var end int64
	for i := range 400 {
		r := record(4000, byte(i))
		end += int64(len(r))
		if err := l.Append(r); err != nil {
			t.Fatal(err)
		}
		if first, e := l.Bounds(); e-first > limit || e != end {
			t.Fatalf("%d kept, length %d want %d", e-first, e, end)
		}
	}
	first, _ := l.Bounds()
	if first == 0 || first%int64(RecordHeader+4000) != 0 {
		t.Fatalf("first kept %d is not a record's start", first)
	}
	if end-first < limit/2 {
		t.Fatalf("only %d bytes are kept of %d", end-first, limit)
	}
	got, jumps := all(t, l, 0)
	if jumps != 1 || int64(len(got)) != end-first {
		t.Fatalf("%d jumps, %d bytes", jumps, len(got))
	}
	l.Close()
	if files(s) != 0 {
		t.Fatal("files are left")
	}
}

func TestAttachedFullLogWaits(t *testing.T) {
	_, l := open(t, 64<<10)
	l.Attach(true)
	appended := make(chan int, 64)
	go func() {
		for i := range 40 {
			_ = l.Append(record(4000, byte(i)))
			appended <- i
		}
		close(appended)
	}()
	count := 0
	for waiting := true; waiting; {
		select {
		case <-appended:
			count++
		case <-time.After(time.Second):
			waiting = false
		}
	}
	if count < 8 || count > 17 {
		t.Fatalf("%d records of 4 KB fit into 64 KiB", count)
	}
	// Acknowledging makes room; nothing is lost.
	var got []byte
	deadline := time.Now().Add(30 * time.Second)
	for pos := int64(0); len(got) < 40*4012 && time.Now().Before(deadline); {
		buf := make([]byte, MaxRecord)
		n, at, err := l.Read(pos, buf)
		if err != nil || at != pos {
			t.Fatal(at, pos, err)
		}
		got, pos = append(got, buf[:n]...), at+int64(n)
		l.Ack(pos)
	}
	for i := range 40 {
		if !bytes.Equal(got[i*4012:(i+1)*4012], record(4000, byte(i))) {
			t.Fatalf("record %d is not itself", i)
		}
	}
}

func TestDetachLetsGo(t *testing.T) {
	_, l := open(t, 16<<10)
	l.Attach(true)
	done := make(chan struct{})
	go func() {
		for range 20 {
			_ = l.Append(record(4000, 'x'))
		}
		close(done)
	}()
	time.Sleep(20 * time.Millisecond)
	l.Attach(false)
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		t.Fatal("still waiting for a service that has gone")
	}
}

func TestLostFileIsAJump(t *testing.T) {
	s, l := open(t, 64<<20)
	for range 100 {
		_ = l.Append(record(60000, 'x'))
	}
	if err := os.Remove(l.disk.segments[1].path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(l.disk.segments[2].path, bytes.Repeat([]byte{0xff}, 2<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	got, jumps := all(t, l, 0)
	if jumps == 0 || len(got) == 0 || len(got)%(60000+RecordHeader) != 0 {
		t.Fatalf("%d jumps, %d bytes", jumps, len(got))
	}
	_ = s
}

func TestDiskRefuses(t *testing.T) {
	s, l := open(t, 8<<20)
	if err := os.RemoveAll(s.dir); err != nil {
		t.Fatal(err)
	}
	for range 200 {
		if err := l.Append(record(60000, 'x')); err != nil {
			t.Fatal(err)
		}
	}
	first, end := l.Bounds()
	if end != 200*60012 || end-first == 0 || end-first > memoryPerLog {
		t.Fatalf("kept %d of %d", end-first, end)
	}
	if got, _ := all(t, l, 0); int64(len(got)) != end-first {
		t.Fatalf("%d bytes", len(got))
	}
}

func TestManyLogsShareTheMemory(t *testing.T) {
	s := NewStore(t.TempDir(), 1<<20, func(fn func()) { fn() })
	var logs []*Log
	for range 200 {
		l := s.Open()
		for range 8 {
			_ = l.Append(record(16000, 'x'))
		}
		logs = append(logs, l)
	}
	if m := s.memory.Load(); m > memoryInAll*3/2 {
		t.Fatalf("%d bytes in memory", m)
	}
	for _, l := range logs {
		if got, jumps := all(t, l, 0); jumps != 0 || len(got) != 8*16012 {
			t.Fatalf("%d bytes, %d jumps", len(got), jumps)
		}
		l.Close()
	}
	if files(s) != 0 || s.memory.Load() != 0 {
		t.Fatal("something is left")
	}
}

func TestClosedLogRefuses(t *testing.T) {
	_, l := open(t, 1<<20)
	l.Close()
	if err := l.Append(record(1, 'x')); !errors.Is(err, errClosed) {
		t.Fatal(err)
	}
}
