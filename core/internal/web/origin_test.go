package web

import "testing"

func TestAnOriginIsWrittenAsBrowsersWriteIt(t *testing.T) {
	forwarded := func(proto, host string) Header { return with("X-Forwarded-Proto", proto, "X-Forwarded-Host", host) }
	for rule, c := range map[string]struct {
		host  string
		tls   bool
		proxy Header // nil: none is trusted
		want  string
	}{
		"the connection's":                    {"app.example.com", false, nil, "http://app.example.com"},
		"the connection's over TLS":           {"app.example.com:8443", true, nil, "https://app.example.com:8443"},
		"a default port is left out":          {"app.example.com:80", false, nil, "http://app.example.com"},
		"a default port over TLS is left out": {"app.example.com:443", true, nil, "https://app.example.com"},
		"another scheme's default port stays": {"app.example.com:443", false, nil, "http://app.example.com:443"},
		"capitals become small":               {"App.Example.COM", true, nil, "https://app.example.com"},
		"a proxy's default port":              {"10.0.0.1", false, forwarded("https", "app.example.com:443"), "https://app.example.com"},
		"a proxy's capitals":                  {"10.0.0.1", false, forwarded("HTTPS", "APP.example.com"), "https://app.example.com"},
		"a proxy's web socket over TLS":       {"10.0.0.1", false, forwarded("wss", "app.example.com"), "https://app.example.com"},
		"a proxy's web socket":                {"10.0.0.1", true, forwarded("ws", "app.example.com:80"), "http://app.example.com"},
		"a proxy's last values":               {"10.0.0.1", false, forwarded("http, https", "evil.example, app.example.com"), "https://app.example.com"},
		"a proxy that names no scheme":        {"10.0.0.1", true, forwarded("", "app.example.com"), "https://app.example.com"},
		"a proxy that names no host":          {"app.example.com", false, forwarded("https", ""), "https://app.example.com"},
		"a proxy's scheme that is none":       {"app.example.com", true, forwarded("javascript", ""), "https://app.example.com"},
		"a proxy's host that is none":         {"app.example.com", false, forwarded("https", "a/b"), ""},
		"an address literal":                  {"[::1]:8080", false, nil, "http://[::1]:8080"},
		"no host":                             {"", false, nil, ""},
		"a host with a user":                  {"u@app.example.com", false, nil, ""},
	} {
		h := c.proxy
		if h == nil {
			h = forwarded("https", "evil.example")
		}
		got, ok := OriginOf(c.host, c.tls, h, c.proxy != nil)
		if ok != (c.want != "") || ok && got.String() != c.want {
			t.Errorf("rule: %s: %q, got %q %v", rule, c.want, got, ok)
		}
	}
}

func TestAPublicURLIsWrittenAsBrowsersWriteIt(t *testing.T) {
	for raw, want := range map[string]string{
		"https://App.Example.com":           "https://app.example.com/x",
		"HTTPS://app.example.com:443/":      "https://app.example.com/x",
		"http://app.example.com:80/shop/":   "http://app.example.com/shop/x",
		"https://app.example.com/%E5%BA%97": "https://app.example.com/%E5%BA%97/x",
		"https://app.example.com?x=1":       "",
		"https://u@app.example.com":         "",
		"ws://app.example.com":              "",
		"app.example.com":                   "",
		"https://app.example.com/#top":      "",
		"https://":                          "",
	} {
		o, ok := ParsePublicURL(raw)
		if ok != (want != "") || ok && o.URL(Target{Path: "/x"}) != want {
			t.Errorf("rule: %s is written %q: %q %v", raw, want, o.URL(Target{Path: "/x"}), ok)
		}
	}
}

func TestThePrefixIsAddedOnce(t *testing.T) {
	o := Origin{"https", "app.example.com", "/shop"}
	for path, want := range map[string]string{"/me": "/shop/me", "/shop/me": "/shop/me", "/shop": "/shop", "/shopping": "/shop/shopping", "/": "/shop/"} {
		if got := o.URL(Target{Path: path}); got != "https://app.example.com"+want {
			t.Errorf("rule: a proxy that does not cut the path off gets no second one: %s is %s", path, got)
		}
	}
	if plain := (Origin{"https", "app.example.com", ""}); plain.HasPrefix(Target{Path: "/me"}) {
		t.Error("rule: without a path in the public URL there is none to cut off")
	}
}
