package files

import (
	"fmt"
	"regexp"
	"strings"
)

// globOf makes a matcher of a pattern: * and ? stay within a name, ** does not, [a-z] and [!a-z] are one character.
// A pattern without a slash is for names, one with a slash for paths below the root.
func globOf(pattern string) (match func(n *node) bool, err error) {
	var out strings.Builder
	out.WriteString("(?s)^")
	for i := 0; i < len(pattern); i++ {
		switch rest := pattern[i:]; {
		case strings.HasPrefix(rest, "**/"):
			out.WriteString("(?:.*/)?")
			i += 2
		case strings.HasPrefix(rest, "**"):
			out.WriteString(".*")
			i++
		case rest[0] == '*':
			out.WriteString("[^/]*")
		case rest[0] == '?':
			out.WriteString("[^/]")
		case rest[0] == '[':
			class, length, err := classOf(rest)
			if err != nil {
				return nil, err
			}
			out.WriteString(class)
			i += length - 1
		default:
			j := i + 1
			for j < len(pattern) && !strings.ContainsRune("*?[", rune(pattern[j])) {
				j++
			}
			out.WriteString(regexp.QuoteMeta(pattern[i:j]))
			i = j - 1
		}
	}
	re, err := regexp.Compile(out.String() + "$")
	if err != nil {
		return nil, refuse("invalid", "name", "is no pattern: "+err.Error())
	}
	if strings.Contains(pattern, "/") {
		return func(n *node) bool { return re.MatchString(n.rel) }, nil
	}
	return func(n *node) bool { return re.MatchString(n.name) }, nil
}

// classOf is the class that a pattern begins with, as an expression, and its length. One that never ends is a bracket like any other.
// A slash is in no class, for it ends a name.
func classOf(pattern string) (expression string, length int, err error) {
	members := pattern[1:]
	not := strings.HasPrefix(members, "!") || strings.HasPrefix(members, "^")
	if not {
		members = members[1:]
	}
	end := strings.IndexByte(members, ']')
	if end == 0 { // as in a shell: the first of a class does not end it
		end = 1 + strings.IndexByte(members[1:], ']')
	}
	if end <= 0 {
		return `\[`, 1, nil
	}
	if strings.Contains(members[:end], "[:") {
		return "", 0, refuse("invalid", "name", "is no pattern: classes by name, as [:alpha:], are not known here")
	}
	var set strings.Builder
	add := func(low, high rune) {
		if low <= high {
			fmt.Fprintf(&set, `\x{%x}-\x{%x}`, low, high)
		}
	}
	for runes := []rune(members[:end]); len(runes) > 0; {
		low, high, used := runes[0], runes[0], 1
		if len(runes) > 2 && runes[1] == '-' {
			high, used = runes[2], 3
		}
		if high < low {
			return "", 0, refuse("invalid", "name", fmt.Sprintf("is no pattern: %q is no range", string(runes[:used])))
		}
		if low <= '/' && '/' <= high {
			add(low, '/'-1)
			add('/'+1, high)
		} else {
			add(low, high)
		}
		runes = runes[used:]
	}
	length = len(pattern) - len(members) + end + 1
	switch {
	case not:
		return "[^/" + set.String() + "]", length, nil
	case set.Len() == 0:
		return `[^\x{0}-\x{10ffff}]`, length, nil // nothing is in it
	}
	return "[" + set.String() + "]", length, nil
}

// patternOf compiles what is looked for in contents: text as it is, or a regular expression of RE2, which takes linear time.
func patternOf(text string, isRegex, ignoreCase bool) (*regexp.Regexp, error) {
	if !isRegex {
		text = regexp.QuoteMeta(text)
	}
	if ignoreCase {
		text = "(?i)" + text
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, refuse("invalid", "the expression", err.Error())
	}
	return re, nil
}
