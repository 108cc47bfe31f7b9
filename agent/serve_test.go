package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestExitCodes(t *testing.T) {
	s := connect(t)
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for code := worker; code < 256; code += 8 {
				if got := s.shell(fmt.Sprintf("exit %d", code)).finish(); got.code() != code || got.exit["signal"] != nil {
					t.Errorf("exit %d: %v %v", code, got.exit, got.failed)
				}
			}
		}()
	}
	wg.Wait()
	for _, sig := range []int{1, 2, 6, 9, 11, 13, 15, 34} {
		got := s.shell(fmt.Sprintf("kill -%d $$; sleep 5", sig)).finish()
		if got.code() != 128+sig || got.exit["signal"] != float64(sig) {
			t.Errorf("signal %d: %v", sig, got.exit)
		}
	}
}

func TestFailures(t *testing.T) {
	s := connect(t)
	dir := t.TempDir()
	os.Chmod(dir, 0o755)
	os.WriteFile(dir+"/noshebang", []byte("\x00\x01"), 0o755)
	os.WriteFile(dir+"/orphan", []byte("#!/no/such/interpreter -x\n"), 0o755)
	os.WriteFile(dir+"/plain", []byte("#!/bin/sh\n"), 0o644)
	os.Mkdir(dir+"/closed", 0o700)
	for name, c := range map[string]struct {
		command map[string]any
		reason  string
		code    any
	}{
		"missing":             {map[string]any{"argv": []string{"no-such-program"}}, "not_found", 127.0},
		"missing path":        {map[string]any{"argv": []string{"/no/such"}}, "not_found", 127.0},
		"missing interpreter": {map[string]any{"argv": []string{dir + "/orphan"}}, "not_found", 127.0},
		"no format":           {map[string]any{"argv": []string{dir + "/noshebang"}}, "not_executable", 126.0},
		"no x":                {map[string]any{"argv": []string{dir + "/plain"}}, "not_executable", 126.0},
		"a folder":            {map[string]any{"argv": []string{dir}}, "not_executable", 126.0},
		"bad cwd":             {map[string]any{"argv": []string{"true"}, "cwd": dir + "/none"}, "bad_cwd", nil},
		"bad cwd and exe":     {map[string]any{"argv": []string{"/no/such"}, "cwd": dir + "/plain"}, "bad_cwd", nil},
		"closed cwd":          {map[string]any{"argv": []string{"true"}, "cwd": dir + "/closed", "user": "4711"}, "bad_cwd", nil},
		"bad user":            {map[string]any{"argv": []string{"true"}, "user": "no-such-user"}, "bad_user", nil},
		"no argv":             {map[string]any{"argv": []string{}}, "invalid", nil},
		"NUL":                 {map[string]any{"argv": []string{"a\x00b"}}, "invalid", nil},
		"NUL in env":          {map[string]any{"argv": []string{"true"}, "env": map[string]string{"A": "\x00"}}, "invalid", nil},
		"= in a name":         {map[string]any{"argv": []string{"true"}, "env": map[string]string{"A=": ""}}, "invalid", nil},
		"too long":            {map[string]any{"argv": []string{"true", strings.Repeat("x", 200_000)}}, "invalid", nil},
	} {
		got := s.command(c.command).read(0)
		if got.failed["reason"] != c.reason || got.failed["exit_code"] != c.code || got.failed["message"] == "" {
			t.Errorf("%s: %v %v, want %s %v", name, got.failed, got.exit, c.reason, c.code)
		}
	}
	if got := s.open("/commands", "", frameOf('C', []byte("{"))).read(0); got.failed["reason"] != "invalid" {
		t.Errorf("no JSON: %v", got)
	}
	st := s.command(map[string]any{"id": "twice", "argv": []string{"sleep", "10"}})
	st.next()
	if got := s.command(map[string]any{"id": "twice", "argv": []string{"true"}}).read(0); got.failed["reason"] != "duplicate" {
		t.Errorf("twice: %v", got.failed)
	}
	s.call("POST", "/commands/twice/signal?signal=9", "")
	st.finish()
}

func TestEnvironmentAndUser(t *testing.T) {
	s := connect(t)
	got := s.command(map[string]any{"argv": []string{"sh", "-c", "env | sort; umask; pwd; id -u; id -g; id -G; cat; ls /proc/self/fd | wc -l"}, "cwd": "/tmp", "user": "4711:4712", "env": map[string]string{"A": "ü b"}}).finish()
	for _, want := range []string{"A=ü b\n", "HOME=/\n", "USER=4711\n", "PATH=/usr/local/sbin", "0022\n/tmp\n4711\n4712\n4712\n"} {
		if !strings.Contains(got.out, want) {
			t.Errorf("%q is not in:\n%s%s", want, got.out, got.err)
		}
	}
	if strings.Contains(got.out, "ATOLL") {
		t.Error("our variables leaked")
	}
	if !strings.HasSuffix(got.out, "\n4\n") { // 0, 1, 2 and the folder itself
		t.Errorf("descriptors leaked: %s", got.out)
	}
}

func TestOutputIsExact(t *testing.T) {
	s := connect(t)
	got := s.shell(`printf 'a\r\nb'; printf 'e\000\377' >&2`).finish()
	if got.out != "a\r\nb" || got.err != "e\x00\xff" || int64(got.exit["length"].(float64)) != int64(len(got.log)) {
		t.Errorf("%q %q %v", got.out, got.err, got.exit)
	}
	got = s.shell(`head -c 1000000 /dev/zero | tr '\0' x`).finish()
	if len(got.out) != 1_000_000 || strings.Trim(got.out, "x") != "" {
		t.Errorf("a line of a million: %d", len(got.out))
	}
}

func TestDaemonDoesNotHoldTheEnd(t *testing.T) {
	s := connect(t)
	dir := t.TempDir()
	begun := time.Now()
	// Its daemon speaks once it is told, or after some twenty seconds.
	got := s.shell(fmt.Sprintf(`(i=0; until [ -e %[1]s/go ] || [ $((i+=1)) -gt 400 ]; do sleep 0.05; done; echo late; echo >%[1]s/alive) & echo up`, dir)).finish()
	if took := time.Since(begun); got.code() != 0 || got.out != "up\n" || took > 10*time.Second {
		t.Errorf("%v %q after %v", got.exit, got.out, took)
	}
	os.WriteFile(dir+"/go", nil, 0o600)
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(dir + "/alive"); err == nil {
			return // it could write to its stdout and lived on
		}
	}
	t.Error("the daemon died when its command ended")
}

func TestSignals(t *testing.T) {
	s := connect(t)
	st := s.shell(`sleep 60 & echo $!; sleep 60`)
	got := st.read(1)
	var grandchild int
	fmt.Sscan(got.out, &grandchild)
	if code, _ := s.call("POST", "/commands/"+st.id+"/signal?signal=0", ""); code != 204 {
		t.Errorf("probe: %d", code)
	}
	if code, body := s.call("POST", "/commands/"+st.id+"/release", ""); code != 409 {
		t.Errorf("release of a running one: %d %s", code, body)
	}
	if code, body := s.call("POST", "/commands/"+st.id+"/signal?signal=65", ""); code != 400 {
		t.Errorf("signal 65: %d %s", code, body)
	}
	s.call("POST", "/commands/"+st.id+"/signal", "")
	got = st.read(0)
	if got.exit["signal"] != 15.0 || got.code() != 143 {
		t.Errorf("%v", got.exit)
	}
	for deadline := time.Now().Add(2 * time.Second); alive(grandchild); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the grandchild lives")
		}
	}
	if code, _ := s.call("POST", "/commands/"+st.id+"/signal", ""); code != 409 {
		t.Errorf("signal to a finished one: %d", code)
	}
	if code, _ := s.call("POST", "/commands/"+st.id+"/release", ""); code != 204 {
		t.Errorf("release: %d", code)
	}
	for _, path := range []string{"signal", "release", "attach?from=0"} {
		if code, body := s.call("POST", "/commands/"+st.id+"/"+path, ""); code != 404 || !strings.Contains(body, `"kind":"not_found"`) {
			t.Errorf("%s of a released one: %d %s", path, code, body)
		}
	}
}

// alive is false for a zombie: who adopts orphans here is not the agent.
func alive(pid int) bool {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(raw), ") Z ")
}

func TestNewerSessionWins(t *testing.T) {
	older := connect(t)
	if code, _ := older.call("GET", "/health", ""); code != 200 {
		t.Fatal(code)
	}
	newer := connect(t)
	if code, body := newer.call("GET", "/health", ""); code != 200 || !strings.Contains(body, `"incarnation":"0123456789abcdef"`) {
		t.Fatal(code, body)
	}
	if _, err := older.http.Get("http://agent/health"); err == nil {
		t.Error("the older session still works")
	}
}

func TestNothingIsLeftBehind(t *testing.T) {
	s := connect(t)
	s.shell("true").finish()
	goroutines, fds := runtime.NumGoroutine(), openFDs()
	for range 100 {
		s.shell("echo out; echo err >&2").finish()
	}
	for deadline := time.Now().Add(3 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		g, f := runtime.NumGoroutine(), openFDs()
		if g <= goroutines+10 && f <= fds+2 && served.Count() == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("goroutines %d → %d, descriptors %d → %d, commands %v", goroutines, g, fds, f, served.List())
		}
	}
}

func openFDs() int {
	all, _ := os.ReadDir("/proc/self/fd")
	return len(all)
}

func TestFilesOverTheWire(t *testing.T) {
	s := connect(t)
	dir := t.TempDir()
	if code, body := s.call("PUT", "/files?path="+dir+"/a%20b%2B+%ff&user=", "content"); code != 200 || !strings.HasPrefix(body, `{"size":7,"created":true,"etag":"`) {
		t.Fatal(code, body)
	}
	if _, err := os.Stat(dir + "/a b++\xff"); err != nil {
		t.Error(err)
	}
	resp, err := s.http.Get("http://agent/files?path=" + dir + "/a%20b%2B%2B%ff")
	if err != nil || resp.Header.Get("x-atoll-size") != "7" || resp.Header.Get("x-atoll-mode") != "0644" || resp.Header.Get("x-atoll-mtime") == "" {
		t.Error(err, resp.Header)
	}
	resp.Body.Close()
	if code, body := s.call("GET", "/files?path="+dir, ""); code != 400 || !strings.Contains(body, `"kind":"is_directory"`) {
		t.Error(code, body)
	}
	if code, body := s.call("GET", "/files?path=/nope", ""); code != 404 || body != `{"kind":"not_found","message":"/nope: no such file or directory"}` {
		t.Error(code, body)
	}
	if code, body := s.call("GET", "/files/list?path="+dir, ""); code != 200 || strings.Count(body, "\n") != 2 {
		t.Error(code, body)
	}
	if code, _ := s.call("DELETE", "/files?path="+dir+"/a%20b%2B%2B%ff", ""); code != 204 {
		t.Error(code)
	}
	if code, body := s.call("PATCH", "/files", ""); code != 404 || !strings.Contains(body, "not_found") {
		t.Error(code, body)
	}
}
