package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// What keeps root inside from tracing the agent: commands lack a capability for good that all its threads have.
func TestCommandsLackTheCapability(t *testing.T) {
	s := connect(t)
	const setpcap = 1 << unix.CAP_SETPCAP
	sets := func(status string) (found, with int) {
		for line := range strings.Lines(status) {
			var set uint64
			if n, _ := fmt.Sscanf(line, "CapPrm:\t%x", &set); n == 0 {
				if n, _ = fmt.Sscanf(line, "CapBnd:\t%x", &set); n == 0 {
					continue
				}
			}
			found++
			if set&setpcap != 0 {
				with++
			}
		}
		return found, with
	}
	tasks, _ := filepath.Glob("/proc/self/task/*/status")
	having, lacking := 0, 0
	for _, task := range tasks {
		raw, _ := os.ReadFile(task)
		if found, with := sets(string(raw)); with == 2 {
			having++
		} else if found == 2 {
			lacking++
		}
	}
	// Not asked of the process alone, which speaks for its first thread: that may be the one that starts commands.
	if having == 0 {
		t.Skip("this machine does not give the capability")
	}
	if found, with := sets(s.shell("cat /proc/self/status").finish().out); found != 2 || with != 0 {
		t.Errorf("%d of a command's %d sets have it", with, found)
	}
	if lacking != 1 {
		t.Errorf("%d threads lack it, only the one that starts commands should", lacking)
	}
}
