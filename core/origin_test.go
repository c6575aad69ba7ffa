package core

import (
	"testing"

	"github.com/seed467724c4/wechat/core/internal/web"
)

func TestOriginTrustsWhatItIsTold(t *testing.T) {
	forwarded := with("X-Forwarded-Proto", "https", "X-Forwarded-Host", "evil.example, app.example.com")
	for name, c := range map[string]struct {
		config Config
		tls    bool
		host   string
		want   string
	}{
		"a public URL and nothing else":         {Config{PublicURL: "https://app.example.com/base/"}, false, "evil.example", "https://app.example.com/base/x"},
		"without, the connection":               {Config{}, false, "localhost:8080", "http://localhost:8080/x"},
		"without, over TLS":                     {Config{}, true, "[::1]:8443", "https://[::1]:8443/x"},
		"a trusted proxy's last values":         {Config{TrustProxy: true}, false, "10.0.0.1", "https://app.example.com/x"},
		"a proxy's scheme that is none":         {Config{TrustProxy: true}, true, "10.0.0.1", "https://app.example.com/x"},
		"a host that is none":                   {Config{}, false, "a/b", ""},
		"a host with a user":                    {Config{}, false, "u@evil.example", ""},
		"a host with a bad port":                {Config{}, false, "a:b", ""},
		"no host":                               {Config{}, false, "", ""},
		"an address literal without its end":    {Config{}, false, "[::1", ""},
		"an address literal with a bad port":    {Config{}, false, "[::1]:x", ""},
		"an address literal that is no address": {Config{}, false, "[zz]", ""},
	} {
		c.config.AppID, c.config.AppSecret = testAppID, testSecret
		a, err := New(c.config)
		if err != nil {
			t.Fatal(err)
		}
		h := forwarded
		if name == "a proxy's scheme that is none" {
			h = with("X-Forwarded-Proto", "javascript", "X-Forwarded-Host", "app.example.com")
		}
		at, ok := a.originOf(&Request{Host: c.host, TLS: c.tls, Header: h})
		a.Close()
		got := ""
		if ok {
			got = at.URL(web.Target{Path: "/x"})
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
