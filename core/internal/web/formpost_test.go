package web

import (
	"net/http"
	"testing"
)

func TestOnlyABrowsersFormIsAFormPost(t *testing.T) {
	const urlencoded = "application/x-www-form-urlencoded"
	for _, c := range []struct {
		rule   string
		method string
		header [5]string // Sec-Fetch-Mode, Accept, Content-Type, X-Requested-With, Sec-Fetch-Dest
		want   Kind
	}{
		{"a form", "POST", [5]string{"navigate", "text/html", urlencoded, "", "document"}, FormPost},
		{"a form in a frame", "POST", [5]string{"navigate", "text/html", urlencoded, "", "iframe"}, FormPost},
		{"a form with a file", "POST", [5]string{"navigate", "text/html", "multipart/form-data; boundary=x", "", "document"}, FormPost},
		{"a form of a browser without Fetch Metadata", "POST", [5]string{"", "text/html,*/*", urlencoded, "", ""}, FormPost},
		{"a form in Android's web view", "POST", [5]string{"", "text/html", urlencoded, "com.tencent.mm", ""}, FormPost},
		{"fetch", "POST", [5]string{"cors", "text/html", urlencoded, "", "empty"}, Script},
		{"fetch without a destination", "POST", [5]string{"no-cors", "text/html", urlencoded, "", ""}, Script},
		{"XMLHttpRequest of a library", "POST", [5]string{"", "text/html, */*; q=0.01", urlencoded, "XMLHttpRequest", ""}, Script},
		{"a client that takes anything", "POST", [5]string{"", "*/*", urlencoded, "", ""}, Script},
		{"JSON", "POST", [5]string{"navigate", "text/html", "application/json", "", "document"}, Script},
		{"no content type", "POST", [5]string{"navigate", "text/html", "", "", "document"}, Script},
		{"a type that only begins like a form's", "POST", [5]string{"navigate", "text/html", urlencoded + "x", "", "document"}, Script},
		{"PUT", "PUT", [5]string{"navigate", "text/html", urlencoded, "", "document"}, Script},
		{"GET is a navigation", "GET", [5]string{"navigate", "text/html", urlencoded, "", "document"}, Navigation},
	} {
		h := http.Header{}
		for i, name := range []string{"Sec-Fetch-Mode", "Accept", "Content-Type", "X-Requested-With", "Sec-Fetch-Dest"} {
			if c.header[i] != "" {
				h.Set(name, c.header[i])
			}
		}
		if got := KindOf(c.method, "/send", h); got != c.want {
			t.Errorf("rule: %s: %d, want %d", c.rule, got, c.want)
		}
	}
}
