package files

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"regexp"

	"golang.org/x/sys/unix"

	"atoll/agent/internal/fsid"
)

// SearchOptions say what is looked for: by name, by content, or both.
type SearchOptions struct {
	Name, Content     string
	Regex, IgnoreCase bool // of Content
	Limit             int
}

// Match is an entry, or a line of a file.
type Match struct {
	Path       string `json:"path"`
	PathBase64 string `json:"path_base64,omitempty"`
	Type       string `json:"type"`
	Size       int64  `json:"size"`
	Line       int    `json:"line,omitempty"`   // from 1
	Column     int    `json:"column,omitempty"` // in bytes, from 1
	Text       string `json:"text,omitempty"`   // of the line, cut around the match
}

// Found is the outcome of a search.
type Found struct {
	Matches   []Match `json:"matches"`
	Truncated bool    `json:"truncated"` // there are more
}

// shownText is how much of a line is shown.
const shownText = 400

type search struct {
	service *Service
	cred    fsid.Cred
	path    string
	options SearchOptions
	byName  func(*node) bool
	content *regexp.Regexp
	sieve   *sieve
	in      *bufio.Reader // for one file after the other
	lines   lines
	found   Found
	next    *Match // a file to look into …
	fd      int    // … opened
}

// Search goes through the tree below path. Contents are looked at line by line; files with a NUL near their beginning are
// taken for binary and passed over, as is what cannot be read.
func (s *Service) Search(ctx context.Context, path, user string, options SearchOptions) (Found, error) {
	none := Found{Matches: []Match{}}
	if err := check(path); err != nil {
		return none, err
	}
	cred, err := s.who(user)
	if err != nil {
		return none, err
	}
	q := &search{service: s, cred: cred, path: path, options: options, found: none, fd: -1}
	if options.Name != "" {
		if q.byName, err = globOf(options.Name); err != nil {
			return none, err
		}
	}
	if options.Content != "" {
		if q.content, err = patternOf(options.Content, options.Regex, options.IgnoreCase); err != nil {
			return none, err
		}
		q.sieve, q.in = sieveFor(options), bufio.NewReaderSize(nil, Chunk)
		q.lines = lines{find: q.find, keep: keepFor(options)}
	}
	err = q.run(ctx)
	if errors.Is(err, errEnough) {
		q.found.Truncated, err = true, nil
	}
	return q.found, err
}

func (q *search) run(ctx context.Context) error {
	w := &walker{visit: q.visit, denied: passOver}
	defer w.close()
	defer func() { closeFD(q.fd) }()
	begin := func() error {
		if underKernel(q.path) {
			return refuse("invalid", q.path, "the kernel's own trees are not searched")
		}
		return w.begin(q.path)
	}
	if err := q.service.as(q.cred, q.path, begin); err != nil {
		return err
	}
	for done := false; !done; {
		enough := false
		err := q.service.as(q.cred, q.path, func() (err error) {
			done, err = w.step(batch)
			enough = errors.Is(err, errEnough)
			if enough || errors.Is(err, errPending) {
				return nil
			}
			return err
		})
		if err == nil && q.next != nil {
			err = q.lookInto(ctx)
		}
		if err == nil && stopped(ctx) {
			err = wrap(q.path, unix.ECANCELED)
		}
		if err == nil && enough {
			err = errEnough
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (q *search) visit(n *node) error {
	if q.byName != nil && !q.byName(n) {
		return nil
	}
	m := Match{Type: typeOf(n.st.Mode), Size: n.st.Size}
	m.Path, m.PathBase64 = printable(n.rel)
	if q.content == nil {
		return q.add(m)
	}
	if m.Type != "file" || m.Size == 0 {
		return nil
	}
	fd, err := unix.Openat(n.dirFD, n.name, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	q.next, q.fd = &m, fd
	return errPending
}

func (q *search) add(m Match) error {
	if len(q.found.Matches) == q.options.Limit {
		return errEnough
	}
	q.found.Matches = append(q.found.Matches, m)
	return nil
}

// lookInto reads the opened file, outside of the user's thread. A line past the buffer is looked at in pieces.
func (q *search) lookInto(ctx context.Context) error {
	m := *q.next
	defer func() { closeFD(q.fd); q.next, q.fd = nil, -1 }()
	in := q.in
	in.Reset(&descriptor{q.service, q.fd})
	if head, _ := in.Peek(8 << 10); bytes.IndexByte(head, 0) >= 0 {
		return nil
	}
	m.Line = 1
	q.lines.end()
	for !stopped(ctx) {
		line, err := in.ReadSlice('\n')
		text := line
		if err != bufio.ErrBufferFull {
			text = bytes.TrimRight(line, "\r\n")
		}
		if len(line) > 0 {
			var ok bool
			if m.Column, m.Text, ok = q.lines.look(text); ok {
				if err := q.add(m); err != nil {
					return err
				}
			}
		}
		switch err {
		case nil:
			m.Line++
			q.lines.end()
		case bufio.ErrBufferFull:
			q.lines.more(text)
		default:
			return nil // its end; or it cannot be read on, and is passed over
		}
	}
	return nil
}

func (q *search) find(text []byte) []int {
	if !q.sieve.mayHold(text) {
		return nil
	}
	return q.content.FindIndex(text)
}

// descriptor reads an open file as one of the pool's blocking calls.
type descriptor struct {
	service *Service
	fd      int
}

func (d *descriptor) Read(b []byte) (n int, err error) {
	d.service.pool.Block(func() { n, err = retry(func() (int, error) { return unix.Read(d.fd, b) }) })
	if n <= 0 && err == nil {
		return 0, io.EOF
	}
	return max(n, 0), err
}
