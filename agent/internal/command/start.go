package command

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"atoll/agent/internal/fsid"
	"atoll/agent/internal/proc"
	"atoll/agent/internal/umask"
	"atoll/agent/internal/users"
)

// Request is the C frame's payload.
type Request struct {
	ID   string            `json:"id"`
	Argv []string          `json:"argv"`
	Cwd  string            `json:"cwd"`
	Env  map[string]string `json:"env"`
	User string            `json:"user"`

	Umask     *int   `json:"umask"`
	TimeoutMs int64  `json:"timeout_ms"` // 0: none
	GraceMs   int64  `json:"grace_ms"`
	Stdin     []byte `json:"stdin"`      // base64; nil and empty are two things
	OpenStdin bool   `json:"open_stdin"` // stdin stays open after Stdin
}

// DefaultPath is used where the command's environment has no PATH; engines use the same.
const DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

const (
	maxID    = 128
	maxMs    = 1 << 40 // some 34 years, which a time.Duration can hold
	maxStdin = 1 << 20
)

// Parse reads and checks a C frame.
func Parse(payload []byte) (Request, *proc.Failure) {
	var r Request
	if err := json.Unmarshal(payload, &r); err != nil {
		return r, proc.Fail(proc.Invalid, "the command is not the JSON it should be: "+err.Error())
	}
	if wrong := r.wrong(); wrong != "" {
		return r, proc.Fail(proc.Invalid, wrong)
	}
	if r.Cwd == "" {
		r.Cwd = "/"
	}
	return r, nil
}

// wrong says what cannot be, or "".
func (r *Request) wrong() string {
	switch {
	case r.ID == "" || len(r.ID) > maxID:
		return "the command has no id, or a longer one than " + strconv.Itoa(maxID) + " bytes"
	case len(r.Argv) == 0:
		return "argv is empty"
	case slices.ContainsFunc(r.Argv, hasNUL) || hasNUL(r.Cwd) || hasNUL(r.User):
		return "argv, cwd and user cannot hold a NUL"
	case min(r.TimeoutMs, r.GraceMs) < 0 || max(r.TimeoutMs, r.GraceMs) > maxMs:
		return "timeout_ms and grace_ms are from 0 to " + strconv.Itoa(maxMs)
	case r.umask() < 0 || r.umask() > 0o777:
		return "umask is from 0 to 0777"
	case len(r.Stdin) > maxStdin:
		return "stdin is larger than " + strconv.Itoa(maxStdin) + " bytes"
	}
	for k, v := range r.Env {
		if k == "" || strings.Contains(k, "=") || hasNUL(k) || hasNUL(v) {
			return "the environment holds an impossible variable: " + strconv.Quote(k)
		}
	}
	return ""
}

func (r *Request) umask() int {
	if r.Umask == nil {
		return umask.Own
	}
	return *r.Umask
}

func hasNUL(s string) bool { return strings.IndexByte(s, 0) >= 0 }

// environment adds what is missing, and sorts, so that a command sees the same each time.
func environment(env map[string]string, u users.User) (list []string, path string) {
	all := map[string]string{"PATH": DefaultPath, "HOME": u.Home, "USER": u.Name}
	for k, v := range env {
		all[k] = v
	}
	for k, v := range all {
		list = append(list, k+"="+v)
	}
	slices.Sort(list)
	return list, all["PATH"]
}

// Start runs the command that r describes.
func (t *Table) Start(r Request, gone <-chan struct{}) (*Command, *proc.Failure) {
	if f := t.reserve(r.ID); f != nil {
		return nil, f
	}
	select {
	case <-gone: // who asks later what became of it may have been told already that there is none
		t.settle(r.ID, nil)
		return nil, proc.Fail(proc.Invalid, "the caller has gone")
	default:
	}
	c, p, f := t.launch(r)
	t.settle(r.ID, c)
	if f != nil {
		return nil, f
	}
	go t.follow(c, p)
	if r.TimeoutMs > 0 {
		go t.limit(c, time.Duration(r.TimeoutMs)*time.Millisecond, time.Duration(r.GraceMs)*time.Millisecond)
	}
	return c, nil
}

func (t *Table) launch(r Request) (*Command, *proc.Started, *proc.Failure) {
	u, err := t.users.Lookup(r.User)
	if err != nil {
		return nil, nil, proc.Fail(proc.BadUser, err.Error())
	}
	env, search := environment(r.Env, u)
	spec := proc.Spec{Argv: r.Argv, Env: env, Cwd: r.Cwd, UID: u.UID, GID: u.GID, Groups: u.Groups, Umask: r.umask(), Stdin: r.OpenStdin || r.Stdin != nil}
	var failure error
	err = t.pool.As(fsid.Cred{UID: u.UID, GID: u.GID, Groups: u.Groups}, func() {
		if failure = proc.CheckDir(r.Cwd); failure == nil {
			spec.Path, failure = proc.Lookup(r.Argv[0], r.Cwd, search)
		}
	})
	if err != nil {
		return nil, nil, proc.Fail(proc.BadUser, err.Error()+": "+r.User)
	}
	if failure != nil {
		return nil, nil, failure.(*proc.Failure)
	}
	c := &Command{
		ID: r.ID, takesInput: r.OpenStdin, log: t.store.Open(), oomMark: t.oom.Mark(),
		left: make(chan struct{}), finished: make(chan struct{}), released: make(chan struct{}),
	}
	p, err := t.spawner.Start(spec)
	if err != nil {
		return nil, nil, err.(*proc.Failure)
	}
	c.PID, c.StartedAt = p.PID, time.Now().UnixMilli()
	if p.Stdin != nil {
		c.stdin = openStdin(p.Stdin, r.Stdin, r.OpenStdin)
	}
	return c, p, nil
}
