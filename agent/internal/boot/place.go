package boot

import "golang.org/x/sys/unix"

// Place is where the service mounts what is ours.
const Place = "/.atoll"

// CheckPlace says what is wrong with that place, or nothing. Everything rests on it being a mount point: a mount point can
// be neither renamed nor removed. An image that brings a symbolic link of this name has the mounts elsewhere, and the link,
// with what the service and the engine look for behind it, would be anybody's to replace.
func CheckPlace(place string) string {
	var here, root unix.Stat_t
	if err := unix.Lstat(place, &here); err != nil {
		return "" // not in a sandbox: a test, or a try by hand
	}
	if here.Mode&unix.S_IFMT != unix.S_IFDIR {
		return place + " of the image is not a directory"
	}
	if err := unix.Stat("/", &root); err == nil && here.Dev == root.Dev {
		return place + " is not mounted"
	}
	return ""
}
