package proc

import (
	"errors"
	"strings"

	"golang.org/x/sys/unix"
)

// Lookup is what execvp would find for argv[0]. We search by ourselves, as the command's user, because a failed exec
// only gives an errno, which does not say whether the program, its interpreter or the working directory is missing.
// path may be relative to cwd, just as execvp hands it to the kernel. The error is a *Failure.
func Lookup(name, cwd, searchPath string) (path string, err error) {
	if name == "" {
		return "", Fail(NotFound, "the command's name is empty")
	}
	if strings.Contains(name, "/") {
		switch e := executable(absolute(cwd, name)); {
		case e == nil:
			return name, nil
		case errors.Is(e, unix.ENOENT), errors.Is(e, unix.ENOTDIR), errors.Is(e, unix.ELOOP), errors.Is(e, unix.ENAMETOOLONG):
			return "", Fail(NotFound, name+": "+text(e))
		default:
			return "", Fail(NotExecutable, name+": "+text(e))
		}
	}
	denied := ""
	for _, dir := range strings.Split(searchPath, ":") {
		candidate := name
		if dir != "" {
			candidate = strings.TrimSuffix(dir, "/") + "/" + name
		} else {
			candidate = "./" + name
		}
		e := executable(absolute(cwd, candidate))
		if e == nil {
			return candidate, nil
		}
		if denied == "" && (errors.Is(e, unix.EACCES) || errors.Is(e, unix.EPERM)) && exists(absolute(cwd, candidate)) {
			denied = candidate
		}
	}
	if denied != "" {
		return "", Fail(NotExecutable, denied+": permission denied")
	}
	return "", Fail(NotFound, name+": not found in PATH ("+searchPath+")")
}

// absolute joins without tidying: a ".." after a link must stay what the kernel makes of it.
func absolute(cwd, path string) string {
	if strings.HasPrefix(path, "/") {
		return path
	}
	return strings.TrimSuffix(cwd, "/") + "/" + path
}

func exists(path string) bool {
	var st unix.Stat_t
	return unix.Stat(path, &st) == nil
}

// executable judges by the calling thread's file system ids, mount flags included.
func executable(path string) error {
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG {
		return unix.EACCES // a directory too: so says execve
	}
	return access(path, unix.X_OK, &st)
}

// access is faccessat2 with AT_EACCESS; before Linux 5.8 (and where a filter refuses it) the mode bits must do.
func access(path string, want uint32, st *unix.Stat_t) error {
	err := unix.Faccessat2(unix.AT_FDCWD, path, want, unix.AT_EACCESS)
	if errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EPERM) {
		if st.Mode&0o111 == 0 {
			return unix.EACCES
		}
		return nil // execve has the last word
	}
	return err
}

// CheckDir says why cwd cannot be a working directory for the calling thread's user, or nil. The error is a *Failure.
func CheckDir(cwd string) error {
	if !strings.HasPrefix(cwd, "/") {
		return Fail(BadCwd, cwd+": the working directory is not an absolute path")
	}
	var st unix.Stat_t
	if err := unix.Stat(cwd, &st); err != nil {
		return Fail(BadCwd, cwd+": "+text(err))
	}
	if st.Mode&unix.S_IFMT != unix.S_IFDIR {
		return Fail(BadCwd, cwd+": not a directory")
	}
	// Looking something up in it needs the very permission that chdir needs.
	if err := unix.Stat(strings.TrimSuffix(cwd, "/")+"/.", &st); err != nil {
		return Fail(BadCwd, cwd+": "+text(err))
	}
	return nil
}

func text(err error) string {
	switch {
	case errors.Is(err, unix.ENOENT):
		return "no such file or directory"
	case errors.Is(err, unix.EACCES):
		return "permission denied"
	}
	return err.Error()
}
