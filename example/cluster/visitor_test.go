package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/seed467724c4/wechat/core/wxsim"
)

const phone = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/126.0 Mobile Safari/537.36 " +
	"XWEB/1260117 MMWEBSDK/20240501 MicroMessenger/8.0.50.2701(0x28003252) WeChat/arm64 Weixin NetType/WIFI Language/zh_CN ABI/arm64"

// visitor is WeChat's browser on one person's phone. It keeps cookies and follows
// redirects.
type visitor struct {
	world  *world
	person string
	client *http.Client
	site   string // where it goes to; nginx unless a test says a node
	agent  string // its User-Agent
}

// visitors share connections, but no cookies.
func (w *world) visitors(t testing.TB, n int) []*visitor {
	t.Helper()
	transport := w.proxy.transport()
	t.Cleanup(transport.CloseIdleConnections)
	all := make([]*visitor, n)
	for i := range all {
		all[i] = w.visitor(t, person(i), transport)
	}
	return all
}

func (w *world) visitor(t testing.TB, person string, transport http.RoundTripper) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	wechat, err := url.Parse(w.wechat)
	if err != nil {
		t.Fatal(err)
	}
	jar.SetCookies(wechat, []*http.Cookie{{Name: "wxsim_person", Value: person, Path: "/"}})
	client := &http.Client{Jar: jar, Transport: transport, CheckRedirect: func(_ *http.Request, via []*http.Request) error {
		if len(via) >= maxRedirects {
			return errors.New("sent around in a loop")
		}
		return nil
	}}
	return &visitor{w, person, client, w.proxy.site, phone}
}

// maxRedirects is three logins, one after another.
const maxRedirects = 12

// page is what a visitor sees in the end.
type page struct {
	status int
	url    string
	header http.Header
	body   string
}

var consentForm = regexp.MustCompile(`name="uuid" value="([^"]+)"`)

// open opens a page of the site, logs in on the way and consents where WeChat asks: up to
// three times, because a node that dies with a code takes the consent along.
func (v *visitor) open(path string) (page, error) {
	p, err := v.send(http.MethodGet, v.site+path, nil)
	for range 3 {
		form := consentForm.FindStringSubmatch(p.body)
		if err != nil || form == nil || !strings.HasPrefix(p.url, v.world.wechat) {
			break
		}
		p, err = v.send(http.MethodPost, v.world.wechat+wxsim.PathAuthorizeReply, url.Values{"uuid": {form[1]}, "person": {v.person}, "allow": {"1"}})
	}
	return p, err
}

func (v *visitor) send(method, address string, form url.Values) (page, error) {
	r, err := http.NewRequest(method, address, strings.NewReader(form.Encode()))
	if err != nil {
		return page{}, err
	}
	r.Header.Set("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
	r.Header.Set("User-Agent", v.agent)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", v.site)
	}
	answer, err := v.client.Do(r)
	if err != nil {
		return page{}, withoutURL(err)
	}
	return readPage(answer)
}

func readPage(answer *http.Response) (page, error) {
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return page{answer.StatusCode, answer.Request.URL.String(), answer.Header, string(body)}, err
}

func read(t testing.TB, answer *http.Response) page {
	t.Helper()
	p, err := readPage(answer)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

var shownOpenID = regexp.MustCompile(`data-openid="([^"]+)"`)

// openID is whose page it is; "" for nobody's.
func (p page) openID() string {
	found := shownOpenID.FindStringSubmatch(p.body)
	if found == nil {
		return ""
	}
	return found[1]
}

// arrives is an error unless the visitor, logged in as the right person, sees the very
// address that was asked for.
func (v *visitor) arrives(path string) error {
	p, err := v.open(path)
	if err != nil {
		return err
	}
	return v.sees(p, path)
}

// sees is an error unless the page is the visitor's own, at the address asked for.
func (v *visitor) sees(p page, path string) error {
	want := v.world.OpenID(appID, v.person)
	switch {
	case p.status != http.StatusOK:
		return fmt.Errorf("%d at %s", p.status, v.shown(p))
	case p.openID() != want:
		return fmt.Errorf("the page is %q's and not %q's", p.openID(), want)
	case p.url != v.site+path:
		return fmt.Errorf("ended at %s and not at %s", v.shown(p), path)
	}
	return nil
}

func (v *visitor) shown(p page) string {
	path, _, _ := strings.Cut(p.url, "?")
	return path
}

// each lets all visitors act, some at once, and reports every error with the rule.
func each(t testing.TB, rule string, all []*visitor, atOnce int, act func(i int, v *visitor) error) {
	t.Helper()
	var failures sync.Map
	limit := make(chan struct{}, atOnce)
	var group sync.WaitGroup
	for i, v := range all {
		limit <- struct{}{}
		group.Go(func() {
			defer func() { <-limit }()
			if err := act(i, v); err != nil {
				failures.Store(i, err)
			}
		})
	}
	group.Wait()
	count := 0
	failures.Range(func(i, err any) bool {
		if count++; count <= 5 {
			t.Errorf("rule: %s; visitor %v: %v", rule, i, err)
		}
		return true
	})
	if count > 5 {
		t.Errorf("rule: %s; %d of %d visitors in all", rule, count, len(all))
	}
	if count > 0 {
		t.Log(all[0].world.refusals(t))
	}
}

// persists is arrives for somebody who tries the page again while the site says that it
// is away (503).
func (v *visitor) persists(path string) (err error) {
	await(func() bool {
		var p page
		if p, err = v.open(path); err == nil && p.status == http.StatusServiceUnavailable {
			if p.header.Get("Retry-After") == "" {
				err = errors.New("503 without Retry-After")
				return true
			}
			err = errors.New("503 until the test's patience was over")
			return false
		}
		if err == nil {
			err = v.sees(p, path)
		}
		return true
	})
	return err
}
