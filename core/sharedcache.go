package core

import (
	"context"
	"net/http"
	"strings"
)

// SharedCache leaves the Cache-Control of a logged-in visitor's pages to the app, for
// routes whose answers are the same for all visitors: a CDN may then keep them and hand
// them to others. Default: such pages are private. Without a Cache-Control they get
// "private, no-cache"; "public", "s-maxage" and a bare "max-age" become private; the
// app's own "private" or "no-store" stays as it is. Where gates are mounted inside each
// other, the innermost counts.
//
// Pages of anonymous visitors behind Optional or [AllowOutside] are left alone: they say
// Vary: Cookie and nothing else. A cache must keep Vary. nginx's proxy_cache does; a CDN
// that does not must be told to pass requests with a session cookie.
func SharedCache() Option { return optionFunc(func(g *Gate) { g.sharedCache = true }) }

// sharedCacheHeaders tell a cache in front of the app to keep a page, whatever
// Cache-Control says (nginx; RFC 9213; Akamai and Varnish; Cloudflare).
var sharedCacheHeaders = [...]string{"X-Accel-Expires", "Cdn-Cache-Control", "Surrogate-Control", "Cloudflare-Cdn-Cache-Control"}

const privateByDefault = "private, no-cache"

// keepPrivate is the rule that [SharedCache] tells of.
func (o *Outcome) keepPrivate(h ResponseHeader) {
	m, isMap := h.(http.Header)
	for _, name := range sharedCacheHeaders {
		if isMap {
			delete(m, name)
		} else {
			h.Del(name)
		}
	}
	lines := headerLines(h, "Cache-Control")
	if len(lines) == 0 && isMap {
		o.lines[1] = privateByDefault
		m["Cache-Control"] = o.lines[1:2:2]
		return
	}
	if value, changed := madePrivate(lines); changed {
		h.Set("Cache-Control", value)
	}
}

// madePrivate is what Cache-Control is to be for a page of one visitor. changed is
// false where the lines say so already.
func madePrivate(lines []string) (value string, changed bool) {
	kept := []string{"private"}
	bare := true // nothing but no-cache="Set-Cookie", which comes with a cookie of scs
	for _, line := range lines {
		for directive := range directives(line) {
			name, argument, _ := strings.Cut(directive, "=")
			switch name = strings.ToLower(strings.TrimSpace(name)); {
			case name == "no-store", name == "private" && argument == "":
				return "", false
			case name == "public", name == "s-maxage", name == "private":
				bare = false
			default:
				bare = bare && name == "no-cache" && argument != ""
				kept = append(kept, directive)
			}
		}
	}
	if bare {
		return privateByDefault, true
	}
	return strings.Join(kept, ", "), true
}

// directives cuts a Cache-Control line at its commas, outside of quotes.
func directives(line string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for line != "" {
			end, quoted := 0, false
			for end < len(line) && (quoted || line[end] != ',') {
				quoted = quoted != (line[end] == '"')
				end++
			}
			directive := strings.TrimSpace(line[:end])
			line = line[min(end+1, len(line)):]
			if directive != "" && !yield(directive) {
				return
			}
		}
	}
}

// outsideKey finds the passage of the nearest gate around a context.
type outsideKey struct{}

// allowSharedCache takes the privacy off the gates outside.
func allowSharedCache(ctx context.Context) {
	for {
		outside, ok := ctx.Value(outsideKey{}).(*passage)
		if !ok {
			return
		}
		outside.outcome.shared.set()
		ctx = outside.Context
	}
}
