package api

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"atoll/agent/internal/command"
	"atoll/agent/internal/files"
)

func (a *API) start(w http.ResponseWriter, r *http.Request) {
	a.Commands.ServeStart(wire(w, r))
}

func (a *API) attach(w http.ResponseWriter, r *http.Request) {
	from, err := number(r, "from", 0)
	if err != nil {
		fail(w, err)
		return
	}
	c, err := a.Commands.Await(r.PathValue("id"), r.Context().Done())
	if err != nil {
		refuse(w, r, err)
		return
	}
	if !c.Resumable(from) {
		fail(w, &files.Error{Kind: "invalid", Message: "from is not a position of this command's log"})
		return
	}
	w.Header().Set("X-Atoll-Pid", strconv.Itoa(c.PID)) // there is no S frame to tell it
	a.Commands.Serve(wire(w, r), c, from, nil)
}

func (a *API) list(w http.ResponseWriter, _ *http.Request) {
	answer(w, struct {
		Commands []command.Summary `json:"commands"`
	}{a.Commands.List()})
}

func (a *API) signal(w http.ResponseWriter, r *http.Request) {
	sig, err := number(r, "signal", 15)
	if err != nil || sig > 64 {
		refuse(w, r, command.ErrSignal)
		return
	}
	done(w, r, a.Commands.Signal(r.PathValue("id"), int(sig)))
}

func (a *API) release(w http.ResponseWriter, r *http.Request) {
	done(w, r, a.Commands.Release(r.PathValue("id")))
}

func (a *API) writeStdin(w http.ResponseWriter, r *http.Request) {
	last, err := flag(r, "close")
	if err != nil {
		fail(w, err)
		return
	}
	written, err := a.Commands.WriteStdin(r.PathValue("id"), command.Input{
		Body: r.Body, Gone: r.Context().Done(), Close: last,
		Interrupt: func() { _ = http.NewResponseController(w).SetReadDeadline(time.Unix(1, 0)) },
	})
	if err != nil {
		refuse(w, r, err)
		return
	}
	answer(w, struct {
		Written int64 `json:"written"`
		Closed  bool  `json:"closed"`
	}{written, last})
}

func done(w http.ResponseWriter, r *http.Request, err error) {
	if err != nil {
		refuse(w, r, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// refuse gives the table's errors their kinds.
func refuse(w http.ResponseWriter, r *http.Request, err error) {
	kind := "internal"
	switch {
	case errors.Is(err, command.ErrUnknown):
		kind = "not_found"
	case errors.Is(err, command.ErrFinished), errors.Is(err, command.ErrRunning), errors.As(err, new(*command.InputError)):
		kind = "conflict"
	case errors.Is(err, command.ErrManyInputs):
		kind = "no_resources"
	case errors.Is(err, command.ErrSignal):
		kind = "invalid"
	}
	fail(w, &files.Error{Kind: kind, Message: r.PathValue("id") + ": " + err.Error()})
}

func number(r *http.Request, name string, fallback int64) (int64, error) {
	text, err := parameter(r, name)
	if err != nil || text == "" {
		return fallback, err
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, &files.Error{Kind: "invalid", Message: name + ": not a number"}
	}
	return n, nil
}

func flag(r *http.Request, name string) (bool, error) {
	text, err := parameter(r, name)
	if err == nil && text != "" && text != "true" && text != "false" {
		err = &files.Error{Kind: "invalid", Message: name + ": neither true nor false"}
	}
	return text == "true", err
}

// wire makes a command's stream of an HTTP/2 call, which is duplex by nature.
func wire(w http.ResponseWriter, r *http.Request) command.Wire {
	w.Header().Set("Content-Type", "application/octet-stream")
	rc := http.NewResponseController(w)
	return command.Wire{Body: r.Body, Write: w.Write, Flush: rc.Flush, WriteDeadline: rc.SetWriteDeadline, Gone: r.Context().Done()}
}
