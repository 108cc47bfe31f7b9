// Package api is the agent's HTTP/2 face: it parses a call, hands it on, and puts the answer into words.
package api

import (
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"atoll/agent/internal/command"
	"atoll/agent/internal/files"
	"atoll/agent/internal/stats"
)

// API answers the service's calls.
type API struct {
	Build, Incarnation string
	Started            time.Time
	Commands           *command.Table
	Stats              *stats.Reader
	Files              *files.Service
}

// Server makes the HTTP/2 server. The connection's window is much larger than those of all streams that may lie unread (of
// calls that write to a stdin there are at most 64), so that each stalls itself alone; and many more streams are allowed
// than commands are likely to run.
func (a *API) Server() *http.Server {
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	return &http.Server{
		Handler:        a.routes(),
		Protocols:      protocols,
		MaxHeaderBytes: 1 << 20, // the service sends no more: paths of deep trees, escaped
		HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams:          4096,
			MaxReceiveBufferPerConnection: 256 << 20,
			MaxReceiveBufferPerStream:     1 << 20,
			MaxReadFrameSize:              256 << 10,
		},
		ErrorLog: log.New(io.Discard, "", 0), // PID 1 never writes where nobody may be reading
	}
}

func (a *API) routes() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("GET /health", a.health)
	m.HandleFunc("GET /stats", a.stats)
	m.HandleFunc("PUT /stop-grace", a.stopGrace)
	m.HandleFunc("POST /commands", a.start)
	m.HandleFunc("GET /commands", a.list)
	m.HandleFunc("POST /commands/{id}/attach", a.attach)
	m.HandleFunc("POST /commands/{id}/signal", a.signal)
	m.HandleFunc("PUT /commands/{id}/stdin", a.writeStdin)
	m.HandleFunc("POST /commands/{id}/release", a.release)
	a.fileRoutes(m)
	m.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fail(w, &files.Error{Kind: "not_found", Message: "no such call: " + r.Method + " " + r.URL.Path})
	})
	return m
}

func (a *API) health(w http.ResponseWriter, _ *http.Request) {
	answer(w, struct {
		Build       string `json:"build"`
		Incarnation string `json:"incarnation"`
		PID         int    `json:"pid"`
		UptimeMs    int64  `json:"uptime_ms"`
		Commands    int    `json:"commands"`
	}{a.Build, a.Incarnation, os.Getpid(), time.Since(a.Started).Milliseconds(), a.Commands.Count()})
}

func (a *API) stats(w http.ResponseWriter, _ *http.Request) { answer(w, a.Stats.Read()) }

const maxStopGraceMs = 600_000

func (a *API) stopGrace(w http.ResponseWriter, r *http.Request) {
	ms, err := number(r, "ms", -1)
	if err == nil && (ms < 0 || ms > maxStopGraceMs) {
		err = &files.Error{Kind: "invalid", Message: "ms: not a number from 0 to " + strconv.Itoa(maxStopGraceMs)}
	}
	if err != nil {
		fail(w, err)
		return
	}
	a.Commands.SetStopGrace(time.Duration(ms) * time.Millisecond)
	w.WriteHeader(http.StatusNoContent)
}

// statuses of the kinds; all others are 400.
var statuses = map[string]int{
	"not_found": 404, "permission": 403, "read_only": 403, "no_space": 507, "exists": 409, "busy": 409, "not_empty": 409,
	"conflict": 409, "precondition": 412, "range": 416, "too_large": 413, "no_resources": 503, "internal": 500,
}

func fail(w http.ResponseWriter, err error) {
	var e *files.Error
	if !errors.As(err, &e) {
		e = &files.Error{Kind: "internal", Message: err.Error()}
	}
	status, ok := statuses[e.Kind]
	if !ok {
		status = http.StatusBadRequest
	}
	body, _ := json.Marshal(e)
	send(w, status, body)
}

func answer(w http.ResponseWriter, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		fail(w, err)
		return
	}
	send(w, http.StatusOK, body)
}

func send(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// parameter reads one query parameter as percent-encoded bytes: unlike in a form, a plus is a plus.
func parameter(r *http.Request, name string) (string, error) {
	for _, pair := range strings.Split(r.URL.RawQuery, "&") {
		if key, value, _ := strings.Cut(pair, "="); key == name {
			out, err := url.PathUnescape(value)
			if err != nil {
				return "", &files.Error{Kind: "invalid", Message: name + ": not percent-encoded"}
			}
			return out, nil
		}
	}
	return "", nil
}
