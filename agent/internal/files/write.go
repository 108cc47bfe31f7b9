package files

import (
	"context"
	"errors"
	"io"

	"golang.org/x/sys/unix"

	"atoll/agent/internal/fsid"
)

// Written says what a write did.
type Written struct {
	Size    int64  `json:"size"` // of the file now
	Created bool   `json:"created"`
	ETag    string `json:"etag"`
}

// WriteOptions say more than the content.
type WriteOptions struct {
	Attributes Attributes
	Append     bool
	Create     bool     // precondition fails when there is a file
	IfMatch    []string // etags, or "*"; precondition fails when the file has none of them
}

// Write puts body at path as user: a reader sees the old file or the new one, never a half, and a body that breaks off
// changes nothing. Short bodies are read first, so that the whole write is one visit to the user's thread.
func (s *Service) Write(ctx context.Context, path, user string, body io.Reader, options WriteOptions) (Written, error) {
	if err := check(path); err != nil {
		return Written{}, err
	}
	cred, err := s.who(user)
	if err != nil {
		return Written{}, err
	}
	w := &writer{service: s, path: path, cred: cred, options: options, tempFD: -1}
	defer w.cleanUp()
	buf := chunks.Get().(*[]byte)
	defer chunks.Put(buf)
	n, whole, err := fill(body, (*buf)[:smallRead])
	if err != nil {
		return Written{}, brokenOff(path)
	}
	if whole {
		return w.all((*buf)[:n])
	}
	if err := w.prepare(); err != nil {
		return Written{}, err
	}
	for {
		if err := w.append((*buf)[:n]); err != nil {
			return Written{}, err
		}
		if whole {
			break
		}
		// Full chunks: few large writes are cheaper than many small ones.
		if n, whole, err = fill(body, *buf); err != nil || stopped(ctx) {
			return Written{}, brokenOff(path)
		}
	}
	return w.finish()
}

// fill reads until b is full or the body has ended well. (io.ReadFull cannot tell a good end from a bad one.)
func fill(body io.Reader, b []byte) (n int, whole bool, err error) {
	for n < len(b) {
		m, err := body.Read(b[n:])
		n += m
		if err == io.EOF {
			return n, true, nil
		}
		if err != nil {
			return n, false, err
		}
	}
	return n, false, nil
}

func brokenOff(path string) error {
	return refuse("invalid", path, "the content broke off; nothing is changed")
}

// writer is one write on its way.
type writer struct {
	service *Service
	path    string
	cred    fsid.Cred
	options WriteOptions
	target  *target
	size    int64 // of the body
	result  Written

	tempFD   int
	temp     string // its name in the target's folder; "" when it lies elsewhere or is gone
	forget   func()
	wanted   owned // what the unfinished file is to be
	needRoot bool  // that is not the acting user's
}

// all is a whole write of a short body.
func (w *writer) all(b []byte) (Written, error) {
	done := false
	err := w.service.as(w.cred, w.path, func() error {
		if err := w.begin(); err != nil {
			return err
		}
		if err := w.put(b); err != nil || w.needRoot {
			return err
		}
		if err := w.settle(); err != nil {
			return err
		}
		done = true
		return w.commit()
	})
	switch {
	case errors.Is(err, errElsewhere):
		if err = w.beginElsewhere(); err == nil {
			err = w.append(b)
		}
	case errors.Is(err, errChanged):
		if err = w.service.as(w.cred, w.path, w.plan); err == nil {
			done = false
		}
	case err != nil:
		return Written{}, err
	}
	if err != nil {
		return Written{}, err
	}
	if done {
		w.target.made = nil
		return w.result, nil
	}
	return w.finish()
}

// prepare opens the unfinished file for a long body.
func (w *writer) prepare() error {
	err := w.service.as(w.cred, w.path, w.begin)
	if errors.Is(err, errElsewhere) {
		return w.beginElsewhere()
	}
	return err
}

// finishTries is how often a file is looked at anew whose owner or mode others change.
const finishTries = 5

// finish makes the unfinished file the file.
func (w *writer) finish() (done Written, err error) {
	for range finishTries {
		if err = w.finishOnce(); !errors.Is(err, errChanged) {
			break
		}
		if err := w.service.as(w.cred, w.path, w.plan); err != nil {
			return Written{}, err
		}
	}
	if errors.Is(err, errChanged) {
		err = refuse("conflict", w.path, "is being changed by others all the time; nothing is written")
	}
	if err != nil {
		return Written{}, err
	}
	w.target.made = nil
	return w.result, nil
}

func (w *writer) finishOnce() error {
	if w.temp != "" {
		settler := w.cred
		if w.needRoot {
			settler = fsid.Cred{}
		}
		if err := w.service.as(settler, w.path, w.settle); err != nil {
			return err
		}
	}
	return w.service.as(w.cred, w.path, w.commit)
}

// append adds to the unfinished file, which is open: no identity is needed.
func (w *writer) append(b []byte) (err error) {
	w.service.pool.Block(func() { err = w.put(b) })
	return wrap(w.path, err)
}

func (w *writer) put(b []byte) error {
	if err := writeFull(w.tempFD, b); err != nil {
		return err
	}
	w.size += int64(len(b))
	return nil
}

// cleanUp leaves no debris, whatever happened.
func (w *writer) cleanUp() {
	if w.temp != "" {
		w.service.pool.Block(func() { _ = unix.Unlinkat(w.target.dirFD, w.temp, 0) })
	}
	if w.forget != nil {
		w.forget()
	}
	closeFD(w.tempFD)
	if w.target != nil {
		if len(w.target.made) > 0 {
			_ = w.service.as(w.cred, w.path, func() error { return unmake(w.target.made) })
		}
		w.target.close()
	}
}
