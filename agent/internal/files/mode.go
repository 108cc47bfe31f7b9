package files

import (
	"golang.org/x/sys/unix"

	"atoll/agent/internal/fsid"
)

// setMode gives an open file its mode. The kernel takes off setgid where the file's group is not one's own, from root too: the agent has
// no CAP_FSETID, and so it joins the group for that moment.
func setMode(fd int, mode uint32) error {
	return settingMode(fd, mode, func() error { return unix.Fchmod(fd, mode) })
}

func settingMode(fd int, mode uint32, set func() error) error {
	if mode&unix.S_ISGID == 0 {
		return set()
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	return fsid.InGroup(st.Gid, set)
}
