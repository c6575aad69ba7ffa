package adaptertest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/seed467724c4/wechat/core/adaptertest/internal/rawhttp"
)

var refusalRules = []rule{
	{
		name: "no handler after an answer",
		text: "when the gate answers, no later handler runs, and the body holds no output of a handler",
		try:  noHandlerBehindAnAnswer,
	},
	{
		name: "scripts get 401",
		text: "requests that are not page navigations (scripts, forms, web sockets) get 401 and no Location: application/problem+json with login_url, or a page for a browser's form",
		try:  scriptsGet401,
	},
	{
		name: "custom answer",
		text: "the gate's status, headers and body are sent unchanged, every value of a header on a line of its own",
		try:  ownAnswer,
	},
}

func noHandlerBehindAnAnswer(f *fixture) error {
	for _, path := range []string{"/engine/x", "/apart/group/x", "/apart/route", "/apart/twice", "/apart/profile", "/apart/members", "/apart/stream", "/profile"} {
		for _, how := range []struct {
			name, agent, header string
			status              int
		}{
			{"a page", rawhttp.WeChatAgent, "Sec-Fetch-Mode: navigate", 302},
			{"a script", rawhttp.WeChatAgent, "Sec-Fetch-Mode: cors", 401},
			{"a frame", rawhttp.WeChatAgent, "Sec-Fetch-Dest: iframe", 403},
			{"another browser", "Mozilla/5.0 Firefox/140.0", "Sec-Fetch-Mode: navigate", 403},
		} {
			b := f.browser("mei")
			b.agent = how.agent
			a, err := b.ask("GET", path, how.header)
			if err != nil {
				return err
			}
			if a.Status != how.status {
				return fmt.Errorf("%s asks for %s: %v, want %d", how.name, path, a, how.status)
			}
			if n := f.harness.runs.Load(); n != 0 {
				return fmt.Errorf("%s asks for %s: a handler ran", how.name, path)
			}
			if bytes.Contains(a.Body, []byte("HasNative")) || bytes.Contains(a.Body, []byte("first\n")) {
				return fmt.Errorf("%s asks for %s: a handler's answer is in the body: %v", how.name, path, a)
			}
		}
	}
	return nil
}

func scriptsGet401(f *fixture) error {
	b := f.browser("mei")
	for _, how := range []struct{ method, header string }{
		{"GET", "X-Requested-With: XMLHttpRequest"},
		{"GET", "Accept: application/json"},
		{"GET", "Sec-Fetch-Mode: cors"},
		{"GET", "Upgrade: websocket\r\nConnection: Upgrade"},
		{"GET", "Sec-Purpose: prefetch"},
		{"POST", "Content-Type: application/json"},
		{"PUT", "Accept: text/html"},
	} {
		a, err := b.ask(how.method, "/engine/api?x=1", how.header)
		if err != nil {
			return err
		}
		var problem struct {
			Status   int    `json:"status"`
			LoginURL string `json:"login_url"`
		}
		if err := json.Unmarshal(a.Body, &problem); err != nil {
			return fmt.Errorf("%s with %s: %v: %w", how.method, how.header, a, err)
		}
		if a.Status != 401 || problem.Status != 401 || a.Header.Get("Content-Type") != "application/problem+json" ||
			a.Header.Get("Location") != "" || !strings.HasPrefix(problem.LoginURL, f.appURL+"/login?to=") {
			return fmt.Errorf("%s with %s: %v", how.method, how.header, a)
		}
	}
	a, err := b.ask("HEAD", "/engine/api")
	if err != nil || a.Status != 401 {
		return fmt.Errorf("HEAD: %v, %v", a, err)
	}
	a, err = b.ask("POST", "/engine/api?x=1", "Accept: text/html", "Content-Type: application/x-www-form-urlencoded")
	if err != nil || a.Status != 401 || a.Header.Get("Location") != "" || !strings.Contains(string(a.Body), `data-page="log-in-again"`) {
		return fmt.Errorf("an HTML form gets a page with the same status: %v, %v", a, err)
	}
	return nil
}

func ownAnswer(f *fixture) error {
	b := f.browser("mei")
	b.agent = "curl/8"
	a, err := b.ask("GET", "/apart/route", wantOwnAnswer+": 1")
	if err != nil {
		return err
	}
	if a.Status != http.StatusTeapot || !bytes.Equal(a.Body, ownBody) {
		return fmt.Errorf("%v, want %d with body %q", a, http.StatusTeapot, ownBody)
	}
	if n := f.harness.runs.Load(); n != 0 {
		return fmt.Errorf("a handler ran")
	}
	return lines(a.Header, http.Header{
		"Content-Type":  {"application/octet-stream"},
		"Link":          {"</a>; rel=preload", "</b>; rel=preload"},
		"Set-Cookie":    {"app_a=1; Path=/", "app_b=2; Path=/", "own_a=1; Path=/", "own_b=2; Path=/"},
		"Cache-Control": {"no-store"},
	})
}
