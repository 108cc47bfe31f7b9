package boot

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCheckPlace(t *testing.T) {
	folder := t.TempDir()
	link := filepath.Join(folder, "link")
	if err := os.Symlink("/proc", link); err != nil {
		t.Fatal(err)
	}
	if wrong := CheckPlace(link); !strings.Contains(wrong, "not a directory") {
		t.Error("a link:", wrong)
	}
	if wrong := CheckPlace("/bin/.."); !strings.Contains(wrong, "not mounted") {
		t.Error("a plain directory:", wrong)
	}
	for _, right := range []string{"/proc", filepath.Join(folder, "absent")} {
		if wrong := CheckPlace(right); wrong != "" {
			t.Error(right, wrong)
		}
	}
}
