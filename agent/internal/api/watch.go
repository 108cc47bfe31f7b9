package api

import (
	"net/http"

	"atoll/agent/internal/files"
	"atoll/agent/internal/procs"
)

func (a *API) watchFiles(w http.ResponseWriter, r *http.Request) {
	q := ask(r)
	path, user := q.place()
	options := files.WatchOptions{Recursive: q.flag("recursive"), MaxDirectories: int(q.number("max_directories", 10_000))}
	if q.refused(w) {
		return
	}
	begun := procs.Working()
	watch, err := a.Files.Watch(path, user, options)
	begun()
	if err != nil {
		fail(w, err)
		return
	}
	defer watch.Close()
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.WriteHeader(http.StatusOK)
	flush := http.NewResponseController(w).Flush
	_ = watch.Run(r.Context(), func(lines []byte) error {
		if _, err := w.Write(lines); err != nil {
			return err
		}
		return flush()
	})
}
