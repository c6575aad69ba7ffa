package web

import (
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
)

// addSeeds adds every line of the two tables of addresses: hostile ones, and ones that
// have to survive.
func addSeeds(f *testing.F, add func(line string)) {
	for _, table := range []string{"openredirects.txt", "goodredirects.txt"} {
		text, err := os.ReadFile("../../adaptertest/hostile/testdata/" + table)
		if err != nil {
			f.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if line = strings.TrimRight(line, "\n"); line != "" && line[0] != '#' {
				add(line)
			}
		}
	}
}

// lastOf is the value of the last pair of a name, the long way.
func lastOf(query, name string) (value string, found bool) {
	for _, pair := range strings.Split(query, "&") {
		if key, v, _ := strings.Cut(pair, "="); key == name {
			value, found = v, true
		}
	}
	return value, found
}

// FuzzTarget holds what a request target may become: one that is accepted is a path of
// this site, byte for byte, and comes back from WeChat as it was asked for.
func FuzzTarget(f *testing.F) {
	addSeeds(f, func(line string) { f.Add(line, "from=singlemessage", "x") })
	for _, raw := range []string{
		"/", "/a?b=c&code=1", "/?", "/x?&&state", "/x?_wx=1&_wx", "//a?state=x&state", "/orders/7?code=PROMO&state=open&appid=7", "/x?_wx=eDoxMjM",
		"/x?_wx=eDoxMjM&code=0123456789abcdef0123456789abcdef&state=altered", "/\x00", "/a b", "/a#b", "http://app.example.com/me?x=1", "http://[::1]:8080?x", "HTTPS://a", "*",
		"/?" + strings.Repeat("code=1&", 400), "/x?_wx=" + strings.Repeat("eDoxMjM", 300) + "&code=C&state=S", "/q?a=1;b=2&q=100%zz",
	} {
		f.Add(raw, "", "code")
	}
	site := Origin{"https", "app.example.com", ""}
	f.Fuzz(func(t *testing.T, raw, added, name string) {
		asked, ok := ParseTarget(raw)
		text := !strings.ContainsFunc(raw, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '#' })
		if ok != (strings.HasPrefix(raw, "/") && text) {
			t.Fatalf("rule: a target is a path without control bytes, spaces and #: %q is read as %v", raw, ok)
		}
		if other, authority, accepted := ParseRequestTarget(raw); accepted {
			at := strings.Index(raw, authority+other.String())
			if authority == "" && (!ok || other != asked) || strings.ContainsAny(authority, "/\\@?# ") ||
				authority != "" && at < 0 && !strings.Contains(raw, authority+strings.TrimPrefix(other.String(), "/")) {
				t.Fatalf("rule: of an absolute target, the path is read as it stands: %q is %q of %q", raw, other, authority)
			}
		} else if ok {
			t.Fatalf("rule: what is a path is a request target: %q", raw)
		}
		if !ok {
			return
		}
		if asked.String() != raw || asked.Len() != len(raw) {
			t.Fatalf("rule: a target is not changed: %q became %q, %d bytes", raw, asked, asked.Len())
		}
		if location := site.URL(asked); location != "https://app.example.com"+raw {
			t.Fatalf("rule: a Location is this site and the target: %q", location)
		} else if u, err := url.Parse(location); err == nil && u.Host != "app.example.com" {
			t.Fatalf("rule: a Location is on this site: %q is on %q", location, u.Host)
		}
		value, _, _, found := asked.LastParam(name)
		if want, there := lastOf(asked.Query, name); !strings.ContainsAny(name, "&=") && (value != want || found != there) && asked.HasQuery {
			t.Fatalf("rule: the last pair of a name counts: %s in %q: %q, want %q", name, raw, value, want)
		}

		sent := asked.ForRedirectURI()
		if sent.Path != asked.Path || sent.Len() > len(raw)+len("?_wx=")+len(asked.Query)/3+4 {
			t.Fatalf("rule: a redirect URI is the same page, and a third longer at most: %q became %q", raw, sent)
		}
		if asked.isLostCallback() {
			if again := sent.ForRedirectURI(); again.Path != sent.Path || again.Len() > asked.Len()*4/3+8 {
				t.Fatalf("rule: a lost callback never grows: %q became %q", raw, again)
			}
			return // only the carried query comes back
		}
		// WeChat appends, and clients append to that.
		separator := "?"
		if strings.Contains(sent.String(), "?") {
			separator = "&"
		}
		back, ok := ParseTarget(sent.String() + separator + "code=C&state=S")
		if !ok {
			t.Fatalf("rule: WeChat's way back is a target: %q", sent)
		}
		if got := back.WithoutCallback().String(); got != raw && sent.Len() <= MaxTarget {
			t.Fatalf("rule: a page comes back as it was asked for: %q comes back as %q", raw, got)
		}
		if clean := back.WithoutCallback(); clean.Path != asked.Path || !isTargetText(clean.String()) {
			t.Fatalf("rule: what comes back is the same path: %q became %q", raw, clean)
		}
		if added == "" || strings.ContainsFunc(added, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '#' }) {
			return
		}
		more, _ := ParseTarget(back.String() + "&" + added)
		if clean := more.WithoutCallback(); clean.Path != asked.Path || !isTargetText(clean.String()) || clean.Len() > more.Len() {
			t.Fatalf("rule: whatever is added on the way, the path is the same and nothing grows: %q became %q", more, clean)
		}
	})
}

// FuzzLocalTarget holds where Login's "to" may lead: whatever stands in it, browsers stay
// on this site.
func FuzzLocalTarget(f *testing.F) {
	addSeeds(f, func(line string) { f.Add(line) })
	for _, to := range []string{"https%3A%2F%2Fapp.example.com%2Fshop%2Fme", "https://app.example.com/shop?x", "/a?%23", "/%", "/%zz", "/\xff", "/%2F", "/" + strings.Repeat("%25", 700)} {
		f.Add(to)
	}
	f.Fuzz(func(t *testing.T, escaped string) {
		got := LocalTarget(escaped, site)
		to := got.String()
		if again := LocalTarget(url.PathEscape(to), site); again != got && IsLocal(to) && !site.HasPrefix(got) {
			t.Fatalf("rule: what is local stays as it is: %q became %q", got, again)
		}
		if len(to) > 3*MaxTarget || strings.ContainsFunc(to, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
			t.Fatalf("rule: a local target is visible ASCII of bounded length: %q", to)
		}
		location := site.URL(got)
		if u, err := url.Parse(location); err == nil && u.Host != site.Host || !strings.HasPrefix(location, "https://app.example.com/") {
			t.Fatalf("rule: a local target is on this site: %q", location)
		}
		if leads := asBrowsersRead(to); !strings.HasPrefix(to, "/") || strings.HasPrefix(leads, "//") {
			t.Fatalf("rule: by itself, too, a local target leads to no other host: %q from %q", to, escaped)
		}
		// An app that writes it into a link of its own, unescaped once more.
		if plain, err := url.PathUnescape(escaped); err == nil && IsLocal(plain) && strings.HasPrefix(asBrowsersRead(plain), "//") {
			t.Fatalf("rule: what is local is read by no browser as another host: %q", plain)
		}
	})
}

// asBrowsersRead is an address as browsers begin to read it (WHATWG URL): without tabs and
// line ends, without control bytes and spaces around it, and with / for \.
func asBrowsersRead(address string) string {
	address = strings.TrimFunc(address, func(r rune) bool { return r <= ' ' })
	address = strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(address)
	path, _, _ := strings.Cut(address, "?")
	path, _, _ = strings.Cut(path, "#")
	return strings.ReplaceAll(path, `\`, "/")
}

// FuzzCookies holds which cookies are found: those that a parser finds that splits the
// line into pairs, and no more than are tried.
func FuzzCookies(f *testing.F) {
	for _, seed := range []string{
		"a=1; s=2", "s=s=s;s", " s = 1;\ts=2 ", "ss=1; s=2", "__Host-s=1; s=2", `s="q;uo"; s=1`, "s=\x00; s=\xff", strings.Repeat("s=1; ", 3001), "s=" + strings.Repeat("a", 5000), ";;=;s=", "s=1,s=2",
	} {
		f.Add(seed, "s=0", "s")
	}
	f.Add("", "a=1; wechat_login_abcd=2", "wechat_login_abcd")
	f.Fuzz(func(t *testing.T, line, second, name string) {
		if name == "" || strings.ContainsAny(name, "=; \t") {
			return // no name of ours
		}
		got := slices.Collect(CookieValues(with("Cookie", line, "Cookie", second), name))
		if want := pairByPair([]string{line, second}, name); !slices.Equal(got, want) {
			t.Fatalf("rule: a cookie is found by its whole name: %q in %q and %q: %q, want %q", name, line, second, got, want)
		}
		if len(got) > MaxSameCookie {
			t.Fatalf("rule: of one name, %d are tried: %q", MaxSameCookie, got)
		}
		for _, value := range got {
			if !strings.Contains(line+"\x00"+second, name+"="+value) {
				t.Fatalf("rule: a value is what was sent: %q of %q", value, line)
			}
		}
	})
}
