package hostile

import (
	_ "embed"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"

	"github.com/seed467724c4/wechat/core/adaptertest/internal/rawhttp"
)

//go:embed testdata/goodredirects.txt
var goodText string

//go:embed testdata/openredirects.txt
var badText string

func linesOf(text string) []string { return strings.Split(strings.TrimRight(text, "\n"), "\n") }

// asSent is a link as a browser writes it into a request line: without the fragment,
// and with encoded spaces.
func asSent(link string) string {
	link, _, _ = strings.Cut(link, "#")
	return strings.ReplaceAll(link, " ", "%20")
}

// goodLinks asks for every good link without a cookie. Each login has to end on its
// link, byte for byte.
func goodLinks(t *testing.T, st *site) {
	s := st.scenario(t, nil)
	links := linesOf(goodText)
	kept := 0
	for _, link := range links {
		page := asSent(link)
		v := s.visitor("mei")
		a := s.get(v, page)
		if to := authorize(a).back; to != public+outbound(page) {
			s.errorf("%s: %s, and redirect_uri is %q", link, a.outcome, to)
			continue
		}
		a = s.get(v, s.consent(v, a))
		if a.outcome != outLogin || a.Header.Get("Location") != public+page {
			s.errorf("%s: ends with %s on %q", link, a.outcome, a.Header.Get("Location"))
			continue
		}
		kept++
	}
	s.end()
	t.Logf("%d of %d links end where they began", kept, len(links))
}

// badLinks asks for links that made other sites redirect to a foreign host: as a path,
// as a query and as the parameter "to" of Login; raw, decoded once and decoded twice.
// Every Location has to lead to the site or to WeChat.
func badLinks(t *testing.T, st *site) {
	s := st.scenario(t, nil)
	v := s.mei
	runs, escapes, dropped := 0, 0, 0
	w, err := rawhttp.Dial(rawhttp.Host(v.node))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { w.Close() }()
	stale := s.value("S1old")
	for _, line := range linesOf(badText) {
		for _, link := range decodings(line) {
			for _, target := range []string{
				link, "/engine/page?next=" + link, "/login?to=" + link, "/login?to=" + url.QueryEscape(link) + "&state=" + stale,
			} {
				runs++
				a, err := w.Ask(v.raw(request{target: target}))
				if err != nil { // the server refused the request and closed the connection
					dropped++
					w.Close()
					if w, err = rawhttp.Dial(rawhttp.Host(v.node)); err != nil {
						t.Fatal(err)
					}
					continue
				}
				if a.Header.Get("Connection") == "close" {
					w.Close()
					if w, err = rawhttp.Dial(rawhttp.Host(v.node)); err != nil {
						t.Fatal(err)
					}
				}
				if a.Header.Get("Referrer-Policy") == "" {
					dropped++ // an answer of the HTTP server or of the router
					continue
				}
				for _, to := range a.Header["Location"] {
					start := authorize(&result{Answer: a})
					if !strings.HasPrefix(to, public+"/") && !strings.HasPrefix(start.back, public+"/") {
						escapes++
						s.errorf("%q leads to %q", target, to)
					}
				}
			}
		}
	}
	w.Close()
	s.end()
	t.Logf("%d requests, %d of them answered before the gate, %d Locations off the site", runs, dropped, escapes)
}

// decodings is a line raw, decoded once and decoded twice.
func decodings(line string) []string {
	all := []string{line}
	for range 2 {
		next, err := url.PathUnescape(all[len(all)-1])
		if err != nil {
			next = lenient(all[len(all)-1])
		}
		all = append(all, next)
	}
	return all
}

// lenient decodes the valid escapes and keeps everything else.
func lenient(s string) string {
	var b strings.Builder
	for len(s) > 0 {
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
	return b.String()
}

// fiftyTabs opens fifty pages at once in one browser and finishes the logins in random
// order. Each login has to end on its own page, and no request may be too large for
// the server.
func fiftyTabs(t *testing.T, st *site) {
	const tabs = 50
	s := st.scenario(t, nil)
	v := s.visitor("mei")
	v.jar["basket"] = strings.Repeat("b", 1000) // the app has cookies of its own
	random := rand.New(rand.NewPCG(50, 7))
	for round, warm := range []bool{false, true} {
		pages := make([]string, tabs)
		starts := make([]*result, tabs)
		answers := make(chan struct {
			tab int
			*result
		}, tabs)
		for i := range tabs {
			pages[i] = "/engine/tab?n=" + strings.Repeat("1", i+1) + "&code=own&from=singlemessage"
			raw := v.raw(request{target: pages[i]})
			node := v.node
			go func() {
				a := s.roundTrip(node, raw)
				answers <- struct {
					tab int
					*result
				}{i, a}
			}()
		}
		for range tabs {
			a := <-answers
			s.checkInvariants(a.result)
			starts[a.tab] = a.result
			v.jar.Keep(a.Header)
		}
		restarts := 0
		for _, i := range random.Perm(tabs) {
			a := starts[i]
			if a.outcome != outRestart {
				s.errorf("tab %d begins with %s: %v", i, a.outcome, a.Answer)
				continue
			}
			for a.outcome == outRestart {
				a = s.get(v, s.consent(v, a))
				restarts++
			}
			if a.outcome != outLogin && a.outcome != outClean || a.Header.Get("Location") != public+pages[i] {
				s.errorf("tab %d ends with %s on %q, want %q", i, a.outcome, a.Header.Get("Location"), public+pages[i])
				continue
			}
			if a = s.get(v, pages[i]); a.outcome != outPass {
				s.errorf("tab %d then gets %s: %v", i, a.outcome, a.Answer)
			}
		}
		t.Logf("round %d (binding cookie present before: %t): %d tabs went to WeChat %d times", round+1, warm, tabs, restarts)
		v.forget(sessionCookie)
	}
	s.end()
}
