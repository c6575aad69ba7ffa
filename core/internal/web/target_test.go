package web

import (
	"strings"
	"testing"
)

func TestAnAbsoluteRequestTargetIsReadAsItsPath(t *testing.T) {
	for raw, want := range map[string][2]string{
		"/me?x=1":                          {"/me?x=1", ""},
		"http://app.example.com/me?x=1":    {"/me?x=1", "app.example.com"},
		"https://app.example.com:8443/me":  {"/me", "app.example.com:8443"},
		"HTTP://app.example.com/me":        {"/me", "app.example.com"},
		"http://app.example.com":           {"/", "app.example.com"},
		"http://app.example.com?x=1":       {"/?x=1", "app.example.com"},
		"http://[::1]:8080/me":             {"/me", "[::1]:8080"},
		"http://app.example.com//evil.com": {"//evil.com", "app.example.com"},
		"//evil.example/me":                {"//evil.example/me", ""},
	} {
		target, authority, ok := ParseRequestTarget(raw)
		if !ok || target.String() != want[0] || authority != want[1] {
			t.Errorf("rule: %q is %q on host %q: %q, %q, %v", raw, want[0], want[1], target, authority, ok)
		}
	}
	for _, raw := range []string{"", "*", "me", "app.example.com:443", "ftp://a/b", "http://", "http:///me", "http://u:p@a/b", "http://a b/c", "http://a/b c", "http://a/b#c", "http://a\\b/c", "http:/a/b", "://a/b", "http://a/\r\nX: y"} {
		if target, _, ok := ParseRequestTarget(raw); ok {
			t.Errorf("rule: %q is no request target of a site: %q", raw, target)
		}
	}
}

func TestLeavingParametersOutKeepsEveryOtherByte(t *testing.T) {
	for query, want := range map[string]string{
		"code=1&state=2":                  "",
		"a=1&code=1&state=2":              "?a=1",
		"code=1&state=2&a=1":              "?a=1",
		"code=0&code=1&state=2":           "?code=0",
		"state=0&x&&y=&code=1&state=2":    "?state=0&x&&y=",
		"code=1&code=1&x&state=2&state=2": "?x",
		"code=1&code=0&code=1&state=2":    "?code=0",
		"&code=1&state=2":                 "?",
		"&&code=1&state=2&":               "?&&",
		"Code=1&STATE=2":                  "?Code=1&STATE=2",
		"codes=1&state":                   "?codes=1",
		"":                                "?",
	} {
		if got := (Target{"/p", query, true}).Without("code", "state").String(); got != "/p"+want {
			t.Errorf("rule: /p?%s without code and state is /p%s: %s", query, want, got)
		}
	}
}

// The work on a query must not grow faster than the query: a stranger chooses it.
func TestACallbackIsCleanedInOnePass(t *testing.T) {
	bytesFor := func(pairs int) uint64 {
		target := Target{"/", strings.Repeat("_wx=eDoxMjM&", pairs) + "code=C&state=S", true}
		result := testing.Benchmark(func(b *testing.B) {
			for b.Loop() {
				if got := target.WithoutCallback(); got.Query != "x:123" {
					b.Fatalf("%.40s", got.Query)
				}
			}
		})
		return uint64(result.AllocedBytesPerOp())
	}
	small, large := bytesFor(1<<8), bytesFor(1<<13)
	if large > 64*small {
		t.Errorf("rule: 32 times the parameters take about 32 times the memory, not its square: %d bytes, then %d", small, large)
	}
}

func TestALostCallbackNeverGrows(t *testing.T) {
	asked := Target{"/page", "a=1&code=PROMO", true}
	sent := asked.ForRedirectURI()
	for range 5 {
		back, _ := ParseTarget(sent.String() + "&code=" + strings.Repeat("C", 32) + "&state=altered/")
		if sent = back.ForRedirectURI(); sent != asked.ForRedirectURI() {
			t.Fatalf("rule: a redirect URI that came back with an unreadable state is sent as it was: %s", sent)
		}
	}
}

func TestAReturnIsKnownByItsCode(t *testing.T) {
	code := strings.Repeat("0aB", 11)
	for query, want := range map[string][2]bool{
		"code=" + code + "&state=x":        {true, false},
		"code=" + code:                     {true, false},
		"_wx=eDoxMjM&code=" + code:         {true, true},
		"code=PROMO":                       {false, false},
		"code=" + code + "!":               {false, false},
		"_wx=eDoxMjM":                      {false, false},
		"code=" + strings.Repeat("a", 600): {false, false},
		"x=" + strings.Repeat("a", MaxCallback) + "&code=" + code: {false, false},
	} {
		if returned, second := (Target{"/", query, true}).IsReturn(); [2]bool{returned, second} != want {
			t.Errorf("rule: /?%.60s is a return, and a second one: %v, got %v %v", query, want, returned, second)
		}
	}
}
