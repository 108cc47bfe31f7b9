package api

import (
	"fmt"
	"net/http"
	"strconv"

	"atoll/agent/internal/files"
)

// place reads path and user, which all calls on files share.
func place(r *http.Request) (path, user string, err error) {
	if path, err = parameter(r, "path"); err == nil {
		user, err = parameter(r, "user")
	}
	return path, user, err
}

func (a *API) readFile(w http.ResponseWriter, r *http.Request) {
	path, user, err := place(r)
	if err != nil {
		fail(w, err)
		return
	}
	c, err := a.Files.Open(path, user)
	if err != nil {
		fail(w, err)
		return
	}
	defer c.Close()
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("X-Atoll-Mode", fmt.Sprintf("%04o", c.Mode))
	h.Set("X-Atoll-Mtime", strconv.FormatInt(c.MtimeMs, 10))
	if c.Size >= 0 {
		h.Set("X-Atoll-Size", strconv.FormatInt(c.Size, 10))
		h.Set("Content-Length", strconv.FormatInt(c.Size, 10))
	}
	if err := c.CopyTo(w); err != nil {
		panic(http.ErrAbortHandler) // the headers are out: a broken stream is the only honest end
	}
}

func (a *API) writeFile(w http.ResponseWriter, r *http.Request) {
	path, user, err := place(r)
	if err != nil {
		fail(w, err)
		return
	}
	written, err := a.Files.Write(r.Context(), path, user, r.Body)
	if err != nil {
		fail(w, err)
		return
	}
	answer(w, written)
}

func (a *API) removeFile(w http.ResponseWriter, r *http.Request) {
	path, user, err := place(r)
	if err == nil {
		err = a.Files.Remove(r.Context(), path, user)
	}
	if err != nil {
		fail(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (a *API) listFiles(w http.ResponseWriter, r *http.Request) {
	path, user, err := place(r)
	var l *files.Listing
	if err == nil {
		l, err = a.Files.List(path, user)
	}
	if err != nil {
		fail(w, err)
		return
	}
	defer l.Close()
	w.Header().Set("Content-Type", "application/x-ndjson")
	if err := l.SendTo(w); err != nil {
		panic(http.ErrAbortHandler)
	}
}
