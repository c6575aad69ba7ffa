package wxapi

import (
	"net/url"
	"slices"
	"strings"
)

// maxMessage bounds the text of others in our errors; WeChat's longest is
// about 200 characters.
const maxMessage = 512

// hidden is what the errors of one call must not show.
type hidden struct {
	values []string
	r      *strings.Replacer
}

func newHidden(values ...string) hidden {
	values = slices.Clone(values)
	for _, v := range values {
		if e := url.QueryEscape(v); e != v {
			values = append(values, e)
		}
	}
	// The longest first, lest a part of it be replaced and the rest remain.
	slices.SortFunc(values, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, v := range values {
		if v != "" {
			pairs = append(pairs, v, mask)
		}
	}
	return hidden{values, strings.NewReplacer(pairs...)}
}

// and hides one value more.
func (h hidden) and(value string) hidden { return newHidden(append(slices.Clone(h.values), value)...) }

// text makes the words of others fit for an error. The order counts: cleaning
// may join a value that a control byte kept apart, and cutting first would
// leave half a value unrecognised.
func (h hidden) text(s string) string {
	return cut(h.r.Replace(clean(s)), maxMessage)
}

// shownBy reports whether err, or an error inside it, would show a URL or a
// hidden value to whoever prints it.
func (h hidden) shownBy(err error) bool {
	if _, is := err.(*url.Error); is || h.r.Replace(err.Error()) != err.Error() {
		return true
	}
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		inner := e.Unwrap()
		return inner != nil && h.shownBy(inner)
	case interface{ Unwrap() []error }:
		return slices.ContainsFunc(e.Unwrap(), h.shownBy)
	}
	return false
}
