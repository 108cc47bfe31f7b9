package files

import (
	"bytes"
	"context"
	"fmt"
)

// ReplaceOptions say what goes in the place of what.
type ReplaceOptions struct {
	Search     string `json:"search"`
	Replace    string `json:"replace"` // of an expression: with $1 and ${name}
	Regex      bool   `json:"regex"`
	IgnoreCase bool   `json:"ignore_case"`
	Expected   *int   `json:"expected"` // conflict when there are not just so many
	MaxBytes   int64  `json:"max_bytes"`
}

// Replaced says what a replacement did.
type Replaced struct {
	Replacements int    `json:"replacements"`
	ETag         string `json:"etag"`
}

// replaceTries is how often a file that others are writing too is begun again.
const replaceTries = 10

// maxReplacements bounds what is remembered of a file full of matches.
const maxReplacements = 100_000

// Replace changes all that is found in a file, in one step: nothing that another call writes meanwhile is lost.
func (s *Service) Replace(ctx context.Context, path, user string, o ReplaceOptions) (done Replaced, err error) {
	for range replaceTries {
		done, err = s.replaceOnce(ctx, path, user, o)
		if e, ok := err.(*Error); !ok || e.Kind != "precondition" {
			return done, err
		}
	}
	return done, refuse("conflict", path, "is being written by others all the time; nothing is changed")
}

func (s *Service) replaceOnce(ctx context.Context, path, user string, o ReplaceOptions) (Replaced, error) {
	var done Replaced
	c, err := s.Open(path, user, ReadOptions{})
	if err != nil {
		return done, err
	}
	defer c.Close()
	if c.ETag == "" {
		return done, refuse("permission", path, "the kernel's own files are not written")
	}
	if c.Size > o.MaxBytes {
		return done, refuse("too_large", path, "is larger than a file may be in which is replaced")
	}
	var old bytes.Buffer
	if err := c.CopyTo(&old); err != nil {
		return done, wrap(path, err)
	}
	fresh, count, err := o.apply(path, old.Bytes())
	if err != nil {
		return done, err
	}
	if o.Expected != nil && *o.Expected != count {
		return done, refuse("conflict", path, fmt.Sprintf("has it %d times, not %d; nothing is changed", count, *o.Expected))
	}
	done.ETag = c.ETag
	if count == 0 {
		return done, nil
	}
	done.Replacements = count
	written, err := s.Write(ctx, path, user, bytes.NewReader(fresh), WriteOptions{IfMatch: []string{c.ETag}})
	done.ETag = written.ETag
	return done, err
}

// apply works out the new content, which is bounded too: a short expression can make much of little.
func (o *ReplaceOptions) apply(path string, old []byte) (fresh []byte, count int, err error) {
	re, err := patternOf(o.Search, o.Regex, o.IgnoreCase)
	if err != nil {
		return nil, 0, err
	}
	last := 0
	all := re.FindAllSubmatchIndex(old, maxReplacements+1)
	if len(all) > maxReplacements {
		return nil, 0, refuse("too_large", path, fmt.Sprintf("has it more than %d times; nothing is changed", maxReplacements))
	}
	for _, at := range all {
		fresh = append(fresh, old[last:at[0]]...)
		if o.Regex {
			fresh = re.Expand(fresh, []byte(o.Replace), old, at)
		} else {
			fresh = append(fresh, o.Replace...)
		}
		if int64(len(fresh)) > o.MaxBytes {
			return nil, 0, refuse("too_large", path, "would become too large; nothing is changed")
		}
		last = at[1]
		count++
	}
	fresh = append(fresh, old[last:]...)
	if int64(len(fresh)) > o.MaxBytes {
		return nil, 0, refuse("too_large", path, "would become too large; nothing is changed")
	}
	return fresh, count, nil
}
