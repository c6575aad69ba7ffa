package e2e

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	whatwg "github.com/nlnwa/whatwg-url/url"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/adaptertest"
)

const ownOrigin = "https://app.example.com"

// A redirect is only as good as what a browser makes of it, so every Location that
// hostile targets bring about is judged by a parser of the browsers' own standard,
// and by a browser.
func TestNoLocationLeavesTheSiteButToWeChat(t *testing.T) {
	var weChat string
	auth, cookie, stop, err := adaptertest.LoggedIn(func(c *core.Config) {
		c.PublicURL, c.AnyBrowser, weChat = ownOrigin, true, c.OpenURL
	})
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	locations := map[string]bool{}
	asked := 0
	gates := []*core.Gate{core.NewGate(core.ModeRequire, auth), core.NewGate(core.ModeLogin, auth)}
	ask := func(target string) {
		for _, gate := range gates {
			for _, visitor := range []http.Header{{"Accept": {"text/html"}}, {"Accept": {"text/html"}, "Cookie": {cookie}}} {
				asked++
				out := gate.Handle(context.Background(), &core.Request{
					Method: "GET", Target: target, Host: "app.example.com", TLS: true, Header: visitor,
				})
				for _, location := range out.Header.Values("Location") {
					if locations[location] = true; !strings.HasPrefix(location, weChat) {
						continue
					}
					// Where WeChat will send the visitor back to.
					back, err := url.Parse(location)
					if err != nil {
						t.Fatalf("%q: %v", location, err)
					}
					locations[back.Query().Get("redirect_uri")] = true
				}
			}
		}
	}
	for _, line := range hostileLines(t) {
		once, err := url.PathUnescape(line)
		if err != nil {
			once = line
		}
		twice, err := url.PathUnescape(once)
		if err != nil {
			twice = once
		}
		for _, form := range []string{line, once, twice} {
			ask(form)
			ask("/" + form)
			ask("/page?" + form)
			ask("/page?next=" + form)
			ask("/login?to=" + form)
			ask("/login?to=" + url.QueryEscape(form))
		}
	}
	if len(locations) < 1000 {
		t.Fatalf("only %d different Locations: the hostile targets reached nothing", len(locations))
	}

	home := func(origin string) bool { return origin == ownOrigin || origin == weChat }
	// Both judges must be able to say no.
	const foreign = "//evil.example/"
	list := make([]string, 0, len(locations)+1)
	parser := whatwg.NewParser()
	escapes := 0
	for location := range locations {
		list = append(list, location)
		if origin := origin(parser, location); !home(origin) {
			escapes++
			t.Errorf("by the browsers' standard %q leads to %s", location, origin)
		}
	}
	if home(origin(parser, foreign)) {
		t.Error("the parser takes a foreign host for ours")
	}
	list = append(list, foreign)

	var origins []string
	encoded, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	browser := launch(t, newProfile(t, false), "")
	script := `(` + string(encoded) + `).map(l => { try { return new URL(l, "` + ownOrigin + `/some/page").origin } catch (e) { return "invalid" } })`
	if err := chromedp.Run(browser, chromedp.Evaluate(script, &origins)); err != nil {
		t.Fatal(err)
	}
	if len(origins) != len(list) {
		t.Fatalf("%d answers for %d Locations", len(origins), len(list))
	}
	if last := len(origins) - 1; home(origins[last]) {
		t.Error("Chromium takes a foreign host for ours")
	} else {
		list, origins = list[:last], origins[:last]
	}
	for i, origin := range origins {
		if !home(origin) {
			escapes++
			t.Errorf("Chromium takes %q for %s", list[i], origin)
		}
	}
	t.Logf("%d requests, %d different Locations, %d escapes", asked, len(list), escapes)
}

// origin is what a Location on a page of ours leads to.
func origin(parser whatwg.Parser, location string) string {
	u, err := parser.ParseRef(ownOrigin+"/some/page", location)
	if err != nil {
		return "nowhere"
	}
	return u.Protocol() + "//" + u.Host()
}

func hostileLines(t *testing.T) []string {
	t.Helper()
	b, err := os.ReadFile("../../core/adaptertest/hostile/testdata/openredirects.txt")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimRight(string(b), "\n"), "\n")
}
