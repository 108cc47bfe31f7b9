package files

import (
	"slices"

	"golang.org/x/sys/unix"

	"atoll/agent/internal/fsid"
)

// Attributes are what a caller may choose for a file; nil is not chosen.
type Attributes struct {
	Mode     *uint32 // permission bits with setuid, setgid, sticky
	UID, GID *uint32
}

func (a Attributes) empty() bool { return a.Mode == nil && a.UID == nil && a.GID == nil }

// owned is whose a file is, and its mode.
type owned struct{ uid, gid, mode uint32 }

func ownedOf(st *unix.Stat_t) owned { return owned{st.Uid, st.Gid, st.Mode & 0o7777} }

// with gives what attributes make of it, or refuses what the kernel would refuse cred: the change itself is made by root.
func (o owned) with(a Attributes, cred fsid.Cred) (owned, error) {
	mine := cred.UID == 0 || cred.UID == o.uid
	if a.UID != nil && *a.UID != o.uid {
		if cred.UID != 0 {
			return o, unix.EPERM
		}
		o.uid = *a.UID
	}
	if a.GID != nil && *a.GID != o.gid {
		if cred.UID != 0 && !(mine && (*a.GID == cred.GID || slices.Contains(cred.Groups, *a.GID))) {
			return o, unix.EPERM
		}
		o.gid = *a.GID
	}
	if a.Mode != nil {
		if !mine {
			return o, unix.EPERM
		}
		o.mode = *a.Mode
	}
	if cred.UID != 0 && o.gid != cred.GID && !slices.Contains(cred.Groups, o.gid) {
		o.mode &^= unix.S_ISGID
	}
	return o, nil
}

// apply changes an open file as the kernel allows it to who runs this. The owner first: that takes off setuid.
func (a Attributes) apply(fd int) error {
	if a.UID != nil || a.GID != nil {
		if err := unix.Fchown(fd, idOr(a.UID), idOr(a.GID)); err != nil {
			return err
		}
	}
	if a.Mode != nil {
		return setMode(fd, *a.Mode)
	}
	return nil
}

func idOr(id *uint32) int {
	if id == nil {
		return -1
	}
	return int(*id)
}
