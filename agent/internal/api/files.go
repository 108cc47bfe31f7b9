package api

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"atoll/agent/internal/files"
	"atoll/agent/internal/procs"
)

func (a *API) fileRoutes(m *http.ServeMux) {
	m.HandleFunc("GET /files", a.readFile)
	m.HandleFunc("PUT /files", a.writeFile)
	m.HandleFunc("DELETE /files", working(a.removeFile))
	m.HandleFunc("GET /files/list", working(a.listFiles))
	m.HandleFunc("GET /files/tree", working(a.readTree))
	m.HandleFunc("PUT /files/tree", working(a.writeTree))
	m.HandleFunc("GET /files/stat", a.statFile)
	m.HandleFunc("GET /files/watch", a.watchFiles)
	m.HandleFunc("GET /files/search", working(a.searchFiles))
	m.HandleFunc("PUT /files/replace", working(a.replaceInFile))
	m.HandleFunc("POST /files/mkdir", a.makeDirectory)
	m.HandleFunc("POST /files/symlink", a.makeSymlink)
	m.HandleFunc("POST /files/attributes", working(a.changeAttributes))
	m.HandleFunc("POST /files/move", working(a.moveFile))
	m.HandleFunc("POST /files/copy", working(a.copyFile))
}

// working is for calls that may keep a processor busy: many short system calls in a row do so too, for Go takes the processor away from
// long ones alone.
func working(handle http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		defer procs.Working()()
		handle(w, r)
	}
}

func (a *API) readFile(w http.ResponseWriter, r *http.Request) {
	q := ask(r)
	path, user := q.place()
	if q.refused(w) {
		return
	}
	c, err := a.Files.Open(path, user, files.ReadOptions{Range: r.Header.Get("Range"), IfRange: strings.Trim(r.Header.Get("If-Range"), `"`)})
	if err != nil {
		fail(w, err)
		return
	}
	defer c.Close()
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("X-Atoll-Mode", fmt.Sprintf("%04o", c.Mode))
	h.Set("X-Atoll-Mtime", strconv.FormatInt(c.MtimeMs, 10))
	if c.ETag != "" {
		h.Set("X-Atoll-Etag", c.ETag)
	}
	if c.Size >= 0 {
		h.Set("X-Atoll-Size", strconv.FormatInt(c.Size, 10))
		h.Set("Content-Length", strconv.FormatInt(c.Length, 10))
	}
	if c.Partial {
		h.Set("X-Atoll-From", strconv.FormatInt(c.From, 10))
	}
	if err := c.CopyTo(w); err != nil {
		panic(http.ErrAbortHandler) // the headers are out: a broken stream is the only honest end
	}
}

func (a *API) writeFile(w http.ResponseWriter, r *http.Request) {
	q := ask(r)
	path, user := q.place()
	options := files.WriteOptions{Attributes: q.attributes(), Append: q.flag("append"), Create: q.flag("create")}
	if etags := q.text("if_match"); etags != "" {
		options.IfMatch = strings.Split(etags, ",")
	}
	if q.refused(w) {
		return
	}
	written, err := a.Files.Write(r.Context(), path, user, r.Body, options)
	reply(w, written, err)
}

func (a *API) removeFile(w http.ResponseWriter, r *http.Request) {
	q := ask(r)
	path, user := q.place()
	if !q.refused(w) {
		nothing(w, a.Files.Remove(r.Context(), path, user))
	}
}

func (a *API) listFiles(w http.ResponseWriter, r *http.Request) {
	q := ask(r)
	path, user := q.place()
	options := files.ListOptions{Recursive: q.flag("recursive"), Limit: int(q.number("limit", 0)), After: q.text("after")}
	if q.refused(w) {
		return
	}
	l, err := a.Files.List(path, user, options)
	if err != nil {
		fail(w, err)
		return
	}
	defer l.Close()
	w.Header().Set("Content-Type", "application/x-ndjson")
	if err := l.SendTo(r.Context(), w); err != nil {
		panic(http.ErrAbortHandler)
	}
}

func (a *API) statFile(w http.ResponseWriter, r *http.Request) {
	q := ask(r)
	path, user := q.place()
	follow := q.flag("follow")
	if q.refused(w) {
		return
	}
	entry, err := a.Files.Stat(path, user, follow)
	reply(w, entry, err)
}

func (a *API) makeDirectory(w http.ResponseWriter, r *http.Request) {
	q := ask(r)
	path, user := q.place()
	mode := q.mode()
	if q.refused(w) {
		return
	}
	made, err := a.Files.Mkdir(path, user, mode)
	reply(w, made, err)
}

func (a *API) makeSymlink(w http.ResponseWriter, r *http.Request) {
	q := ask(r)
	path, user := q.place()
	target, overwrite := q.text("target"), q.flag("overwrite")
	if !q.refused(w) {
		nothing(w, a.Files.Symlink(path, user, target, overwrite))
	}
}

func (a *API) changeAttributes(w http.ResponseWriter, r *http.Request) {
	q := ask(r)
	path, user := q.place()
	attributes, recursive := q.attributes(), q.flag("recursive")
	owner, group := q.text("owner"), q.text("group")
	if q.refused(w) {
		return
	}
	if err := a.Files.Named(&attributes, owner, group); err != nil {
		fail(w, err)
		return
	}
	changed, err := a.Files.Change(r.Context(), path, user, attributes, recursive)
	reply(w, changed, err)
}

func (a *API) moveFile(w http.ResponseWriter, r *http.Request) {
	q := ask(r)
	path, user := q.place()
	to, overwrite := q.text("to"), q.flag("overwrite")
	if !q.refused(w) {
		nothing(w, a.Files.Move(r.Context(), path, to, user, overwrite))
	}
}

func (a *API) copyFile(w http.ResponseWriter, r *http.Request) {
	q := ask(r)
	path, user := q.place()
	to, overwrite := q.text("to"), q.flag("overwrite")
	if !q.refused(w) {
		nothing(w, a.Files.Copy(r.Context(), path, to, user, overwrite))
	}
}
