package core

import (
	"fmt"
	"html"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
)

func linesOf(t *testing.T, file string) []string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimRight(string(b), "\n"), "\n")
}

// decodings is a line as it stands, decoded once, and twice, each text once; what
// is no escape stays.
func decodings(line string) []string {
	all := []string{line}
	for range 2 {
		s, b := all[len(all)-1], strings.Builder{}
		for s != "" {
			if len(s) >= 3 && s[0] == '%' {
				if c, err := url.PathUnescape(s[:3]); err == nil {
					b.WriteString(c)
					s = s[3:]
					continue
				}
			}
			b.WriteByte(s[0])
			s = s[1:]
		}
		if b.String() == all[len(all)-1] {
			break
		}
		all = append(all, b.String())
	}
	return all
}

const ownSite = "https://app.example.com/"

var link = regexp.MustCompile(`href="([^"]*)"`)

// leaves says how an answer leads off the site; "" where it does not. A parser of
// URLs is not asked: a Location that begins with the site's scheme, host and a
// slash, and holds no byte that a browser would drop, has no other reading.
func leaves(r *rig, out *Outcome) string {
	for name, values := range out.Header {
		for _, value := range values {
			if strings.ContainsAny(name+value, "\r\n\x00") {
				return "a header " + name + " with a line break"
			}
		}
	}
	locations := out.Header.Values("Location")
	if len(locations) > 1 {
		return "two Locations"
	}
	for _, to := range locations {
		if clean := strings.IndexFunc(to, func(c rune) bool { return c <= ' ' || c == 0x7f }); clean >= 0 {
			return "a byte that parsers drop, in " + to
		}
		if strings.HasPrefix(to, ownSite) {
			continue
		}
		u, err := url.Parse(to)
		if err != nil || !strings.HasPrefix(to, r.open+loginPage()+"appid="+loginAppID()+"&redirect_uri=") {
			return to
		}
		back := u.Query().Get("redirect_uri")
		if !strings.HasPrefix(back, ownSite) || strings.ContainsFunc(back, func(c rune) bool { return c <= ' ' || c == 0x7f || c == '#' }) {
			return "back from WeChat to " + back
		}
	}
	for _, m := range link.FindAllSubmatch(out.Body, -1) {
		if to := html.UnescapeString(string(m[1])); !strings.HasPrefix(to, ownSite) {
			return "a link to " + to
		}
	}
	return ""
}

// Every line once led off somebody's site.
func TestNoLocationLeavesTheSite(t *testing.T) {
	r := newRig(t)
	require, login, optional := r.gate(ModeRequire), r.gate(ModeLogin), r.gate(ModeOptional)
	visitor, member := r.browser(), r.browser()
	start := visitor.get(require, "/")
	stale := visitor.authorize(start).Get("state")
	member.login(require, "/")
	lines := linesOf(t, "adaptertest/hostile/testdata/openredirects.txt")
	texts, runs, escapes, redirects, refused := 0, 0, 0, 0, 0
	try := func(b *browser, g *Gate, target string) {
		runs++
		out := b.send(g, "GET", target, nil)
		switch {
		case out.Header.Get("Location") != "":
			redirects++
		case out.Status == 400:
			refused++
		}
		if off := leaves(r, out); off != "" {
			escapes++
			t.Errorf("%q: %s", target, off)
		}
	}
	for i, line := range lines {
		if scanning && i%10 != 0 {
			continue // both logins end in the same lines of code; a tenth shows it
		}
		for _, bad := range decodings(line) {
			texts++
			ours := "code=c&state=" + stale
			sep := "?"
			if strings.Contains(bad, "?") {
				sep = "&"
			}
			for _, b := range []*browser{visitor, member} {
				for _, g := range []*Gate{require, optional} {
					try(b, g, bad)
					try(b, g, "/"+bad)
					try(b, g, bad+sep+ours)
					try(b, g, "/page?next="+bad)
					try(b, g, "/page?_wx="+url.QueryEscape(bad)+"&"+ours)
				}
				for _, to := range []string{bad, url.QueryEscape(bad), strings.ReplaceAll(url.QueryEscape(bad), "+", "%20"), url.PathEscape(url.PathEscape(bad))} {
					try(b, login, "/login?to="+to)
					try(b, login, "/login?to="+to+"&"+ours)
				}
			}
		}
	}
	t.Logf("%d lines, %d texts when decoded, %d runs: %d redirects, %d refused with 400, %d escapes", len(lines), texts, runs, redirects, refused, escapes)
	if len(lines) != 1531 || redirects < runs/4 {
		t.Errorf("%d lines and %d redirects: the test proves less than it should", len(lines), redirects)
	}
}

// asBrowsersSend cuts off what follows #, which no browser sends, and encodes
// spaces, which every browser does.
func asBrowsersSend(link string) string {
	link, _, _ = strings.Cut(link, "#")
	return strings.ReplaceAll(link, " ", "%20")
}

// asASCII percent-encodes what a URL may not hold as it stands, as browsers do.
func asASCII(link string) string {
	var b strings.Builder
	for i := range len(link) {
		if c := link[i]; c <= ' ' || c >= 0x7f || strings.IndexByte("\"<>\\^`{|}", c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

func TestGoodLinksSurviveTheLogin(t *testing.T) {
	r := newRig(t)
	links := linesOf(t, "adaptertest/hostile/testdata/goodredirects.txt")
	require, login := r.gate(ModeRequire), r.gate(ModeLogin)
	kept, keptTo := 0, 0
	for _, link := range links {
		page := asBrowsersSend(link)
		if got := r.browser().login(require, page); got == page {
			kept++
		} else {
			t.Errorf("asked for %q, ended on %q", page, got)
		}
		// encodeURIComponent leaves nothing of a link to be misread, so its fragment
		// comes along.
		to := "/login?to=" + strings.ReplaceAll(url.QueryEscape(link), "+", "%20")
		if got, want := r.browser().login(login, to), asASCII(link); got == want {
			keptTo++
		} else {
			t.Errorf("to=%q ended on %q", link, got)
		}
	}
	t.Logf("%d of %d links kept as pages, %d as Login's to", kept, len(links), keptTo)
	if len(links) != 151 {
		t.Errorf("%d links, want 151", len(links))
	}
}
