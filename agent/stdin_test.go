package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestStdinOfTheStart(t *testing.T) {
	s := connect(t)
	big := make([]byte, 1<<20)
	rand.Read(big)
	for name, c := range map[string]struct {
		stdin any // absent where it is nil
		out   string
	}{
		"none":  {nil, ""},
		"empty": {[]byte{}, ""},
		"text":  {[]byte("a\r\n\x00b"), "a\r\n\x00b"},
		"big":   {big, string(big)},
	} {
		command := map[string]any{"argv": []string{"cat"}}
		if c.stdin != nil {
			command["stdin"] = c.stdin
		}
		if got := s.command(command).takeIn(); got.out != c.out || got.code() != 0 {
			t.Errorf("%s: %d bytes, %v %v", name, len(got.out), got.exit, got.failed)
		}
	}
	for _, stdin := range []any{append(big, 0), "no base64!", 7} {
		if got := s.command(map[string]any{"argv": []string{"cat"}, "stdin": stdin}).read(0); got.failed["reason"] != "invalid" {
			t.Errorf("%v %v", got.failed, got.exit)
		}
	}
	// Who does not read it ends as ever.
	if got := s.command(map[string]any{"argv": []string{"true"}, "stdin": big}).finish(); got.code() != 0 {
		t.Error(got.exit)
	}
}

func TestStdinOutlivesTheService(t *testing.T) {
	s := connect(t)
	big := bytes.Repeat([]byte("0123456789abcde\n"), 1<<16)
	st := s.command(map[string]any{"argv": []string{"/bin/sh", "-c", "sleep 0.3; cat | wc -c"}, "stdin": big})
	st.next()
	s.conn.Close()
	next := connect(t)
	waitExit(t, next, st.id)
	if got := next.attach(st.id, "0").finish(); strings.TrimSpace(got.out) != fmt.Sprint(len(big)) {
		t.Errorf("%q", got.out)
	}
}

func TestWritingToStdin(t *testing.T) {
	s := connect(t)
	st := s.listener("cat", "stdin", []byte("first "))
	s.write(st.id, "second ", false).wants(t, 200, `{"written":7,"closed":false}`)
	s.write(st.id, "", false).wants(t, 200, `{"written":0,"closed":false}`)
	s.write(st.id, "third", true).wants(t, 200, `{"written":5,"closed":true}`)
	got := st.read(0)
	if got.out != "first second third" || got.code() != 0 {
		t.Errorf("%q %v", got.out, got.exit)
	}
	s.write(st.id, "late", true).wants(t, 409, `"kind":"conflict"`, st.id+": the command has finished; 0 bytes were taken")
	st.release()
	s.write(st.id, "late", true).wants(t, 404, `"kind":"not_found"`)

	s.write("x", "", true).wants(t, 404)
	if code, _ := s.call("PUT", "/commands/x/stdin?close=1", ""); code != 400 {
		t.Error(code)
	}
}

func TestStdinThatTakesNothing(t *testing.T) {
	s := connect(t)
	plain := s.shell("sleep 60")
	plain.next()
	s.write(plain.id, "x", true).wants(t, 409, "its stdin is not open for writing; 0 bytes were taken")
	started := s.command(map[string]any{"argv": []string{"sleep", "60"}, "stdin": make([]byte, 1<<20)})
	started.next()
	s.write(started.id, "x", true).wants(t, 409, "its stdin is not open for writing; 0 bytes were taken")

	closed := s.listener("sleep 60")
	s.write(closed.id, "", true).wants(t, 200)
	s.write(closed.id, "x", false).wants(t, 409, "its stdin has been closed; 0 bytes were taken")

	left := s.listener("exec <&-; echo closed; sleep 60")
	left.read(1)
	s.write(left.id, "x", false).wants(t, 409, "nobody reads its stdin any more; 0 bytes were taken")
	s.write(left.id, "", true).wants(t, 409, "nobody reads its stdin any more")
	for _, st := range []*stream{plain, started, closed, left} {
		s.call("POST", "/commands/"+st.id+"/signal?signal=9", "")
		st.finish()
	}
}

// takeIn reads to the end and acknowledges all the while, as the service does.
func (st *stream) takeIn() (got seen) {
	for got.exit == nil && got.failed == nil {
		more := st.read(1)
		got.add(more.log)
		got.exit, got.failed = more.exit, more.failed
		st.ack(int64(len(got.log)))
	}
	st.release()
	return got
}

// What fills a pipe whoever reads it, and the buffers before that.
var flood = strings.Repeat("x", 4<<20)

func TestStdinNobodyReads(t *testing.T) {
	s := connect(t)
	full := s.listener("sleep 60")
	answers := make(chan input, 3)
	go func() { answers <- s.write(full.id, flood, true) }()
	time.Sleep(100 * time.Millisecond)
	go func() { answers <- s.write(full.id, "behind", true) }() // waits for its turn

	// Neither commands nor other stdins mind.
	begun := time.Now()
	for range 10 {
		st := s.listener("cat")
		s.write(st.id, flood[:100_000], true).wants(t, 200)
		if got := st.finish(); len(got.out) != 100_000 {
			t.Fatal(got.exit)
		}
	}
	if took := time.Since(begun); took > 3*time.Second {
		t.Error(took)
	}
	select {
	case got := <-answers:
		t.Fatalf("%+v", got)
	default:
	}
	s.call("POST", "/commands/"+full.id+"/signal?signal=9", "")
	for range 2 {
		got := <-answers
		if got.wants(t, 409); !strings.Contains(got.body, "finished") && !strings.Contains(got.body, "nobody reads") {
			t.Error(got)
		}
	}
	full.finish()
}

func TestCallsWriteOneAfterTheOther(t *testing.T) {
	s := connect(t)
	st := s.listener("cat", "stdin", []byte(strings.Repeat("0", 300_000)))
	var all sync.WaitGroup
	for i := range 9 {
		all.Add(1)
		go func() {
			defer all.Done()
			s.write(st.id, strings.Repeat(fmt.Sprint(i+1), 300_000), false).wants(t, 200, `"written":300000`)
		}()
	}
	read := make(chan seen)
	go func() { read <- st.takeIn() }()
	all.Wait()
	s.write(st.id, "", true).wants(t, 200)
	got := <-read
	if len(got.out) != 3_000_000 || got.out[0] != '0' {
		t.Fatalf("%d bytes, %v", len(got.out), got.exit)
	}
	for i := 0; i < len(got.out); i += 300_000 {
		if part := got.out[i : i+300_000]; strings.Trim(part, part[:1]) != "" {
			t.Errorf("mixed at %d", i)
		}
	}
}

func TestCutOffCallLeavesStdinOpen(t *testing.T) {
	s := connect(t)
	door := t.TempDir() + "/go"
	st := s.listener("echo $$; until [ -e " + door + " ]; do sleep 0.02; done; cat | wc -c")
	pid := pids(st.read(1).out, 1)[0]
	for _, c := range []struct {
		part    string
		arrived int
	}{{"12345", 5}, {flood, 5 + 32768}} { // broken off while it is sent, and while nobody reads
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		pr, pw := io.Pipe()
		go io.WriteString(pw, c.part)
		go func() {
			for unread(pid) < c.arrived && ctx.Err() == nil {
				time.Sleep(2 * time.Millisecond)
			}
			cancel()
		}()
		if got := s.stream(ctx, st.id, pr, true); got.err == nil {
			t.Errorf("%+v", got)
		}
		cancel()
		pr.Close()
	}
	os.WriteFile(door, nil, 0o600)
	s.write(st.id, "end", true).wants(t, 200, `{"written":3,"closed":true}`)
	var n int
	fmt.Sscan(st.finish().out, &n)
	if n < 8+32768 || n > 8+len(flood) {
		t.Errorf("%d bytes", n)
	}
}

func TestCommandsEndIsTheCallsEnd(t *testing.T) {
	s := connect(t)
	st := s.listener("head -c 3; sleep 0.2")
	pr, pw := io.Pipe() // somebody who says nothing more
	defer pw.Close()
	go io.WriteString(pw, "abc")
	begun := time.Now()
	s.stream(context.Background(), st.id, pr, true).wants(t, 409, "the command has finished; 3 bytes were taken")
	if took := time.Since(begun); took > 2*time.Second {
		t.Error(took)
	}
	st.finish()
}

func TestTooManyWriters(t *testing.T) {
	s := connect(t)
	st := s.listener("sleep 60")
	answers := make(chan input, 80)
	for range cap(answers) {
		go func() { answers <- s.write(st.id, flood[:100_000], false) }()
	}
	for range cap(answers) - 64 {
		(<-answers).wants(t, 503, `"kind":"no_resources"`)
	}
	s.call("POST", "/commands/"+st.id+"/signal?signal=9", "")
	for range 64 {
		(<-answers).wants(t, 409)
	}
	st.finish()
}

func TestFramesOfACommandMayBeLarger(t *testing.T) {
	s := connect(t)
	command := map[string]any{"id": "large", "argv": []string{"true"}, "stdin": make([]byte, 1<<20)}
	fill := func(size int) []byte {
		command["env"] = map[string]string{}
		bare, _ := json.Marshal(command)
		for i := 0; size-len(bare) > i*100_010; i++ { // the kernel takes 128 KiB of one
			command["env"].(map[string]string)[fmt.Sprint("V", 10+i)] = strings.Repeat("x", 100_000)
		}
		payload, _ := json.Marshal(command)
		return payload
	}
	payload := fill(2_300_000)
	if got := s.open("/commands", "large", frameOf('C', payload)).finish(); got.code() != 0 {
		t.Errorf("%d bytes: %v %v", len(payload), got.failed, got.exit)
	}
	if kind, _ := s.open("/commands", "larger", frameOf('C', make([]byte, 1<<20+3<<19+1))).next(); kind != 0 {
		t.Errorf("%c", kind)
	}
}
