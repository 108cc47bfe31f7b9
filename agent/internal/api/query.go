package api

import (
	"net/http"
	"strconv"

	"atoll/agent/internal/files"
)

// query reads a call's parameters and keeps the first mistake.
type query struct {
	r   *http.Request
	err error
}

func ask(r *http.Request) *query { return &query{r: r} }

func (q *query) text(name string) string {
	value, err := parameter(q.r, name)
	q.keep(err)
	return value
}

// place reads path and user, which all calls on files share.
func (q *query) place() (path, user string) { return q.text("path"), q.text("user") }

func (q *query) flag(name string) bool { return q.text(name) == "1" }

func (q *query) number(name string, fallback int64) int64 {
	n, err := number(q.r, name, fallback)
	q.keep(err)
	return n
}

// id is nil where there is none.
func (q *query) id(name string) *uint32 {
	n := q.number(name, -1)
	if n < 0 {
		return nil
	}
	if n >= 1<<32-1 {
		q.keep(&files.Error{Kind: "invalid", Message: name + ": not an id"})
		return nil
	}
	id := uint32(n)
	return &id
}

// mode is octal; nil where there is none.
func (q *query) mode() *uint32 {
	text := q.text("mode")
	if text == "" {
		return nil
	}
	n, err := strconv.ParseUint(text, 8, 32)
	if err != nil || n > 0o7777 {
		q.keep(&files.Error{Kind: "invalid", Message: "mode: not an octal number up to 7777"})
		return nil
	}
	mode := uint32(n)
	return &mode
}

func (q *query) attributes() files.Attributes {
	return files.Attributes{Mode: q.mode(), UID: q.id("uid"), GID: q.id("gid")}
}

func (q *query) keep(err error) {
	if q.err == nil {
		q.err = err
	}
}

// refused answers when something was wrong.
func (q *query) refused(w http.ResponseWriter) bool {
	if q.err != nil {
		fail(w, q.err)
	}
	return q.err != nil
}

func reply(w http.ResponseWriter, v any, err error) {
	if err != nil {
		fail(w, err)
		return
	}
	answer(w, v)
}

func nothing(w http.ResponseWriter, err error) {
	if err != nil {
		fail(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
