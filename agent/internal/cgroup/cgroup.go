// Package cgroup finds the files of the sandbox's own cgroup.
package cgroup

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// Name is where the kernel keeps one thing: a file under v2, a controller and its file under v1.
type Name struct{ V2, Controller, V1 string }

// File is an open one. It stays open: a read costs microseconds. The zero File has nothing to say.
type File struct{ file *os.File }

// Open takes the first file that holds what understood wants; none on gVisor, or where the controller is off. root is
// "/"; tests have trees of their own.
func Open(root string, name Name, understood func([]byte) bool) File {
	for _, path := range paths(root, name) {
		if f := OpenFile(path, understood); f.file != nil {
			return f
		}
	}
	return File{}
}

// OpenFile opens any one file of the kernel's.
func OpenFile(path string, understood func([]byte) bool) File {
	file, err := os.Open(path)
	if err != nil {
		return File{}
	}
	f := File{file}
	if understood(f.Read()) {
		return f
	}
	_ = file.Close()
	return File{}
}

// paths lists where it may be: with the cgroup's path (whole tree mounted) and without (private namespace, or engines
// that mount just our part).
func paths(root string, name Name) []string {
	base := root + "sys/fs/cgroup"
	last := []string{base + "/" + name.V2}
	var out []string
	raw, _ := os.ReadFile(root + "proc/self/cgroup")
	for line := range strings.Lines(string(raw)) {
		f := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3)
		if len(f) != 3 {
			continue
		}
		if f[1] == "" {
			out = append(out, base+f[2]+"/"+name.V2)
		} else if strings.Contains(","+f[1]+",", ","+name.Controller+",") {
			// Controllers that share a hierarchy share a folder, which a link per controller may lead to.
			for _, folder := range []string{name.Controller, f[1]} {
				out = append(out, base+"/"+folder+f[2]+"/"+name.V1)
				last = append(last, base+"/"+folder+"/"+name.V1)
			}
		}
	}
	return append(append(out, last...), base+"/"+name.Controller+"/"+name.V1)
}

const maxFile = 64 << 10

// Read gives the content as it is now. Safe for many at once.
func (f File) Read() []byte {
	if f.file == nil {
		return nil
	}
	var out []byte
	var piece [4096]byte
	for len(out) < maxFile {
		n, err := unix.Pread(int(f.file.Fd()), piece[:], int64(len(out)))
		if err == unix.EINTR {
			continue
		}
		if n <= 0 || err != nil {
			break
		}
		out = append(out, piece[:n]...)
	}
	return out
}
