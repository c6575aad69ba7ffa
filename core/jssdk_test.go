package core

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/seed467724c4/wechat/core/wxsim"
)

func TestJSConfig(t *testing.T) {
	r := newRig(t)
	ctx := context.Background()
	const page = "https://app.example.com/share?from=%E5%BE%AE%E4%BF%A1"
	c, err := r.auth.JSConfig(ctx, page+"#/路由")
	if err != nil {
		t.Fatal(err)
	}
	ticket, err := r.auth.AccountToken().JSTicket(ctx)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha1.Sum([]byte(fmt.Sprintf("jsapi_ticket=%s&noncestr=%s&timestamp=%d&url=%s", ticket, c.NonceStr, c.Timestamp, page)))
	if c.Signature != hex.EncodeToString(sum[:]) || c.AppID != testAppID || c.Timestamp != r.now().Unix() || len(c.NonceStr) < 16 {
		t.Errorf("rule: the address is signed as the page has it, without its fragment: %+v", c)
	}
	again, _ := r.auth.JSConfig(ctx, page)
	if again.NonceStr == c.NonceStr || r.sim.Calls(wxsim.PathTicket) != 1 {
		t.Errorf("rule: every signature has a nonce of its own, all of them one ticket: %d calls", r.sim.Calls(wxsim.PathTicket))
	}
	text, _ := json.Marshal(c)
	for _, name := range []string{`"appId":`, `"timestamp":`, `"nonceStr":`, `"signature":`} {
		if !strings.Contains(string(text), name) {
			t.Errorf("rule: wx.config takes it as it is: %s", text)
		}
	}
	if strings.Contains(string(text), ticket) {
		t.Error("rule: the ticket stays on the server")
	}
	r.sim.Fail(wxsim.PathTicket, wxsim.Fault{Code: 48001})
	other := r.instance()
	if _, err := other.JSConfig(ctx, page); !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "48001") {
		t.Errorf("rule: without a ticket the error says why: %v", err)
	}
}

func TestOnlyOwnPagesAreSigned(t *testing.T) {
	plain := newRig(t)
	deep := newRig(t, func(c *Config) { c.PublicURL = "https://app.example.com/shop/" })
	for _, tt := range []struct {
		rule, page string
		plain      bool
		deep       bool
	}{
		{"the site's front page", "https://app.example.com/", true, false},
		{"the site without a path", "https://app.example.com", true, false},
		{"the site with a query only", "https://app.example.com?a=1", true, false},
		{"a page below the path", "https://app.example.com/shop/1?x=https://evil.example/", true, true},
		{"the path itself", "https://app.example.com/shop", true, true},
		{"a path that only begins alike", "https://app.example.com/shopping", true, false},
		{"nothing", "", false, false},
		{"a path alone", "/share", false, false},
		{"another scheme", "http://app.example.com/", false, false},
		{"no scheme", "//app.example.com/", false, false},
		{"another host", "https://evil.example/", false, false},
		{"a host that begins alike", "https://app.example.com.evil.example/", false, false},
		{"a host that ends alike", "https://evil-app.example.com/", false, false},
		{"a user that looks like the host", "https://app.example.com@evil.example/", false, false},
		{"a user and a password", "https://app.example.com:x@evil.example/", false, false},
		{"a port", "https://app.example.com:8443/", false, false},
		{"a backslash", `https://app.example.com\@evil.example/`, false, false},
		{"a backslash in the path", `https://app.example.com/\evil.example`, false, false},
		{"a tab", "https://app.example.com/\t/evil.example", false, false},
		{"a line end", "https://app.example.com/\nurl=x", false, false},
		{"a space", "https://app.example.com/a b", false, false},
		{"white space before it", " https://app.example.com/", false, false},
		{"letters beyond ASCII", "https://app.example.com/微信", false, false},
		{"more than 2,048 bytes", "https://app.example.com/" + strings.Repeat("a", 2048), false, false},
		{"a page only behind a fragment", "https://evil.example/#https://app.example.com/", false, false},
	} {
		for name, c := range map[string]struct {
			rig  *rig
			want bool
		}{"plain": {plain, tt.plain}, "deep": {deep, tt.deep}} {
			got, err := c.rig.auth.JSConfig(context.Background(), tt.page)
			if (err == nil) != c.want || err != nil && (!errors.Is(err, ErrForeignPage) || got != JSConfig{}) {
				t.Errorf("rule: %s is signed: %t (%s): %v", tt.rule, c.want, name, err)
			}
		}
	}
}

func TestAnotherInstancesRequestTellsNothing(t *testing.T) {
	r := newRig(t)
	other := r.instance(func(c *Config) { c.PublicURL = "" })
	b := r.browser()
	b.host = "evil.example.net"
	out := b.get(NewGate(ModeOptional, other), "/")
	if _, err := r.auth.JSConfig(orEmpty(out), "https://evil.example.net/x"); !errors.Is(err, ErrForeignPage) {
		t.Errorf("rule: with a public URL nothing in a request counts: %v", err)
	}
	if _, err := r.auth.JSConfig(orEmpty(out), "https://app.example.com/x"); err != nil {
		t.Errorf("rule: the own pages are signed, whosever request it is: %v", err)
	}
	plain := r.instance(func(c *Config) { c.PublicURL = "" })
	if _, err := plain.JSConfig(orEmpty(out), "https://evil.example.net/x"); !errors.Is(err, ErrForeignPage) {
		t.Errorf("rule: what another instance's gate saw counts for that instance: %v", err)
	}
}

func TestWithoutPublicURLTheRequestTellsTheSite(t *testing.T) {
	r := newRig(t, func(c *Config) { c.PublicURL = "" })
	b := r.browser()
	out := b.get(r.gate(ModeOptional), "/")
	if _, err := r.auth.JSConfig(orEmpty(out), "https://app.example.com/share"); err != nil {
		t.Errorf("rule: behind a gate, a page of the request's own site is signed: %v", err)
	}
	if _, err := r.auth.JSConfig(orEmpty(out), "https://other.example.com/share"); !errors.Is(err, ErrForeignPage) {
		t.Errorf("rule: no other site's is: %v", err)
	}
	for _, page := range []string{"https://app.example.com/share", ":///share"} {
		if _, err := r.auth.JSConfig(context.Background(), page); !errors.Is(err, ErrForeignPage) {
			t.Errorf("rule: without a gate and without PublicURL the site is unknown: %s: %v", page, err)
		}
	}
}
