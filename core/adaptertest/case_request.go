package adaptertest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/seed467724c4/wechat/core/adaptertest/internal/rawhttp"
	"github.com/seed467724c4/wechat/core/adaptertest/internal/report"
)

var requestRules = []rule{
	{
		name: "absolute request lines",
		text: "the target is that of the request line: of an absolute one, path and query count and its host is the Host; one without a path gets 400, without a login",
		try:  absoluteRequestLines,
	},
	{
		name: "double slash",
		text: "a target that begins with // or /\\ never leads to another site",
		try:  doubleSlash,
	},
	{
		name: "unchanged requests",
		text: "with a session, method, target and body of a request reach the handler as they were sent",
		try:  untouchedRequests,
	},
	{
		name: "streaming",
		text: "a handler behind a gate can flush, and no output is held back",
		try:  streaming,
	},
	{
		name: "odd requests",
		text: "every request, even a malformed one, gets an answer below 500",
		try:  oddRequests,
	},
}

func absoluteRequestLines(f *fixture) error {
	host := rawhttp.Host(f.appURL)
	ask := func(target string) (*rawhttp.Answer, error) {
		return rawhttp.Once(host, "GET "+target+" HTTP/1.1\r\nHost: "+host+"\r\nUser-Agent: "+rawhttp.WeChatAgent+"\r\nAccept: text/html\r\n\r\n")
	}
	for _, target := range []string{"http://" + host + "/engine/x", "http://" + host + "/engine/a%2Fb?c=d%zz", "http://other.example/engine/x?a=b"} {
		a, err := ask(target)
		if err != nil {
			return err
		}
		if got, err := redirectURI(a); err != nil || got != target {
			return fmt.Errorf("GET %s: redirect_uri %q, %v", target, got, err)
		}
	}
	for _, target := range []string{"*", "engine/x", "ftp://" + host + "/engine/x", "http:/engine/x", "?/engine/x"} {
		a, err := ask(target)
		if err != nil {
			return err
		}
		if a.Status < 400 || a.Status >= 500 || a.Header.Get("Location") != "" {
			return fmt.Errorf("GET %s: %v, want 400", target, a)
		}
	}
	return nil
}

func doubleSlash(f *fixture) error {
	for _, target := range []string{"//evil.example/x", `/\evil.example/x`, "///evil.example", "//evil.example%2Fx", "/%5Cevil.example", "/.//evil.example"} {
		b := f.browser("mei")
		a, err := b.ask("GET", target)
		if err != nil {
			return err
		}
		if got, err := redirectURI(a); err != nil || got != f.appURL+target {
			return fmt.Errorf("%s: redirect_uri %q, %v", target, got, err)
		}
		// The app's router may serve this path, clean it or not know it. The rule is
		// that every Location on the way is the app's or WeChat's.
		if err := b.stays(target); err != nil {
			return fmt.Errorf("%s: %w", target, err)
		}
	}
	return nil
}

// stays follows the redirects of a login to the end and returns an error if one leads
// to another site.
func (b *browser) stays(target string) error {
	base := b.fixture.appURL
	for range 3 {
		a, err := b.send(base, "GET", target, "")
		if err != nil {
			return err
		}
		if base, target, err = b.fixture.split(a.Header.Get("Location")); err != nil {
			return err
		}
	}
	return nil
}

// redirectURI is the redirect URI in the answer that starts a login.
func redirectURI(a *rawhttp.Answer) (string, error) {
	u, err := url.Parse(a.Header.Get("Location"))
	if err != nil || a.Status != http.StatusFound {
		return "", fmt.Errorf("%v, want a login", a)
	}
	return u.Query().Get("redirect_uri"), nil
}

func untouchedRequests(f *fixture) error {
	b, err := f.login("mei")
	if err != nil {
		return err
	}
	body := strings.Repeat("a=1&b=\x00\xff\r\n你好;", 500)
	for _, path := range []string{"/engine/post", "/apart/route", "/apart/group/post", "/apart/twice"} {
		target := path + "?q=%zz;x&y=a+b"
		a, err := b.send(f.appURL, "POST", target, body, "Content-Type: application/x-www-form-urlencoded")
		if err != nil {
			return err
		}
		r, err := report.Of(a)
		if err != nil {
			return err
		}
		if r.Method != "POST" || string(r.Target) != target || !bytes.Equal(r.Body, []byte(body)) {
			return fmt.Errorf("the handler saw %s %s with %d bytes, want POST %s with %d", r.Method, r.Target, len(r.Body), target, len(body))
		}
	}
	return nil
}

func streaming(f *fixture) error {
	b, err := f.login("mei")
	if err != nil {
		return err
	}
	w, err := rawhttp.Dial(rawhttp.Host(f.appURL))
	if err != nil {
		return err
	}
	defer w.Close()
	r, err := w.Begin(b.raw(f.appURL, "GET", "/apart/stream", ""))
	if err != nil {
		return err
	}
	defer r.Body.Close()
	first := make([]byte, len("first\n"))
	_, err = io.ReadFull(r.Body, first)
	close(f.harness.release)
	if err != nil || string(first) != "first\n" {
		return fmt.Errorf("the first line is %q (%v) while the handler waits for it to arrive", first, err)
	}
	rest, err := io.ReadAll(r.Body)
	if err != nil || string(rest) != "second\n" {
		return fmt.Errorf("the rest is %q, %v", rest, err)
	}
	return nil
}

func oddRequests(f *fixture) error {
	host := rawhttp.Host(f.appURL)
	usual := "Host: " + host + "\r\nUser-Agent: " + rawhttp.WeChatAgent + "\r\nAccept: text/html\r\n"
	for _, raw := range []string{
		"GET /engine/x HTTP/1.0\r\n\r\n",
		"GET /engine/x HTTP/1.1\r\nHost:\r\n\r\n",
		"GET /engine/x HTTP/1.1\r\nHost: evil.example/@:x\r\nAccept: text/html\r\n\r\n",
		"GET /engine/x HTTP/1.1\r\nHost: " + strings.Repeat("h", 300) + "\r\nAccept: text/html\r\n\r\n",
		"GET /engine/x HTTP/1.1\r\nHost: [::1\r\nAccept: text/html\r\n\r\n",
		"GET /engine/x HTTP/1.1\r\nHost: " + host + "\r\n\r\n",
		"GET /engine/x HTTP/1.1\r\n" + usual + "Cookie: ;;=;=;wechat_session_=;\"a\"=\"b\"\r\nCookie:\r\nCookie: " + strings.Repeat("a=b; ", 200) + "\r\n\r\n",
		"GET /engine/x HTTP/1.1\r\n" + usual + "Accept-Language: \xff\xfe;q=;,,;q=9\r\nReferer: ://\r\nSec-Fetch-Mode:\r\nOrigin: null\r\n\r\n",
		"GET /engine/x?" + strings.Repeat("x", 2500) + " HTTP/1.1\r\n" + usual + "\r\n",
		"GET /engine/\xff\xfe?code=\xff&state=" + strings.Repeat("0", 53) + " HTTP/1.1\r\n" + usual + "\r\n",
		"GET /engine/x?code=c&state=" + strings.Repeat("z", 53) + "&code=&state= HTTP/1.1\r\n" + usual + "\r\n",
		"OPTIONS * HTTP/1.1\r\n" + usual + "\r\n",
		"DELETE /engine/x HTTP/1.1\r\n" + usual + "Content-Length: 0\r\n\r\n",
		"POST /logout HTTP/1.1\r\n" + usual + "Content-Length: 3\r\nOrigin: \xff\r\n\r\na=b",
	} {
		line, _, _ := strings.Cut(raw, "\r\n")
		a, err := rawhttp.Once(host, raw)
		if err != nil {
			return err
		}
		if a.Status < 200 || a.Status >= 500 {
			return fmt.Errorf("%.60q: %v", line, a)
		}
	}
	_, err := f.login("mei")
	return err
}
