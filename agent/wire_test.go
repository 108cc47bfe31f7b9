package main

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"testing"
)

// stream is one command's duplex stream as the service sees it.
type stream struct {
	t      *testing.T
	id     string
	in     *io.PipeWriter
	resp   *http.Response
	status int
}

type seen struct {
	started, failed, exit map[string]any
	log                   []byte // whole records
	first                 int64  // position of the first one
	out, err              string
}

func frameOf(kind byte, payload []byte) []byte {
	b := make([]byte, 5, 5+len(payload))
	b[0] = kind
	binary.BigEndian.PutUint32(b[1:], uint32(len(payload)))
	return append(b, payload...)
}

func (s *service) open(path, id string, first []byte) *stream {
	s.t.Helper()
	pr, pw := io.Pipe()
	if first != nil {
		go pw.Write(first)
	}
	req, _ := http.NewRequest("POST", "http://agent"+path, pr)
	resp, err := s.http.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { pw.Close(); resp.Body.Close() })
	return &stream{t: s.t, id: id, in: pw, resp: resp, status: resp.StatusCode}
}

func (s *service) command(c map[string]any) *stream {
	s.t.Helper()
	if c["id"] == nil {
		b := make([]byte, 8)
		rand.Read(b)
		c["id"] = hex.EncodeToString(b)
	}
	payload, _ := json.Marshal(c)
	return s.open("/commands", c["id"].(string), frameOf('C', payload))
}

func (s *service) shell(script string) *stream {
	s.t.Helper()
	return s.command(map[string]any{"argv": []string{"/bin/sh", "-c", script}})
}

func (s *service) attach(id, from string) *stream {
	s.t.Helper()
	return s.open("/commands/"+id+"/attach?from="+from, id, nil)
}

// next reads one frame; kind 0 is the stream's end.
func (st *stream) next() (byte, []byte) {
	var head [5]byte
	if _, err := io.ReadFull(st.resp.Body, head[:]); err != nil {
		return 0, nil
	}
	payload := make([]byte, binary.BigEndian.Uint32(head[1:]))
	if _, err := io.ReadFull(st.resp.Body, payload); err != nil {
		st.t.Error("a frame broke off")
		return 0, nil
	}
	return head[0], payload
}

// read collects until the exit, a failure or the end, or until some output came (if some > 0).
func (st *stream) read(some int) (got seen) {
	st.t.Helper()
	got.first = -1
	for {
		kind, payload := st.next()
		switch kind {
		case 0:
			return got
		case 'S':
			json.Unmarshal(payload, &got.started)
		case 'F':
			json.Unmarshal(payload, &got.failed)
			return got
		case 'X':
			json.Unmarshal(payload, &got.exit)
			return got
		case 'O':
			at := int64(binary.BigEndian.Uint64(payload))
			if got.first < 0 {
				got.first = at
			} else if at != got.first+int64(len(got.log)) {
				st.t.Errorf("position %d, expected %d", at, got.first+int64(len(got.log)))
			}
			got.add(payload[8:])
			if some > 0 && len(got.log) >= some {
				return got
			}
		}
	}
}

func (g *seen) add(records []byte) {
	g.log = append(g.log, records...)
	for len(records) > 0 {
		n := int(records[1])<<16 | int(records[2])<<8 | int(records[3])
		data := string(records[12 : 12+n])
		if records[0] == 1 {
			g.out += data
		} else {
			g.err += data
		}
		records = records[12+n:]
	}
}

func (st *stream) ack(position int64) {
	st.in.Write(frameOf('A', binary.BigEndian.AppendUint64(nil, uint64(position))))
}

// release says that the service has everything, and waits for the stream's end.
func (st *stream) release() {
	st.in.Write(frameOf('R', nil))
	io.Copy(io.Discard, st.resp.Body)
	st.in.Close()
}

func (st *stream) finish() seen {
	st.t.Helper()
	got := st.read(0)
	st.release()
	return got
}

func (g seen) code() int {
	if g.exit == nil {
		return -1
	}
	return int(g.exit["exit_code"].(float64))
}
