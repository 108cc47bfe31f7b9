package main

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

// attack does what hostile code inside a sandbox would try against its agent.
func attack(verb string, args []string) {
	switch verb {
	case "say":
		say(first(args), args[1:])
	case "knock":
		knock(first(args), number(args[1:]))
	case "storm":
		storm(first(args), number(args[1:]))
	case "listen":
		listen(first(args))
	case "kill":
		fmt.Println("kill:", syscall.Kill(number(args), syscall.Signal(number(args[1:]))))
	case "peek":
		peek([]byte(first(args)))
	}
}

func dial(address string) net.Conn {
	conn, err := net.Dial("unix", address)
	check(0, err)
	return conn
}

func say(address string, lines []string) {
	conn := dial(address)
	heard := bufio.NewReader(conn)
	for _, line := range lines {
		_ = conn.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
		if text, err := heard.ReadString('\n'); text != "" || err == nil {
			fmt.Print(text)
		}
		if _, err := fmt.Fprintf(conn, "%s\n", line); err != nil {
			break
		}
	}
	_ = conn.SetReadDeadline(time.Now().Add(8 * time.Second))
	_, err := heard.WriteTo(os.Stdout)
	if timeout, ok := err.(net.Error); ok && timeout.Timeout() {
		fmt.Println("still there")
		return
	}
	fmt.Println("hung up")
}

func knock(address string, n int) {
	for range n {
		dial(address)
	}
	fmt.Println("knocked")
	time.Sleep(time.Minute)
}

func storm(address string, seconds int) {
	made := 0
	for until := time.Now().Add(time.Duration(seconds) * time.Second); time.Now().Before(until); {
		if conn, err := net.Dial("unix", address); err == nil {
			made++
			_ = conn.Close()
		}
	}
	fmt.Println(made)
}

func listen(address string) {
	_ = os.Remove(address)
	listener, err := net.Listen("unix", address)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("listening")
	conn, err := listener.Accept()
	check(0, err)
	line, _ := bufio.NewReader(conn).ReadString('\n')
	fmt.Print(line)
}

func peek(wanted []byte) {
	looked := 0
	for _, pattern := range []string{"/proc/[0-9]*/environ", "/proc/[0-9]*/cmdline", "/proc/[0-9]*/auxv", "/.atoll/spool/*"} {
		files, _ := filepath.Glob(pattern)
		for _, file := range files {
			if strings.HasPrefix(file, fmt.Sprintf("/proc/%d/", os.Getpid())) {
				continue // its own command line says what it looks for
			}
			content, err := os.ReadFile(file)
			looked++
			if err == nil && bytes.Contains(content, wanted) {
				fmt.Println("found in", file)
			}
		}
	}
	fmt.Println("looked at some:", looked > 2)
	_, err := os.ReadFile("/proc/1/environ")
	fmt.Println("environ:", err)
	_, err = os.ReadFile("/proc/1/maps")
	fmt.Println("maps:", err)
	_, err = os.Open("/proc/1/mem")
	fmt.Println("mem:", err)
	fmt.Println("trace:", syscall.PtraceAttach(1))
	var there byte
	local := syscall.Iovec{Base: &there, Len: 1}
	remote := [2]uintptr{0x400000, 1}
	_, _, errno := syscall.Syscall6(processVMReadv(), 1, uintptr(unsafe.Pointer(&local)), 1, uintptr(unsafe.Pointer(&remote)), 1, 0)
	fmt.Println("readv:", errno)
}

// processVMReadv is the number of that system call, which the syscall package lacks.
func processVMReadv() uintptr {
	if strconv.IntSize == 64 && syscall.SYS_READ == 0 {
		return 310 // amd64
	}
	return 270 // arm64 and others with the generic table
}
