package files

import (
	"golang.org/x/sys/unix"

	"atoll/agent/internal/fsid"
	"atoll/agent/internal/umask"
)

// mayChange asks whether the acting user may make and rename entries in a folder, and changes nothing.
func mayChange(dirFD int) error {
	err := unix.Faccessat2(dirFD, "", unix.W_OK|unix.X_OK, unix.AT_EMPTY_PATH|unix.AT_EACCESS)
	if !unsupported(err) {
		return err
	}
	// Older kernels: a file without a name is judged alike. A file system that has no such files says so only to who may.
	fd, err := umask.Openat(dirFD, ".", unix.O_TMPFILE|unix.O_WRONLY|unix.O_CLOEXEC, 0o600)
	closeFD(fd)
	if forbidden(err) {
		return err
	}
	return nil
}

// mayReplace asks what a rename onto an entry of a folder would be asked beside that.
func mayReplace(cred fsid.Cred, dir, entry *unix.Stat_t) error {
	if dir.Mode&unix.S_ISVTX != 0 && cred.UID != 0 && cred.UID != dir.Uid && cred.UID != entry.Uid {
		return unix.EPERM
	}
	return nil
}

// isMount tells whether something is mounted at a name: it cannot be renamed onto. Older kernels do not tell.
func isMount(dirFD int, name string) bool {
	var st unix.Statx_t
	err := unix.Statx(dirFD, name, unix.AT_SYMLINK_NOFOLLOW|unix.AT_NO_AUTOMOUNT, 0, &st)
	return err == nil && st.Attributes&unix.STATX_ATTR_MOUNT_ROOT != 0
}
