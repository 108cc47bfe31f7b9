package files

import (
	"path"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// kernelSystems are file systems whose files are switches of the kernel, not storage.
var kernelSystems = map[int64]bool{
	unix.PROC_SUPER_MAGIC: true, unix.SYSFS_MAGIC: true, unix.CGROUP_SUPER_MAGIC: true, unix.CGROUP2_SUPER_MAGIC: true,
	unix.DEBUGFS_MAGIC: true, unix.TRACEFS_MAGIC: true, unix.SECURITYFS_MAGIC: true, unix.BPF_FS_MAGIC: true,
}

func onKernelSystem(fd int) bool {
	var st unix.Statfs_t
	return unix.Fstatfs(fd, &st) == nil && kernelSystems[int64(st.Type)]
}

// underKernel tells by name alone; for what does not exist, and where nothing is mounted.
func underKernel(p string) bool {
	p = path.Clean(p)
	for _, root := range []string{"/proc", "/sys"} {
		if p == root || strings.HasPrefix(p, root+"/") {
			return true
		}
	}
	return false
}

// ownPublic are the agent's own entries in /proc that tell no secret; programs read them by way of /proc/self.
var ownPublic = map[string]bool{
	"cgroup": true, "cmdline": true, "comm": true, "limits": true, "mountinfo": true, "mounts": true, "mountstats": true,
	"net": true, "oom_score": true, "oom_score_adj": true, "stat": true, "statm": true, "status": true, "loginuid": true,
	"uid_map": true, "gid_map": true,
}

// ownSecret tells whether fd is one of the agent's own /proc entries. The kernel lets us read them, being ourselves;
// a caller of the files API must not get our memory that way.
func ownSecret(fd int) bool {
	if !onKernelSystem(fd) {
		return false
	}
	real, err := readlink("/proc/self/fd/" + strconv.Itoa(fd))
	if err != nil {
		return true
	}
	rest, ours := strings.CutPrefix(real, "/proc/"+strconv.Itoa(unix.Getpid())+"/")
	if !ours {
		return false
	}
	parts := strings.Split(rest, "/")
	if parts[0] == "task" && len(parts) > 2 {
		parts = parts[2:]
	}
	return !ownPublic[parts[0]]
}

func readlink(p string) (string, error) {
	buf := make([]byte, unix.PathMax)
	n, err := unix.Readlink(p, buf)
	if err != nil {
		return "", err
	}
	return string(buf[:n]), nil
}
