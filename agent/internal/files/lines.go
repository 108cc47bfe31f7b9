package files

import (
	"strings"
	"unicode/utf8"
)

// lines looks for something in lines, each of which may come in pieces: the first match of a line counts.
type lines struct {
	find func(text []byte) []int
	keep int // how many bytes of a piece are looked at again with the next; 0: none, and what straddles a border is missed

	tail   []byte // of the pieces that were, so many bytes
	offset int    // of the next piece in its line
	found  bool   // in this line
}

// keepFor is enough for a text on both sides of a border, and for what is shown before it. Where case is ignored, a letter of
// one byte may match one of three.
func keepFor(o SearchOptions) int {
	if o.Regex {
		return 0
	}
	return 3*len(o.Content) + shownText/4
}

// look looks at the next piece of a line; text is what is shown of the match.
func (l *lines) look(piece []byte) (column int, text string, ok bool) {
	if l.found {
		return 0, "", false
	}
	if len(l.tail) > 0 {
		border := append(l.tail[:len(l.tail):len(l.tail)], piece[:min(len(piece), l.keep+shownText)]...)
		if at := l.find(border); at != nil {
			l.found = true
			return l.offset - len(l.tail) + at[0] + 1, around(border, at[0]), true
		}
	}
	if at := l.find(piece); at != nil {
		l.found = true
		return l.offset + at[0] + 1, around(piece, at[0]), true
	}
	return 0, "", false
}

// more says that the line goes on behind this piece.
func (l *lines) more(piece []byte) {
	l.offset += len(piece)
	if !l.found && l.keep > 0 {
		all := append(l.tail, piece[max(0, len(piece)-l.keep):]...)
		l.tail = append(l.tail[:0], all[max(0, len(all)-l.keep):]...)
	}
}

// end says that the next piece is one of another line.
func (l *lines) end() { l.offset, l.found, l.tail = 0, false, l.tail[:0] }

// around cuts a long line down to what is near the match.
func around(text []byte, at int) string {
	from := max(0, at-shownText/4)
	for from > 0 && from < at && !utf8.RuneStart(text[from]) {
		from++
	}
	return strings.ToValidUTF8(string(text[from:min(len(text), from+shownText)]), "\uFFFD")
}
