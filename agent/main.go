// Command atoll-agent is PID 1 of every sandbox (serve) and the bridge into one (connect).
// docs/agent-protocol.md says what it speaks; this file only wires the parts together.
package main

import (
	"fmt"
	"os"
	"runtime/debug"

	"atoll/agent/internal/boot"
	"atoll/agent/internal/bridge"
	"atoll/agent/internal/procs"
)

// build names the binary; the service sets it with -ldflags "-X main.build=…".
var build = "dev"

func main() {
	mode := ""
	if len(os.Args) > 1 {
		mode = os.Args[1]
	}
	switch mode {
	case "serve":
		// Never many, for that means threads: a fork bomb shares our pids limit, see boot.Threads.
		procs.Few(4)
		os.Exit(serve(boot.TakeConfig(build)))
	case "connect":
		boot.WipeEnvironment()
		boot.Undumpable()
		debug.SetGCPercent(-1) // two buffers and nothing else: no collector, and none of its threads
		boot.Threads(4)
		os.Exit(bridge.Run())
	case "version":
		fmt.Println(build)
	default:
		boot.Complain("usage: atoll-agent serve|connect|version\n")
		os.Exit(2)
	}
}
