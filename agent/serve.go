package main

import (
	"net/http"
	"os"
	"time"

	"atoll/agent/internal/api"
	"atoll/agent/internal/boot"
	"atoll/agent/internal/command"
	"atoll/agent/internal/files"
	"atoll/agent/internal/fsid"
	"atoll/agent/internal/handshake"
	"atoll/agent/internal/proc"
	"atoll/agent/internal/session"
	"atoll/agent/internal/spool"
	"atoll/agent/internal/stats"
	"atoll/agent/internal/umask"
	"atoll/agent/internal/users"
)

const (
	threads     = 24 // started ahead
	userThreads = 4  // that file calls of users run on
	blocking    = 8  // blocking file calls at once
	flushExits  = 500 * time.Millisecond
)

// serve is PID 1: it returns the exit status when it is told to stop.
func serve(c boot.Config) int {
	wrong := c.Check()
	if wrong == "" {
		wrong = boot.CheckPlace(boot.Place)
	}
	if wrong != "" {
		boot.Complain("atoll-agent: " + wrong + "\n")
		return 2
	}
	boot.SealDescriptors()
	boot.Memory()
	stop, child := boot.Signals()
	umask.Set()
	boot.Threads(threads)
	server, table := assemble(c, child)
	hub := session.NewHub()
	id := identity(c)
	if c.Transport == "exec" {
		if err := session.Listen(hub, c.ListenName, id); err != nil {
			boot.Complain("atoll-agent: " + err.Error() + "\n")
			return 1
		}
	} else {
		go session.Dial(hub, c.SocketPath, id)
	}
	go func() { _ = server.Serve(hub) }()
	<-stop
	table.Stop(flushExits)
	return 0
}

// assemble makes all the parts and joins them; child delivers SIGCHLD.
func assemble(c boot.Config, child <-chan os.Signal) (*http.Server, *command.Table) {
	pool := fsid.New(userThreads, blocking)
	reaper := proc.NewReaper(child)
	people := users.New("/etc/passwd", "/etc/group")
	spool.Sweep(c.SpoolDir)
	table := command.NewTable(command.Parts{
		Users: people, Pool: pool, Reaper: reaper, Spawner: proc.NewSpawner(reaper), OOM: proc.NewOOM(),
		Store: spool.NewStore(c.SpoolDir, c.SpoolMax, pool.Block), StopGrace: c.StopGrace, OutputGrace: c.OutputGrace,
	})
	started := time.Now()
	face := &api.API{
		Build: c.Build, Incarnation: c.Incarnation, Started: started, Commands: table, Stats: stats.NewReader(started),
		Files: files.New(pool, people, files.OpenJournal(c.SpoolDir), c.SpoolDir),
	}
	return face.Server(), table
}

func identity(c boot.Config) handshake.Identity {
	return handshake.Identity{
		Transport: c.Transport, Sandbox: c.Sandbox, Incarnation: c.Incarnation, Build: c.Build, Secret: c.Secret,
	}
}
