package files

import (
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
		case rest[0] == '[' && strings.IndexByte(rest[1:], ']') > 0:
			end := 1 + strings.IndexByte(rest[1:], ']')
			class := strings.ReplaceAll(rest[1:end], `\`, `\\`)
			if rest, not := strings.CutPrefix(class, "!"); not {
				class = notOf(rest)
			}
			out.WriteString("[" + class + "]")
			i += end
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

// notOf is what a class without the given characters begins with: a slash is never in it, for it ends a name.
func notOf(class string) string {
	switch {
	case class == "":
		return "^" // no class at all: it is refused
	case class[0] == '-':
		return `^/\` + class // a slash before it would begin a range
	}
	return "^/" + class
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
