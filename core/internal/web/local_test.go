package web

import (
	"net/url"
	"testing"
)

var site = Origin{"https", "app.example.com", "/shop"}

func TestALocalTargetStaysOnTheSite(t *testing.T) {
	for to, want := range map[string]string{
		"/me":                                   "/me",
		"/me?x=1#top":                           "/me?x=1#top",
		"/文章/一?标题=中":                            "/%E6%96%87%E7%AB%A0/%E4%B8%80?%E6%A0%87%E9%A2%98=%E4%B8%AD",
		`/a"<>|^{}` + "`\\":                     "/a%22%3C%3E%7C%5E%7B%7D%60%5C",
		"/already%20encoded%E4%B8%AD":           "/already%20encoded%E4%B8%AD",
		"https://app.example.com":               "/",
		"https://app.example.com/shop/me":       "/me",
		"https://app.example.com/shop":          "/",
		"https://app.example.com/shop?x=1":      "/?x=1",
		"https://app.example.com/shopping":      "/",
		"https://app.example.com/other":         "/",
		"https://app.example.com?x=1":           "/",
		"https://app.example.com//evil.example": "/",
		"https://app.example.com.evil.example":  "/",
		"https://app.example.com@evil.example":  "/",
		"https://app.example.com:8443/me":       "/",
		"http://app.example.com/me":             "/",
		"//evil.example":                        "/",
		`/\evil.example`:                        "/",
		"javascript:alert(1)":                   "/",
		"/a\tb":                                 "/",
		"":                                      "/",
	} {
		for _, escaped := range []string{to, url.PathEscape(to)} {
			if escaped == to && (to == "/already%20encoded%E4%B8%AD") {
				continue // decoded once, it is other text
			}
			if got := LocalTarget(escaped, site).String(); got != want {
				t.Errorf("rule: to=%s ends on %s: %s", escaped, want, got)
			}
		}
	}
}

func TestALocalRefererIsAPageOfThisSite(t *testing.T) {
	for referer, want := range map[string]string{
		"https://app.example.com/shop/form?x=1#y":    "/form?x=1",
		"https://app.example.com/shop/":              "/",
		"https://app.example.com/shop":               "/",
		"https://app.example.com/other":              "",
		"https://evil.example/form":                  "",
		"https://app.example.com.evil.example/form":  "",
		"https://app.example.com/shop//evil.example": "",
		`https://app.example.com/\evil.example`:      "",
		"http://app.example.com/form":                "",
		"/form":                                      "",
		"":                                           "",
		"https://app.example.com/shop/a b":           "",
		"https://app.example.com/shop/中":             "/%E4%B8%AD",
	} {
		if got := LocalReferer(with("Referer", referer), site); got != want {
			t.Errorf("rule: the page of %q is %q: %q", referer, want, got)
		}
	}
}
