// Package boot holds what happens once, before the agent serves: its configuration is taken out of the
// environment and wiped, threads are started ahead, signals are tamed.
package boot

import (
	"crypto/rand"
	"encoding/hex"
	"os"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Config is what the service told PID 1 by its environment, and what the agent adds: its build and incarnation.
type Config struct {
	Sandbox, Transport, Build, Incarnation string
	Secret                                 []byte
	SpoolMax                               int64
	StopGrace, OutputGrace                 time.Duration
	SpoolDir, SocketPath, ListenName       string
}

// TakeConfig reads the variables, then removes them from this process's memory, so that neither a child nor
// /proc/1/environ ever shows the secret.
func TakeConfig(build string) Config {
	secret, _ := hex.DecodeString(os.Getenv("ATOLL_SECRET"))
	c := Config{
		Sandbox:     strings.Clone(os.Getenv("ATOLL_SANDBOX")),
		Transport:   strings.Clone(os.Getenv("ATOLL_TRANSPORT")),
		Build:       build,
		Incarnation: randomHex(8),
		Secret:      secret,
		SpoolMax:    number("ATOLL_SPOOL_MAX", 16<<20, 4096),
		StopGrace:   time.Duration(number("ATOLL_STOP_GRACE", 2000, 0)) * time.Millisecond,
		OutputGrace: time.Duration(number("ATOLL_OUTPUT_GRACE", 500, 0)) * time.Millisecond,
		SpoolDir:    "/.atoll-spool",
		SocketPath:  "/.atoll/run/agent.sock",
		ListenName:  "@atoll-agent",
	}
	WipeEnvironment()
	Undumpable()
	return c
}

// Check says what is wrong with the configuration, or "".
func (c Config) Check() string {
	switch {
	case c.Sandbox == "" || len(c.Sandbox) > 128 || strings.ContainsAny(c.Sandbox, " \n"):
		return "ATOLL_SANDBOX is missing or not a plain word"
	case len(c.Secret) != 32:
		return "ATOLL_SECRET is not 64 hex digits"
	case c.Transport != "socket" && c.Transport != "exec":
		return "ATOLL_TRANSPORT is neither socket nor exec"
	}
	return ""
}

// WipeEnvironment empties the environment: Go's copies of the strings, and the process's own block that
// /proc/<pid>/environ reads from.
func WipeEnvironment() {
	all := os.Environ()
	os.Clearenv()
	for _, kv := range all {
		if len(kv) > 0 {
			clear(unsafe.Slice(unsafe.StringData(kv), len(kv)))
		}
	}
	if from, to := environmentBlock(); from != 0 && to > from && to-from < 1<<22 {
		clear(unsafe.Slice(bytesAt(from), int(to-from)))
	}
}

// bytesAt makes a pointer of an address outside Go's heap; by way of another pointer, so that vet sees no arithmetic.
func bytesAt(address uintptr) *byte { return *(**byte)(unsafe.Pointer(&address)) }

// environmentBlock reads env_start and env_end, fields 50 and 51 of /proc/self/stat.
func environmentBlock() (uintptr, uintptr) {
	raw, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return 0, 0
	}
	text := string(raw)
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:]) // starts at field 3
	if len(fields) < 49 {
		return 0, 0
	}
	from, _ := strconv.ParseUint(fields[47], 10, 64)
	to, _ := strconv.ParseUint(fields[48], 10, 64)
	return uintptr(from), uintptr(to)
}

// Undumpable keeps others from reading our memory, tracing us, or following our /proc links.
func Undumpable() { _ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0) }

func number(name string, fallback, least int64) int64 {
	n, err := strconv.ParseInt(os.Getenv(name), 10, 64)
	if err != nil || n < least {
		return fallback
	}
	return n
}

func randomHex(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return hex.EncodeToString(b)
}

// Complain writes to stderr only when that cannot block: nobody may be reading PID 1's log.
func Complain(text string) {
	fds := []unix.PollFd{{Fd: 2, Events: unix.POLLOUT}}
	if n, err := unix.Poll(fds, 0); err == nil && n == 1 && fds[0].Revents&unix.POLLOUT != 0 {
		_, _ = unix.Write(2, []byte(text))
	}
}
