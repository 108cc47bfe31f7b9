package files

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"atoll/agent/internal/umask"
)

// TempPrefix begins the name of every unfinished file.
const TempPrefix = ".atoll-tmp-"

// Journal notes the unfinished files that exist, so that the next start removes what a killed agent left.
// One slot of a sparse file per unfinished one: two small writes, no sync, for it must survive a kill and not a crash.
type Journal struct {
	mu   sync.Mutex
	file *os.File
	free []int
	next int
}

const (
	slotSize = 4608 // length (2) and a path
	slots    = 512
)

// OpenJournal sweeps what the last incarnation noted, and begins anew. Without a folder nothing is noted.
func OpenJournal(dir string) *Journal {
	path := filepath.Join(dir, "unfinished")
	sweep(path)
	_ = os.Remove(path)
	f, err := umask.Make(func() (*os.File, error) {
		return os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR|unix.O_NOFOLLOW, 0o600)
	})
	if err != nil {
		return &Journal{}
	}
	return &Journal{file: f}
}

func sweep(path string) {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return
	}
	defer f.Close()
	slot := make([]byte, slotSize)
	for i := range slots {
		n, _ := f.ReadAt(slot, int64(i)*slotSize)
		if n >= 2 {
			if size := int(binary.BigEndian.Uint16(slot)); size > 0 && size+2 <= n {
				removeTemp(string(slot[2 : 2+size]))
			}
		}
		if n == 0 {
			return
		}
	}
}

// removeTemp only ever removes what is named as ours are: root inside can write the journal too. A tree may take its time.
func removeTemp(path string) {
	var st unix.Stat_t
	if !strings.HasPrefix(filepath.Base(path), TempPrefix) || unix.Lstat(path, &st) != nil {
		return
	}
	if st.Mode&unix.S_IFMT != unix.S_IFDIR {
		_ = unix.Unlink(path)
		return
	}
	go func() {
		r := newRemover()
		defer r.close()
		for err := r.begin(path); err == nil && !r.done; {
			err = r.step(stepSize)
		}
	}()
}

// Note writes path down before it is created; forget is called when it is gone.
func (j *Journal) Note(path string) (forget func()) {
	nothing := func() {}
	if j.file == nil || len(path) > slotSize-2 {
		return nothing
	}
	j.mu.Lock()
	slot := j.next
	if n := len(j.free); n > 0 {
		slot, j.free = j.free[n-1], j.free[:n-1]
	} else if j.next == slots {
		j.mu.Unlock()
		return nothing
	} else {
		j.next++
	}
	j.mu.Unlock()
	entry := binary.BigEndian.AppendUint16(make([]byte, 0, 2+len(path)), uint16(len(path)))
	_, _ = j.file.WriteAt(append(entry, path...), int64(slot)*slotSize)
	return func() {
		_, _ = j.file.WriteAt([]byte{0, 0}, int64(slot)*slotSize)
		j.mu.Lock()
		j.free = append(j.free, slot)
		j.mu.Unlock()
	}
}

func tempName() string {
	var b [12]byte
	_, _ = rand.Read(b[:])
	return TempPrefix + hex.EncodeToString(b[:])
}
