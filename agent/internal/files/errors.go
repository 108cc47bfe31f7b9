// Package files reads, writes, removes and lists by system calls, as a given user; never by a shell.
package files

import (
	"errors"
	"strings"

	"golang.org/x/sys/unix"
)

// Error is a refusal as the protocol names it.
type Error struct {
	Kind    string `json:"kind"`
	Message string `json:"message"`
	Size    *int64 `json:"size,omitempty"` // of the file that a range lies outside of
}

func (e *Error) Error() string { return e.Message }

// longest is how much of a path a message shows.
const longest = 512

func refuse(kind, path, what string) *Error {
	if len(path) > longest {
		path = path[:longest] + "…"
	}
	return &Error{Kind: kind, Message: path + ": " + what}
}

var kinds = []struct {
	errno unix.Errno
	kind  string
	what  string
}{
	{unix.ENOENT, "not_found", "no such file or directory"},
	{unix.ENOTDIR, "not_directory", "not a directory"},
	{unix.EISDIR, "is_directory", "is a directory"},
	{unix.EACCES, "permission", "permission denied"},
	{unix.EPERM, "permission", "operation not permitted"},
	{unix.EROFS, "read_only", "the file system is read-only"},
	{unix.ENOSPC, "no_space", "no space left"},
	{unix.EDQUOT, "no_space", "over the disk quota"},
	{unix.EFBIG, "no_space", "file too large"},
	{unix.ENAMETOOLONG, "name_too_long", "name too long"},
	{unix.ELOOP, "loop", "too many links"},
	{unix.ENXIO, "special", "is a special file"},
	{unix.ENODEV, "special", "is a special file"},
	{unix.EEXIST, "exists", "exists"},
	{unix.EBUSY, "busy", "is in use"},
	{unix.ETXTBSY, "busy", "is a running program"},
	{unix.ENOTEMPTY, "not_empty", "is not empty"},
	{unix.EINVAL, "invalid", "not possible here"},
	{unix.EMFILE, "no_resources", "too many open files"},
	{unix.ENFILE, "no_resources", "too many open files"},
	{unix.ENOMEM, "no_resources", "out of memory"},
	{unix.EAGAIN, "no_resources", "try again"},
	{unix.ECANCELED, "invalid", "the call was given up"},
}

// wrap makes an Error of what a system call said about path.
func wrap(path string, err error) error {
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	for _, k := range kinds {
		if errors.Is(err, k.errno) {
			return refuse(k.kind, path, k.what)
		}
	}
	return refuse("internal", path, err.Error())
}

// forbidden says that the acting user may not, or nobody may: what lies deeper may be another matter.
func forbidden(err error) bool {
	return errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM) || errors.Is(err, unix.EROFS)
}

// unsupported says that the kernel, or a filter before it, does not know the call.
func unsupported(err error) bool {
	return errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EPERM) || errors.Is(err, unix.EINVAL)
}

func known(err error) bool { return wrap("", err).(*Error).Kind != "internal" }

// check refuses what is no absolute path.
func check(path string) error {
	switch {
	case path == "":
		return refuse("invalid", "path", "is missing")
	case strings.IndexByte(path, 0) >= 0:
		return refuse("invalid", strings.ReplaceAll(path, "\x00", "\\0"), "holds a NUL")
	case path[0] != '/':
		return refuse("invalid", path, "is not absolute")
	}
	return nil
}

// split cuts off the last name: "/a/b" is "/a" and "b". Nothing is tidied lexically: "a/.." is the kernel's to resolve.
func split(path string) (dir, base string) {
	i := strings.LastIndexByte(path, '/')
	if i == 0 {
		return "/", path[1:]
	}
	return path[:i], path[i+1:]
}
