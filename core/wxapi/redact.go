package wxapi

import (
	"net/url"
	"slices"
	"strings"
)

// maxMessage is the most runes of a foreign text in our errors; WeChat's longest
// message has about 200.
const maxMessage = 512

// redactor replaces the secrets of one call in foreign texts.
type redactor struct {
	secrets  []string
	replacer *strings.Replacer
}

func newRedactor(secrets ...string) redactor {
	secrets = slices.Clone(secrets)
	for _, s := range secrets {
		if escaped := url.QueryEscape(s); escaped != s {
			secrets = append(secrets, escaped)
		}
	}
	// The longest first: if one secret is part of another, replacing the part
	// first would leave the rest readable.
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, s := range secrets {
		if s != "" {
			pairs = append(pairs, s, mask)
		}
	}
	return redactor{secrets, strings.NewReplacer(pairs...)}
}

// with returns a redactor for one more secret.
func (r redactor) with(secret string) redactor {
	return newRedactor(append(slices.Clone(r.secrets), secret)...)
}

// redact makes a foreign text fit for an error. The order matters: cleaning can
// join a secret that a control byte had split, and cutting before replacing
// would leave half a secret that is no longer recognised.
func (r redactor) redact(s string) string {
	return cut(r.replacer.Replace(clean(s)), maxMessage)
}

// reveals reports whether err, or an error inside it, would show a URL or a
// secret when it is printed.
func (r redactor) reveals(err error) bool {
	if _, is := err.(*url.Error); is || r.replacer.Replace(err.Error()) != err.Error() {
		return true
	}
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		inner := e.Unwrap()
		return inner != nil && r.reveals(inner)
	case interface{ Unwrap() []error }:
		return slices.ContainsFunc(e.Unwrap(), r.reveals)
	}
	return false
}
