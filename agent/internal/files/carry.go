package files

import (
	"context"
	"strings"

	"golang.org/x/sys/unix"

	"atoll/agent/internal/umask"
)

// carrier copies one file of the stage to where a rename cannot take it: into another file system, that is mounted below the
// folder, or into a file that is a mount itself.
type carrier struct {
	u               *unpacker
	dir, base, path string
	fromFD, toFD    int
	copy            pendingCopy
	temp            string
}

// carry is for one file; what lies at its place was looked at before.
func (u *unpacker) carry(ctx context.Context, file leftOver) error {
	dir, base := split(strings.TrimPrefix(file.path, u.path))
	c := &carrier{u: u, dir: strings.TrimPrefix(dir, "/"), base: base, path: file.path, fromFD: -1, toFD: -1}
	c.copy.src, c.copy.dst = -1, -1
	defer c.close()
	mounted := file.mounted
	err := u.service.as(u.cred, c.path, func() (err error) {
		if err = c.open(); err != nil {
			return err
		}
		if mounted = mounted || isMount(c.toFD, c.base); mounted {
			return c.overwrite()
		}
		return nil
	})
	if err != nil || mounted {
		return err
	}
	temp := tempName()
	defer u.service.journal.Note(strings.TrimSuffix(u.path+"/"+c.dir, "/") + "/" + temp)()
	defer c.clear()
	if err = u.service.as(u.cred, c.path, func() error { return c.begin(temp) }); err != nil {
		return err
	}
	for done := false; !done; {
		u.service.pool.Block(func() { done, err = c.copy.some() })
		if err != nil {
			return wrap(c.path, err)
		}
		if stopped(ctx) {
			return refuse("internal", c.path, "the call was given up; a part is unpacked")
		}
	}
	return u.service.as(u.cred, c.path, c.end)
}

func (c *carrier) open() (err error) {
	if c.fromFD, _, err = openBelow(c.u.stage.fd, c.dir); err != nil {
		return err
	}
	if c.toFD, _, err = openBelow(c.u.rootFD, c.dir); err != nil {
		return err
	}
	if err = unix.Fstatat(c.fromFD, c.base, &c.copy.st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return err
	}
	if err = chmodAt(c.fromFD, c.base, 0o600); err != nil { // it may be one that its owner cannot read
		return err
	}
	c.copy.src, err = unix.Openat(c.fromFD, c.base, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	return err
}

// overwrite is one piece of work, as every write in place: given up in the middle it would leave half a file.
func (c *carrier) overwrite() error {
	defer c.u.service.commits.lock(&target{dirFD: c.toFD, base: c.base})()
	return overwrite(c.copy.src, &c.copy.st, c.toFD, c.base, c.path)
}

func (c *carrier) begin(temp string) (err error) {
	c.copy.dst, err = umask.Openat(c.toFD, temp, unix.O_CREAT|unix.O_EXCL|unix.O_WRONLY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
	if err == nil {
		c.temp = temp
	}
	return err
}

func (c *carrier) end() error {
	if err := setMode(c.copy.dst, c.copy.st.Mode&0o7777); err != nil {
		return err
	}
	touch(c.copy.dst, c.copy.st.Mtim)
	err := unix.Renameat(c.toFD, c.temp, c.toFD, c.base)
	if err == nil {
		c.temp = ""
	}
	return err
}

func (c *carrier) clear() {
	if c.temp != "" {
		c.u.service.pool.Block(func() { _ = unix.Unlinkat(c.toFD, c.temp, 0) })
	}
}

func (c *carrier) close() {
	for _, fd := range []int{c.fromFD, c.toFD, c.copy.src, c.copy.dst} {
		closeFD(fd)
	}
}
