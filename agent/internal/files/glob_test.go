package files

import "testing"

func TestGlob(t *testing.T) {
	for _, c := range []struct {
		pattern, path string
		want          bool
	}{
		{"src/*", "src/x", true},
		{"src/*", "src/x/y", false},
		{"src?x/y", "src/x/y", false},
		{"src[!a]x/y", "src/x/y", false},
		{"a/src[!a]x", "a/srcbx", true},
		{"a/src[!a]x", "a/srcax", false},
		{"a/src[!a]x", "a/src/x", false},
		{"a/src[!-a]x", "a/src/x", false},
		{"a/src[!-a]x", "a/src-x", false},
		{"a/src[!-a]x", "a/srcax", false},
		{"a/src[!-a]x", "a/src0x", true}, // no range from a slash to a
		{"a/src[!a-]x", "a/src-x", false},
		{"a/src[!a-c]x", "a/srcbx", false},
		{"a/src[!a-c]x", "a/srcdx", true},
		{`a/src[!\]x`, `a/src\x`, false},
		{`a/src[!\]x`, "a/src/x", false},
		{"a/src[^a]x", "a/srcbx", true},
		{"a/src[^a]x", "a/srcax", false},
		{"a/src[^a]x", "a/src/x", false},
		{"a/src[.-0]x", "a/src/x", false},
		{"a/src[.-0]x", "a/src.x", true},
		{"a/src[.-0]x", "a/src0x", true},
		{"a/src[/]x", "a/src/x", false},
		{"a/src[/]x", "a/src]x", false},
		{"a/src[]x]", "a/src]", true},
		{"a/src[]x]", "a/srcx", true},
		{"a/src[!]]", "a/src]", false},
		{"a/src[!]]", "a/src[", true},
		{"a/src[a-]", "a/src-", true},
		{"a/src[-a]", "a/src-", true},
		{"a/src[-a]", "a/src0", false},
		{"a/src[a^]", "a/src^", true},
		{"a/src[ä-ü]x", "a/srcöx", true},
		{"a/src[ä-ü]x", "a/srcox", false},
		{"a/src[[]", "a/src[", true},
		{"a/src[ab", "a/src[ab", true}, // never closed: as it is
		{"a/src[!]", "a/src[!]", true},
		{"a/src[]", "a/src[]", true},
	} {
		match, err := globOf(c.pattern)
		if err != nil {
			t.Errorf("%s: %v", c.pattern, err)
		} else if got := match(&node{rel: c.path}); got != c.want {
			t.Errorf("%s of %s: %v", c.pattern, c.path, got)
		}
	}
	for _, pattern := range []string{"[z-a]", "a/[!z-a]", "[[:alpha:]]", "a/[![:punct:]b]"} {
		if _, err := globOf(pattern); err == nil {
			t.Errorf("%s is a pattern", pattern)
		}
	}
}
