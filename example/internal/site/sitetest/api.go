package sitetest

import (
	"encoding/json"
	"net/http"
	"testing"
)

// weChatOnAPhone is what WeChat's browser calls itself.
const weChatOnAPhone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.50"

// neverLeavesTheAPI asks /api/me as pages, scripts and programs do. Some of these are
// redirected or shown a page on every other route.
func (v *visitor) neverLeavesTheAPI(t *testing.T) {
	for name, header := range map[string]http.Header{
		"no header at all":                {},
		"HTML is wanted":                  {"Accept": {"text/html"}},
		"anything is wanted":              {"Accept": {"*/*"}},
		"a link in Chromium":              {"Accept": {"text/html,application/xhtml+xml"}, "Sec-Fetch-Mode": {"navigate"}, "Sec-Fetch-Dest": {"document"}, "Sec-Fetch-Site": {"same-origin"}},
		"a link in WeChat":                {"Accept": {"text/html"}, "User-Agent": {weChatOnAPhone}},
		"a fetch":                         {"Accept": {"*/*"}, "Sec-Fetch-Mode": {"cors"}, "Sec-Fetch-Dest": {"empty"}},
		"an XMLHttpRequest":               {"Accept": {"text/html"}, "X-Requested-With": {"XMLHttpRequest"}},
		"a frame":                         {"Accept": {"text/html"}, "Sec-Fetch-Mode": {"navigate"}, "Sec-Fetch-Dest": {"iframe"}},
		"a prefetch":                      {"Accept": {"text/html"}, "Sec-Purpose": {"prefetch"}},
		"server-sent events":              {"Accept": {"text/event-stream"}},
		"a session cookie of another app": {"Accept": {"text/html"}, "Cookie": {"session=of-another-app"}},
	} {
		r, err := http.NewRequest(http.MethodGet, v.base+"/api/me", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header = header
		p := v.send(t, r)
		if p.url != v.base+"/api/me" || p.status != http.StatusUnauthorized || p.header.Get("Location") != "" ||
			p.header.Get("Content-Type") != "application/problem+json" || !json.Valid([]byte(p.body)) {
			t.Errorf("rule: an API answers a visitor without a login with 401 and JSON, whatever the headers; %s: got %d at %s, %q, %.80s",
				name, p.status, p.url, p.header.Get("Content-Type"), p.body)
		}
	}
}
