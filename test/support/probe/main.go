// Command probe is the only file of the test image `atoll-test/scratch:1`: what a test wants to see done in an image
// that has no shell, no cat and no ls.
package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const usage = `probe args A B C          prints each argument on a line of its own
probe env [NAME]          prints the environment, or one variable
probe cat                 copies stdin to stdout
probe write BYTES [err]   writes that many bytes, without a newline, to stdout or stderr
probe pwd | id            prints the working directory | uid, gid and groups
probe sleep SECONDS       sleeps
probe exit CODE           exits with that code
probe signal NUMBER       sends itself that signal
probe say SOCKET [LINE…]  connects to a unix socket (@name: an abstract one) and says each line once the other has said
                          one, or after 300 ms; prints what it hears until that hangs up
probe knock SOCKET N      makes that many connections and holds them, silent
probe storm SOCKET SECONDS  connects and hangs up as fast as it can, and says how often
probe listen SOCKET       listens there, and prints the first line of who connects
probe kill PID NUMBER     sends somebody else that signal, and says how that went
probe peek TEXT           looks for the text in what /proc shows of all processes, and tries to trace and read PID 1
`

func main() {
	if len(os.Args) < 2 {
		fail(usage)
	}
	run(os.Args[1], os.Args[2:])
}

func run(verb string, args []string) {
	switch verb {
	case "args":
		for _, arg := range args {
			fmt.Println(arg)
		}
	case "env":
		printEnv(args)
	case "cat":
		check(io.Copy(os.Stdout, os.Stdin))
	case "write":
		write(args)
	case "pwd":
		dir, err := os.Getwd()
		check(fmt.Println(dir))
		check(0, err)
	case "id":
		groups, err := os.Getgroups()
		check(0, err)
		fmt.Println(os.Getuid(), os.Getgid(), groups)
	case "sleep":
		seconds, err := strconv.ParseFloat(first(args), 64)
		check(0, err)
		time.Sleep(time.Duration(seconds * float64(time.Second)))
	case "exit":
		os.Exit(number(args))
	case "signal":
		check(0, syscall.Kill(os.Getpid(), syscall.Signal(number(args))))
		time.Sleep(time.Minute)
	case "say", "knock", "storm", "listen", "kill", "peek":
		attack(verb, args)
	default:
		fail("probe: no verb " + verb + "\n" + usage)
	}
}

func printEnv(args []string) {
	if len(args) == 0 {
		fmt.Println(strings.Join(os.Environ(), "\n"))
		return
	}
	value, found := os.LookupEnv(args[0])
	if !found {
		os.Exit(1)
	}
	fmt.Println(value)
}

func write(args []string) {
	out := os.Stdout
	if len(args) > 1 && args[1] == "err" {
		out = os.Stderr
	}
	check(io.Copy(out, io.LimitReader(endless{}, int64(number(args)))))
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

func first(args []string) string {
	if len(args) == 0 {
		fail(usage)
	}
	return args[0]
}

func number(args []string) int {
	n, err := strconv.Atoi(first(args))
	check(0, err)
	return n
}

func check[N any](_ N, err error) {
	if err != nil {
		fail("probe: " + err.Error() + "\n")
	}
}

func fail(text string) {
	fmt.Fprint(os.Stderr, text)
	os.Exit(64)
}
