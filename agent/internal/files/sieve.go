package files

import (
	"bytes"
	"unicode/utf8"
)

// sieve tells cheaply which lines cannot hold a text whatever its case: Go's regular expressions have no quick way for that.
// A text or line that is not ASCII passes: there a letter may have more than two forms (k is also the Kelvin sign).
type sieve struct {
	lower []byte // the text
	line  []byte // scratch
}

// sieveFor is nil where every line has to be looked at.
func sieveFor(o SearchOptions) *sieve {
	if !o.IgnoreCase || o.Regex || !isASCII(o.Content) {
		return nil
	}
	return &sieve{lower: bytes.ToLower([]byte(o.Content))}
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// mayHold may say yes too often, never no.
func (s *sieve) mayHold(line []byte) bool {
	if s == nil {
		return true
	}
	s.line = append(s.line[:0], line...)
	var all byte
	for i, b := range s.line {
		all |= b
		if 'A' <= b && b <= 'Z' {
			s.line[i] = b + 'a' - 'A'
		}
	}
	return all >= utf8.RuneSelf || bytes.Contains(s.line, s.lower)
}
