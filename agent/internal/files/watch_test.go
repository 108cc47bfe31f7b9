package files

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// watching is a watch whose events are read from happened on; until then the kernel keeps them, or loses them.
type watching struct {
	*Watch
	t      *testing.T
	events chan Event
	seen   []Event
}

func (b *bench) watch(directories int) *watching {
	b.t.Helper()
	w, err := b.Watch(b.dir, "", WatchOptions{Recursive: true, MaxDirectories: directories})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(w.Close)
	return &watching{Watch: w, t: b.t, events: make(chan Event, 1<<20)}
}

func (w *watching) run() {
	ctx, stop := context.WithCancel(context.Background())
	w.t.Cleanup(stop)
	go func() {
		_ = w.Run(ctx, func(lines []byte) error {
			for _, l := range bytes.Split(bytes.TrimSpace(lines), []byte("\n")) {
				var e Event
				if json.Unmarshal(l, &e) == nil {
					w.events <- e
				}
			}
			return nil
		})
	}()
}

func (w *watching) want(kind, path string) {
	w.t.Helper()
	timeout := time.After(10 * time.Second)
	for {
		select {
		case e := <-w.events:
			w.seen = append(w.seen, e)
			if e.Type == kind && e.Path == path {
				return
			}
		case <-timeout:
			w.t.Fatalf("%s of %q is not told; last: %+v", kind, path, w.seen[max(0, len(w.seen)-3):])
		}
	}
}

// overflow makes so much happen that the kernel loses the rest.
func (b *bench) overflow() {
	b.t.Helper()
	text, err := os.ReadFile("/proc/sys/fs/inotify/max_queued_events")
	if err != nil {
		b.t.Skip(err)
	}
	most, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	if most > 100_000 {
		b.t.Skip("the kernel keeps too many events")
	}
	for i := range most/3 + 100 { // each: created, written, deleted
		name := fmt.Sprintf("%s/many%d", b.dir, i)
		if err := os.WriteFile(name, nil, 0o644); err != nil {
			b.t.Fatal(err)
		}
		os.Remove(name)
	}
}

func TestWatchGoesOnAfterEventsWereLost(t *testing.T) {
	b := setUp(t)
	for _, dir := range []string{"stays/in", "moves/in", "goes", "leaves"} {
		os.MkdirAll(b.dir+"/"+dir, 0o755)
	}
	w := b.watch(8) // as many as there are at the end
	b.overflow()
	os.MkdirAll(b.dir+"/late/in", 0o755)
	os.Rename(b.dir+"/moves", b.dir+"/moved")
	os.Remove(b.dir + "/goes")
	os.Rename(b.dir+"/leaves", b.dir+"/../left")
	w.run()
	w.want("overflow", "")
	for _, dir := range []string{"stays/in", "moved/in", "late/in"} {
		os.WriteFile(b.dir+"/"+dir+"/f", nil, 0o644)
		w.want("created", dir+"/f")
	}
	os.WriteFile(b.dir+"/../left/f", nil, 0o644)
	os.Mkdir(b.dir+"/eighth", 0o755) // what went counts no more
	os.WriteFile(b.dir+"/eighth/f", nil, 0o644)
	w.want("created", "eighth/f")
	if slices.ContainsFunc(w.seen, func(e Event) bool { return strings.HasPrefix(e.Path, "leaves/") }) {
		t.Error("what left the tree is still told of")
	}
	os.Mkdir(b.dir+"/ninth", 0o755)
	w.want("end", "")
}

func TestWatchEndsWhenItsFolderWentUnseen(t *testing.T) {
	b := setUp(t)
	w := b.watch(8)
	b.overflow()
	os.Rename(b.dir, b.dir+"-gone")
	os.Mkdir(b.dir, 0o755)
	w.run()
	w.want("overflow", "")
	w.want("end", "")
}

func TestWatchTellsWhatIsInAFolderThatMovedOnAtOnce(t *testing.T) {
	b := setUp(t)
	os.Mkdir(b.dir+"/old", 0o755)
	w := b.watch(8)
	os.Mkdir(b.dir+"/n", 0o755)
	os.WriteFile(b.dir+"/n/f", nil, 0o644)
	if err := w.add("n", 0); err != nil { // it is watched, and moves before it is looked into
		t.Fatal(err)
	}
	os.Rename(b.dir+"/n", b.dir+"/old/n")
	w.run()
	w.want("moved", "old/n")
	w.want("created", "old/n/f")
	os.WriteFile(b.dir+"/old/n/g", nil, 0o644)
	w.want("created", "old/n/g")
}

func TestWatchTellsOfAMoveThatIsReadInTwo(t *testing.T) {
	b := setUp(t)
	os.WriteFile(b.dir+"/a", nil, 0o644)
	os.WriteFile(b.dir+"/leaves", nil, 0o644)
	w := b.watch(8)
	os.Rename(b.dir+"/a", b.dir+"/b")
	buf := make([]byte, 4096)
	n, err := w.file.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	half := unix.SizeofInotifyEvent + int(binary.NativeEndian.Uint32(buf[12:]))
	if err := errors.Join(w.take(buf[:half]), w.take(buf[half:n])); err != nil {
		t.Fatal(err)
	}
	w.run()
	w.want("moved", "b")
	os.Rename(b.dir+"/leaves", b.dir+"/../left")
	w.want("deleted", "leaves")
	if slices.ContainsFunc(w.seen, func(e Event) bool { return e.Type == "deleted" && e.Path == "a" }) {
		t.Error("what moved is told of as deleted")
	}
}

func TestWatchTellsOfAFolderWhoseNameAnotherHasByThen(t *testing.T) {
	b := setUp(t)
	w := b.watch(8)
	os.Mkdir(b.dir+"/tmp", 0o755)
	os.WriteFile(b.dir+"/tmp/f", nil, 0o644)
	os.Rename(b.dir+"/tmp", b.dir+"/final")
	os.Mkdir(b.dir+"/tmp", 0o755)
	w.run()
	w.want("moved", "final")
	w.want("created", "final/f")
	for _, dir := range []string{"final", "tmp"} {
		os.WriteFile(b.dir+"/"+dir+"/later", nil, 0o644)
		w.want("created", dir+"/later")
	}
}
