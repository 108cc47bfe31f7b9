package files

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"math"
	"strings"

	"golang.org/x/sys/unix"

	"atoll/agent/internal/fsid"
)

// UnpackOptions bound an archive.
type UnpackOptions struct {
	MaxBytes   int64 // of all contents together
	MaxEntries int64
	KeepLinks  bool // also links that point out of the archive; they are never followed
}

// Unpacked says what an archive held.
type Unpacked struct {
	Entries int64 `json:"entries"`
	Bytes   int64 `json:"bytes"`
}

// Unpack puts the tree of a tar archive, compressed or not, into the folder at path, which is made. All of it is unpacked
// aside first, and moved into place when it is complete: an archive that breaks off, or is refused, changes nothing.
func (s *Service) Unpack(ctx context.Context, path, user string, body io.Reader, options UnpackOptions) (Unpacked, error) {
	if err := check(path); err != nil {
		return Unpacked{}, err
	}
	cred, err := s.who(user)
	if err != nil {
		return Unpacked{}, err
	}
	u := &unpacker{
		service: s, cred: cred, path: strings.TrimRight(path, "/"), options: options, rootFD: -1, parentFD: -1, dirs: map[string]dirEnd{},
		stage: stage{service: s, dirFD: -1, fd: -1},
	}
	defer u.close()
	elsewhere := false
	err = s.as(cred, path, func() error {
		err := u.begin()
		elsewhere = u.stage.dirFD >= 0 && forbidden(err)
		return err
	})
	if elsewhere && u.stage.makeElsewhere(cred) == nil {
		err = nil
	}
	if err != nil {
		return Unpacked{}, err
	}
	if err := u.all(ctx, body); err != nil {
		return Unpacked{}, err
	}
	return u.done, u.merge(ctx)
}

type unpacker struct {
	service *Service
	cred    fsid.Cred
	path    string // without a slash at its end: "" is the root
	options UnpackOptions
	done    Unpacked

	rootFD int
	made   []string // folders on the way there that are new, the folder too
	stage  stage

	parent   string // the folder of the last entry …
	parentFD int    // … opened, unless it is the stage itself
	dirs     map[string]dirEnd
	implied  int64 // folders that no entry names, made on the way to one
}

// dirEnd is what a folder gets when all is in it.
type dirEnd struct {
	mode  uint32
	mtime unix.Timespec
}

func (u *unpacker) begin() (err error) {
	if underKernel(u.path + "/") {
		return refuse("permission", u.path, "the kernel's own files are not written")
	}
	if u.rootFD, u.made, err = makeDirs(u.path + "/"); err != nil {
		return err
	}
	if onKernelSystem(u.rootFD) {
		return refuse("permission", u.path, "the kernel's own files are not written")
	}
	return u.stage.make(u.cred, u.rootFD, u.path)
}

// all unpacks into the stage.
func (u *unpacker) all(ctx context.Context, body io.Reader) error {
	source := &honest{r: body}
	in := bufio.NewReaderSize(source, Chunk)
	var content io.Reader = in
	if magic, _ := in.Peek(2); string(magic) == "\x1f\x8b" {
		zip, err := gzip.NewReader(in)
		if err != nil {
			return u.unreadable(source, err)
		}
		content = zip
	}
	content = &bounded{r: content, left: u.mostRead(), over: u.tooLarge()}
	archive := tar.NewReader(content)
	for {
		h, err := archive.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return u.unreadable(source, err)
		}
		if stopped(ctx) {
			return brokenOff(u.path)
		}
		u.done.Entries++
		if err := u.countable(); err != nil {
			return err
		}
		if err := u.entry(h, archive); err != nil {
			if source.err != nil {
				return brokenOff(u.path)
			}
			return err
		}
	}
	// To the very end: a checksum may be there, and a body that breaks off there is one that breaks off.
	if _, err := io.Copy(io.Discard, io.LimitReader(content, 64<<20)); err != nil {
		return u.unreadable(source, err)
	}
	if _, err := io.Copy(io.Discard, in); err != nil {
		return u.unreadable(source, err)
	}
	return nil
}

func (u *unpacker) countable() error {
	if u.done.Entries > u.options.MaxEntries-u.implied {
		return refuse("too_large", u.path, "the archive has too many entries; nothing is unpacked")
	}
	return nil
}

func (u *unpacker) tooLarge() error {
	return refuse("too_large", u.path, "the archive is larger than it may be; nothing is unpacked")
}

// mostRead is what an archive within its bounds may come to with all that describes it: there is no end to the headers that a tar may
// have before an entry, and they compress well.
func (u *unpacker) mostRead() int64 {
	const perEntry, more = 16 << 10, 64 << 20
	if u.options.MaxEntries > (math.MaxInt64-more)/perEntry/2 || u.options.MaxBytes > math.MaxInt64/2 {
		return math.MaxInt64
	}
	return u.options.MaxBytes + u.options.MaxEntries*perEntry + more
}

// bounded fails with over when more comes than is left.
type bounded struct {
	r    io.Reader
	left int64
	over error
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, b.over
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

func (u *unpacker) unreadable(source *honest, err error) error {
	if source.err != nil {
		return brokenOff(u.path)
	}
	var ours *Error
	if errors.As(err, &ours) {
		return ours
	}
	return refuse("invalid", u.path, "the body is no tar archive that can be read; nothing is unpacked: "+err.Error())
}

// honest remembers what failed below the readers on top of it.
type honest struct {
	r   io.Reader
	err error
}

func (h *honest) Read(b []byte) (int, error) {
	n, err := h.r.Read(b)
	if err != nil && err != io.EOF {
		h.err = err
	}
	return n, err
}

func (u *unpacker) close() {
	closeFD(u.parentFD)
	u.stage.close()
	closeFD(u.rootFD)
	if len(u.made) > 0 {
		_ = u.service.as(u.cred, u.path, func() error { return unmake(u.made) }) // empty, if it came to nothing
	}
}
