package api

import (
	"math"
	"net/http"

	"atoll/agent/internal/files"
)

func (a *API) readTree(w http.ResponseWriter, r *http.Request) {
	q := ask(r)
	path, user := q.place()
	compress := q.flag("gzip")
	if q.refused(w) {
		return
	}
	archive, err := a.Files.Archive(path, user)
	if err != nil {
		fail(w, err)
		return
	}
	defer archive.Close()
	w.Header().Set("Content-Type", "application/x-tar") // what fails says otherwise
	out := &lateWriter{w: w}
	if err := archive.SendTo(r.Context(), out, compress); err != nil {
		out.fail(err)
	}
}

// lateWriter knows whether its answer has begun, with the first bytes: what fails before them can still be said in words.
type lateWriter struct {
	w     http.ResponseWriter
	begun bool
}

func (l *lateWriter) Write(p []byte) (int, error) {
	l.begun = true
	return l.w.Write(p)
}

// fail says what went wrong, or breaks the stream off where bytes are out: no other end would be honest.
func (l *lateWriter) fail(err error) {
	if l.begun {
		panic(http.ErrAbortHandler)
	}
	fail(l.w, err)
}

func (a *API) writeTree(w http.ResponseWriter, r *http.Request) {
	q := ask(r)
	path, user := q.place()
	options := files.UnpackOptions{
		MaxBytes: q.number("max_bytes", math.MaxInt64), MaxEntries: q.number("max_entries", math.MaxInt64), KeepLinks: q.flag("keep_links"),
	}
	if q.refused(w) {
		return
	}
	done, err := a.Files.Unpack(r.Context(), path, user, r.Body, options)
	reply(w, done, err)
}
