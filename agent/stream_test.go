package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestAttachResumesExactly(t *testing.T) {
	s := connect(t)
	st := s.shell(`i=0; while [ $i -lt 300 ]; do echo line $i; echo err $i >&2; i=$((i+1)); done; sleep 0.1; echo end; exit 3`)
	whole := st.read(2000)
	st.in.Close() // the service is gone; nothing was acknowledged
	st.resp.Body.Close()
	have := whole.first + int64(len(whole.log))
	rest := s.attach(st.id, fmt.Sprint(have))
	got := rest.read(0)
	if got.first != have || got.code() != 3 {
		t.Fatalf("resumed at %d, had %d: %v", got.first, have, got.exit)
	}
	again := s.attach(st.id, "0") // nothing was dropped meanwhile; a newer stream takes over
	all := again.read(0)
	if string(all.log) != string(whole.log)+string(got.log) || int64(all.exit["length"].(float64)) != int64(len(all.log)) {
		t.Errorf("%d + %d bytes are not %d", len(whole.log), len(got.log), len(all.log))
	}
	if kind, _ := rest.next(); kind != 0 {
		t.Error("the older stream goes on")
	}
	if code, _ := s.call("POST", "/commands/"+st.id+"/attach?from=1", ""); code != 400 {
		t.Errorf("in the middle of a record: %d", code)
	}
	again.ack(int64(len(all.log)))
	again.release()
	if code, _ := s.call("POST", "/commands/"+st.id+"/attach?from=0", ""); code != 404 {
		t.Errorf("released: %d", code)
	}
}

func TestBackpressureAndDrop(t *testing.T) {
	s := connect(t)
	// Attached and not acknowledged: the command waits at 1 MiB (ATOLL_SPOOL_MAX here) and loses nothing.
	st := s.shell(`head -c 3000000 /dev/zero; echo done >&2`)
	got := st.read(900_000)
	if strings.Contains(got.err, "done") {
		t.Error("it did not wait")
	}
	for got.exit == nil {
		st.ack(got.first + int64(len(got.log)))
		more := st.read(900_000)
		if more.first >= 0 && more.first != got.first+int64(len(got.log)) {
			t.Fatalf("jump to %d", more.first)
		}
		got.add(more.log)
		got.exit = more.exit
	}
	if len(got.out) != 3_000_000 {
		t.Errorf("%d bytes", len(got.out))
	}
	st.release()
	// Unattached, the oldest goes and the position says so.
	st = s.shell(`sleep 0.2; head -c 5000000 /dev/zero; echo done`)
	st.next()
	st.in.Close()
	st.resp.Body.Close()
	waitExit(t, s, st.id)
	end := s.attach(st.id, "0")
	got = end.read(0)
	if got.first == 0 || got.first+int64(len(got.log)) != int64(got.exit["length"].(float64)) || !strings.HasSuffix(got.out, "done\n") {
		t.Errorf("first %d, %d bytes, %v", got.first, len(got.log), got.exit)
	}
	end.release()
}

func waitExit(t *testing.T, s *service, id string) {
	t.Helper()
	for range 500 {
		var list struct {
			Commands []struct {
				ID   string         `json:"id"`
				Exit map[string]any `json:"exit"`
			} `json:"commands"`
		}
		_, body := s.call("GET", "/commands", "")
		json.Unmarshal([]byte(body), &list)
		for _, c := range list.Commands {
			if c.ID == id && c.Exit != nil {
				return
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("it does not end")
}

func TestStalledStreamHoldsUpNobody(t *testing.T) {
	s := connect(t)
	stalled := s.shell(`cat /dev/zero`)
	stalled.next() // and never again
	begun := time.Now()
	for range 10 {
		if got := s.shell("echo hi").finish(); got.out != "hi\n" {
			t.Fatalf("%+v", got)
		}
	}
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("ten commands took %v", took)
	}
	s.call("POST", "/commands/"+stalled.id+"/signal?signal=9", "")
	stalled.in.Close()
	stalled.resp.Body.Close()
	waitExit(t, s, stalled.id)
	s.call("POST", "/commands/"+stalled.id+"/release", "")
}
