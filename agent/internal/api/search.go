package api

import (
	"encoding/json"
	"net/http"

	"atoll/agent/internal/files"
)

const maxReplaceBody = 512 << 20 // the service has bounded it already

func (a *API) searchFiles(w http.ResponseWriter, r *http.Request) {
	q := ask(r)
	path, user := q.place()
	options := files.SearchOptions{
		Name: q.text("name"), Content: q.text("content"), Regex: q.flag("regex"), IgnoreCase: q.flag("ignore_case"),
		Limit: int(q.number("limit", 1000)),
	}
	if q.refused(w) {
		return
	}
	found, err := a.Files.Search(r.Context(), path, user, options)
	reply(w, found, err)
}

func (a *API) replaceInFile(w http.ResponseWriter, r *http.Request) {
	q := ask(r)
	path, user := q.place()
	var options files.ReplaceOptions
	if json.NewDecoder(http.MaxBytesReader(w, r.Body, maxReplaceBody)).Decode(&options) != nil {
		q.keep(&files.Error{Kind: "invalid", Message: "the body is not understood"})
	}
	if q.refused(w) {
		return
	}
	done, err := a.Files.Replace(r.Context(), path, user, options)
	reply(w, done, err)
}
