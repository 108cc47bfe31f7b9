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
	w.Header().Set("Content-Type", "application/x-tar")
	w.WriteHeader(http.StatusOK)
	if http.NewResponseController(w).Flush() != nil || archive.SendTo(r.Context(), w, compress) != nil {
		panic(http.ErrAbortHandler)
	}
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
