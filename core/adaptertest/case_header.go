package adaptertest

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/seed467724c4/wechat/core/adaptertest/internal/rawhttp"
	"github.com/seed467724c4/wechat/core/adaptertest/internal/report"
)

var headerRules = []rule{
	{
		name: "header names without case",
		text: "names of request headers count without case: a logged-in visitor whose proxy sends them in lower case is known",
		try:  headerNamesWithoutCase,
	},
	{
		name: "headers of an answer are added",
		text: "the callback's answer sets the session cookie and the binding cookie, and keeps the app's own cookies, Vary and unknown headers: none is replaced, none is joined by a comma",
		try:  headersOfAnAnswer,
	},
	{
		name:    "headers of a passed request are added",
		text:    "the headers that the gate returns when it lets a request through are added to the response: Vary, and the session cookie when it was written again",
		touched: true,
		try:     headersBeforeAHandler,
	},
	{
		name: "every header value is read",
		text: "all values of a request header reach the gate: a session in a second Cookie line is found",
		try:  everyHeaderValueIsRead,
	},
	{
		name: "raw host",
		text: "host and scheme are those of the connection: no forwarded header of a client reaches redirect_uri",
		try:  rawHost,
	},
}

// lines returns an error unless every header has exactly these values, each on a line
// of its own, in any order. A value that ends in "*" stands for every value with that
// beginning.
func lines(h, want http.Header) error {
	for name, values := range want {
		got := h.Values(name)
		left := slices.Clone(got)
		for _, value := range values {
			i := slices.IndexFunc(left, func(line string) bool {
				start, open := strings.CutSuffix(value, "*")
				return line == value || open && strings.HasPrefix(line, start) && !joined.MatchString(line)
			})
			if i < 0 {
				return fmt.Errorf("%s: lines %q, want %q", name, got, values)
			}
			left = slices.Delete(left, i, i+1)
		}
		if len(left) > 0 {
			return fmt.Errorf("%s: lines %q, want %q and no other", name, got, values)
		}
	}
	return nil
}

// joined matches a second cookie after a comma. The comma in a date does not match,
// because no "=" follows it.
var joined = regexp.MustCompile(`, *[A-Za-z_]+=`)

func headersOfAnAnswer(f *fixture) error {
	b := f.browser("mei")
	a, err := b.ask("GET", "/engine/x")
	if err != nil {
		return err
	}
	if err := lines(a.Header, http.Header{
		"Set-Cookie":    {"app_a=1; Path=/", "app_b=2; Path=/", "wechat_login_*"},
		"Cache-Control": {"no-store"},
		"Vary":          {"Accept-Encoding"},
		"X-App":         {"one", "two"},
	}); err != nil {
		return fmt.Errorf("on the way to WeChat: %w", err)
	}
	_, target, err := f.split(a.Header.Get("Location"))
	if err != nil {
		return err
	}
	if a, err = b.send(f.simURL, "GET", target, ""); err != nil {
		return err
	}
	if _, target, err = f.split(a.Header.Get("Location")); err != nil {
		return err
	}
	if a, err = b.ask("GET", target); err != nil {
		return err
	}
	if a.Status != 303 {
		return fmt.Errorf("the way back: %v, want 303", a)
	}
	if err := lines(a.Header, http.Header{
		"Set-Cookie":      {"app_a=1; Path=/", "app_b=2; Path=/", "wechat_session_*", "wechat_login_*"},
		"Cache-Control":   {"no-store"},
		"Referrer-Policy": {"no-referrer"},
		"Vary":            {"Accept-Encoding"},
		"X-App":           {"one", "two"},
	}); err != nil {
		return fmt.Errorf("the way back: %w", err)
	}
	return nil
}

func headersBeforeAHandler(f *fixture) error {
	b, err := f.login("mei")
	if err != nil {
		return err
	}
	a, err := b.ask("GET", "/engine/x")
	if err != nil {
		return err
	}
	return lines(a.Header, http.Header{
		"Set-Cookie":    {"app_a=1; Path=/", "app_b=2; Path=/", "session=*"},
		"Cache-Control": {`private, max-age=60, no-cache="Set-Cookie"`},
		"Vary":          {"Accept-Encoding", "Cookie"},
		"X-App":         {"one", "two"},
	})
}

func everyHeaderValueIsRead(f *fixture) error {
	b, err := f.login("mei")
	if err != nil {
		return err
	}
	cookies := b.cookies(rawhttp.Host(f.appURL))
	delete(b.jar, rawhttp.Host(f.appURL))
	a, err := b.ask("GET", "/engine/x", "Cookie: other=1", "Cookie: "+cookies)
	if err != nil {
		return err
	}
	r, err := report.Of(a)
	if err != nil {
		return err
	}
	if r.Context.OpenID != f.openID("mei") {
		return fmt.Errorf("the user is %v", r.Context)
	}
	return nil
}

func headerNamesWithoutCase(f *fixture) error {
	b, err := f.login("mei")
	if err != nil {
		return err
	}
	host := rawhttp.Host(f.appURL)
	for _, path := range []string{"/engine/x", "/apart/optional", "/apart/route"} {
		for _, name := range []string{"cookie", "COOKIE", "cOOkie"} {
			a, err := rawhttp.Once(host, "GET "+path+" HTTP/1.1\r\nhost: "+host+"\r\naccept: text/html\r\n"+name+": "+b.cookies(host)+"\r\n\r\n")
			if err != nil {
				return err
			}
			r, err := report.Of(a)
			if err != nil {
				return fmt.Errorf("%s with %q: %w", path, name, err)
			}
			if r.Context.OpenID != f.openID("mei") {
				return fmt.Errorf("%s with %q: the user is %v", path, name, r.Context)
			}
		}
	}
	for _, how := range []struct {
		line   string
		status int
	}{{"user-agent: " + rawhttp.WeChatAgent + "\r\nACCEPT: text/html", 302}, {"sec-fetch-mode: cors", 401}, {"x-requested-with: XMLHttpRequest", 401}, {"sec-fetch-dest: iframe", 403}} {
		a, err := rawhttp.Once(host, "GET /engine/x HTTP/1.1\r\nhost: "+host+"\r\n"+how.line+"\r\n\r\n")
		if err != nil {
			return err
		}
		if a.Status != how.status {
			return fmt.Errorf("%s: %v, want %d", how.line, a, how.status)
		}
	}
	return nil
}

func rawHost(f *fixture) error {
	for _, header := range []string{
		"X-Forwarded-Host: evil.example", "X-Forwarded-Proto: https", "Forwarded: host=evil.example;proto=https",
		"X-Forwarded-Server: evil.example", "X-Host: evil.example", "X-Original-Host: evil.example", "X-Forwarded-Ssl: on",
		"X-Forwarded-Port: 1", "X-Forwarded-Prefix: /evil", "X-Original-URL: /evil", "X-Rewrite-URL: /evil",
		"X-HTTP-Method-Override: POST", "X-Url-Scheme: https",
	} {
		a, err := f.browser("mei").ask("GET", "/engine/x", header)
		if err != nil {
			return err
		}
		got, err := redirectURI(a)
		if err != nil {
			return fmt.Errorf("%s: %w", header, err)
		}
		if got != f.appURL+"/engine/x" {
			return fmt.Errorf("%s: redirect_uri is %q", header, got)
		}
	}
	return nil
}
