package files

import (
	"golang.org/x/sys/unix"

	"atoll/agent/internal/fsid"
)

// stage is the folder that an archive is unpacked in before it goes where it belongs. It lies in the target, so that renames do that; or, where
// the target may not be written, in root's own folder, for what is below the target perhaps may. It is the acting user's all the same,
// who gets at it by its descriptor alone.
type stage struct {
	service *Service
	cred    fsid.Cred // who made it
	dirFD   int       // where it lies
	name    string
	fd      int
	forget  func()
}

// make makes it in the folder at path, dirFD. Runs as cred.
func (g *stage) make(cred fsid.Cred, dirFD int, path string) (err error) {
	g.close() // of a try before this one
	if g.dirFD, err = unix.FcntlInt(uintptr(dirFD), unix.F_DUPFD_CLOEXEC, 0); err != nil {
		return err
	}
	name := tempName()
	g.cred, g.forget = cred, g.service.journal.Note(path+"/"+name)
	g.fd, err = makeDir(g.dirFD, name)
	if err == nil || g.fd >= 0 {
		g.name = name
	}
	return err
}

// makeElsewhere makes it in root's own folder, for cred.
func (g *stage) makeElsewhere(cred fsid.Cred) error {
	return g.service.as(fsid.Cred{}, g.service.spool, func() error {
		fd, err := unix.Open(g.service.spool, unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		if err := g.make(fsid.Cred{}, fd, g.service.spool); err != nil {
			return err
		}
		return unix.Fchown(g.fd, int(cred.UID), int(cred.GID))
	})
}

func (g *stage) close() {
	closeFD(g.fd)
	if g.name != "" {
		g.service.clear(g.cred, g.dirFD, g.name)
	}
	closeFD(g.dirFD)
	if g.forget != nil {
		g.forget()
	}
	*g = stage{service: g.service, dirFD: -1, fd: -1}
}
