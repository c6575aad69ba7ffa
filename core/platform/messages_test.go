package platform

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/seed467724c4/wechat/core/push"
	"github.com/seed467724c4/wechat/core/wxsim"
)

func TestMessagesReachTheirAccount(t *testing.T) {
	r := newRig(t)
	p := r.ready()
	var mu sync.Mutex
	var got []string
	heard := make(chan struct{}, 100)
	r.hooks = func(a Account) push.Config {
		return push.Config{OnMessage: func(_ context.Context, m push.Message) error {
			mu.Lock()
			got = append(got, a.AppID+" "+m.AccountID)
			mu.Unlock()
			heard <- struct{}{}
			return nil
		}}
	}
	handler := p.MessageHandler(r.hooks)
	r.pushes.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if strings.HasPrefix(req.URL.Path, "/messages") {
			handler.ServeHTTP(w, req)
			return
		}
		r.receive(w, req)
	})
	_ = handler
	r.connect(shopA)
	r.connect(shopB)
	originals := map[string]string{}
	all, _ := p.Accounts(t.Context())
	for _, a := range all {
		originals[a.AppID] = a.OriginalID
	}
	for _, shop := range []string{shopA, shopB} {
		r.sim.SetFollowing(shop, "mei", true)
		if err := r.sim.SendText(t.Context(), shop, "mei", "hello"); err != nil {
			t.Fatal(err)
		}
		<-heard
	}
	if want := []string{shopA + " " + originals[shopA], shopB + " " + originals[shopB]}; !slices.Equal(got, want) {
		t.Errorf("rule: a message reaches the hooks of its account: %q", got)
	}
	r.sim.SetPlatformURLs(platformID, r.pushes.URL+"/events", r.pushes.URL+"/messages")
	if err := r.sim.SendText(t.Context(), shopB, "mei", "without an appid in the address"); err != nil {
		t.Fatal(err)
	}
	if <-heard; got[2] != shopB+" "+originals[shopB] {
		t.Errorf("rule: one address for all works, too: %q", got)
	}
}

func TestAMessageIsForTheAccountOfItsAddress(t *testing.T) {
	r := newRig(t)
	p := r.ready()
	r.connect(shopA)
	r.connect(shopB)
	r.sim.SetFollowing(shopA, "mei", true)
	if err := r.sim.SendText(t.Context(), shopA, "mei", "hello"); err != nil {
		t.Fatal(err)
	}
	sent := r.raw[len(r.raw)-1]
	for rule, c := range map[string]struct {
		target string
		body   []byte
		want   int
	}{
		"the message itself is accepted again":        {sent.target, sent.body, 200},
		"at another account's address it is refused":  {strings.Replace(sent.target, shopA, shopB, 1), sent.body, 403},
		"at an unknown account's the message decides": {strings.Replace(sent.target, shopA, "wxunknown", 1), sent.body, 200},
		"a wrong signature is refused":                {strings.Replace(sent.target, "msg_signature=", "msg_signature=0", 1), sent.body, 403},
		"an unsigned one is refused":                  {"/messages/" + shopA, sent.body, 403},
		"no message is refused":                       {sent.target, []byte("<xml/>"), 403},
		"more than 64 KiB is refused":                 {sent.target, []byte(strings.Repeat(" ", 65<<10)), 413},
		"a path that climbs is refused":               {strings.Replace(sent.target, shopA, "../"+shopB, 1), sent.body, 403},
	} {
		if status := r.send(c.target, c.body); status != c.want {
			t.Errorf("rule: %s: %d", rule, status)
		}
	}
	if res, err := http.Get(r.pushes.URL + sent.target + "&echostr=123"); err != nil || res.StatusCode != 200 {
		t.Errorf("rule: the check of the address is answered: %v", err)
	}
	if res, err := http.Get(r.pushes.URL + "/messages/x?signature=x&timestamp=1234567890&nonce=1&echostr=123"); err != nil || res.StatusCode != 403 {
		t.Errorf("rule: only WeChat's: %v", err)
	}
	signed, _ := url.Parse(sent.target)
	for rule, signature := range map[string]string{"another signature": strings.Repeat("0", 40), "no signature": "", "the right one cut": signed.Query().Get("signature")[:39]} {
		q := signed.Query()
		q.Set("signature", signature)
		q.Set("echostr", "123")
		res, err := http.Get(r.pushes.URL + signed.Path + "?" + q.Encode())
		if err != nil || res.StatusCode != 403 {
			t.Errorf("rule: a check of the address with %s is refused: %v", rule, err)
		}
	}
	r.sim.SetPlatformMode(platformID, wxsim.PlatformMode{})
	r.disconnect(shopA)
	if status := r.send(sent.target, sent.body); status != 200 {
		t.Errorf("rule: messages for an account that is gone are dropped, so that WeChat does not repeat them: %d", status)
	}
	_ = p
}
