package files

import (
	"context"
	"strings"
	"testing"
)

func (b *bench) search(o SearchOptions) []Match {
	b.t.Helper()
	o.Limit = 100
	found, err := b.Search(context.Background(), b.dir, "", o)
	if err != nil {
		b.t.Fatal(err)
	}
	return found.Matches
}

// A line may be longer than what is read at once.
func TestSearchInLongLines(t *testing.T) {
	b := setUp(t)
	for _, c := range []struct {
		needle string
		at     int // its first byte in the line
		o      SearchOptions
	}{
		{"needle", 3 * Chunk / 2, SearchOptions{Content: "needle"}},
		{"needle", 2*Chunk - 1, SearchOptions{Content: "needle"}},
		{"needle", 2*Chunk - 3, SearchOptions{Content: "needle"}},
		{"needle", 2*Chunk - 6, SearchOptions{Content: "needle"}},
		{"needle", 2 * Chunk, SearchOptions{Content: "needle"}},
		{"NeeDLE", Chunk - 2, SearchOptions{Content: "needle", IgnoreCase: true}},
		{"\u212a\u212a\u212a\u212a", Chunk - 7, SearchOptions{Content: "kkkk", IgnoreCase: true}}, // three bytes for one
		{"needle", 3 * Chunk / 2, SearchOptions{Content: "ne+dle", Regex: true}},
	} {
		line := strings.Repeat("x", c.at) + c.needle + strings.Repeat("y", Chunk) + c.needle + "\r\n"
		b.mustPut(b.dir+"/f", "", "first\n"+line+c.needle+"\n")
		found := b.search(c.o)
		if len(found) != 2 || found[0].Line != 2 || found[0].Column != c.at+1 || found[1].Line != 3 || found[1].Column != 1 {
			t.Errorf("%q at %d: %+.300v", c.needle, c.at, found)
			continue
		}
		if !strings.Contains(found[0].Text, c.needle) || len(found[0].Text) > shownText {
			t.Errorf("%q at %d is shown as %q", c.needle, c.at, found[0].Text)
		}
	}
}

// Wherever a text lies to a border, it is found once, at its place.
func TestSearchAtEachPlaceOfABorder(t *testing.T) {
	o := SearchOptions{Content: "needle"}
	for at := 0; at < 40; at++ {
		for size := 1; size < 20; size++ {
			l := lines{keep: keepFor(o), find: func(text []byte) []int {
				if i := strings.Index(string(text), o.Content); i >= 0 {
					return []int{i, i + len(o.Content)}
				}
				return nil
			}}
			for range 2 { // lines
				rest, hits := []byte(strings.Repeat("n", at)+"needle"+strings.Repeat("e", 30)+"needle"), 0
				for len(rest) > 0 {
					piece := rest[:min(size, len(rest))]
					rest = rest[len(piece):]
					if column, _, ok := l.look(piece); ok {
						if hits++; column != at+1 {
							t.Fatalf("at %d by %d: column %d", at, size, column)
						}
					}
					l.more(piece)
				}
				if l.end(); hits != 1 {
					t.Fatalf("at %d by %d: %d times", at, size, hits)
				}
			}
		}
	}
}
