package files

import (
	"math/rand/v2"
	"testing"
)

// Whatever the sieve keeps out, the expression would not have found.
func TestSieveKeepsNothingOutThatMatches(t *testing.T) {
	letters := []rune("aAbkKsSzZ[{@`1 é\u212a\u017f")
	text := func(n int) string {
		out := make([]rune, n)
		for i := range out {
			out[i] = letters[rand.IntN(len(letters))]
		}
		return string(out)
	}
	kept := 0
	for range 20_000 {
		o := SearchOptions{Content: text(1 + rand.IntN(3)), IgnoreCase: true}
		re, err := patternOf(o.Content, false, true)
		if err != nil {
			t.Fatal(err)
		}
		line := []byte(text(rand.IntN(12)))
		may, is := sieveFor(o).mayHold(line), re.Match(line)
		if is && !may {
			t.Fatalf("%q is in %q", o.Content, line)
		}
		if !may {
			kept++
		}
	}
	if kept < 1000 {
		t.Errorf("it kept %d lines out of 20,000: it is of no use", kept)
	}
}

func TestNoSieveForExpressionsAndOtherLetters(t *testing.T) {
	for _, o := range []SearchOptions{{Content: "a"}, {Content: "a.c", Regex: true, IgnoreCase: true}, {Content: "ü", IgnoreCase: true}} {
		if s := sieveFor(o); s != nil || !s.mayHold([]byte("x")) {
			t.Errorf("%+v", o)
		}
	}
}
