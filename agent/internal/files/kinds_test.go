package files

import (
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestKinds(t *testing.T) {
	b := setUp(t)
	os.Mkdir(b.dir+"/closed", 0o700)
	b.mustPut(b.dir+"/closed/in", "", "x")
	b.mustPut(b.dir+"/ro", "", "x")
	unix.Mkfifo(b.dir+"/fifo", 0o666)
	for _, c := range []struct{ path, user, get, put string }{
		{"", "", "invalid", "invalid"},
		{"relative", "", "invalid", "invalid"},
		{"/tmp/a\x00b", "", "invalid", "invalid"},
		{b.dir, "", "is_directory", "is_directory"},
		{b.dir + "/", "", "is_directory", "is_directory"},
		{b.dir + "/.", "", "is_directory", "is_directory"},
		{b.dir + "/..", "", "is_directory", "is_directory"},
		{b.dir + "/ro/x", "", "not_directory", "not_directory"},
		{b.dir + "/" + strings.Repeat("x", 256), "", "name_too_long", "name_too_long"},
		{strings.Repeat("/x", 3000), "", "name_too_long", "name_too_long"},
		{b.dir + "/closed/in", someone, "permission", "permission"},
		{b.dir + "/closed/new", someone, "permission", "permission"},
		{b.dir + "/ro", someone, "", "permission"},
		{"/dev/zero", "", "special", "special"},
		{b.dir + "/fifo", "", "special", "special"},
		{"/proc/sys/kernel/hostname", "", "", "permission"},
		{"/proc/nope", "", "not_found", "permission"},
		{"/sys/nope/x", "", "not_found", "permission"},
		{"/proc/self/environ", "", "permission", "permission"},
		{"/proc/thread-self/mem", "", "permission", "permission"},
		{b.dir + "/none", "no such user", "invalid", "invalid"},
		{b.dir + "/none", "", "not_found", ""},
	} {
		_, err := b.get(c.path, c.user)
		b.want("get "+c.path, err, c.get)
		_, err = b.put(c.path, c.user, "content")
		b.want("put "+c.path, err, c.put)
	}
	if got, err := b.get("/proc/self/status", ""); err != nil || !strings.Contains(got, "Pid:") {
		t.Errorf("/proc is read by content: %q %v", got, err)
	}
	b.noDebris()
}
