package platform

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/wxsim"
)

func TestAConsentIsSpentOnceHoweverOftenItComes(t *testing.T) {
	r := newRig(t)
	p, other := r.ready(), r.node()
	// WeChat's push goes to one node while the browser comes back to both, twice each.
	r.sim.SetPlatformMode(platformID, wxsim.PlatformMode{WithoutPush: true})
	code, err := r.sim.Connect(t.Context(), platformID, shopA)
	if err != nil {
		t.Fatal(err)
	}
	var calls []func()
	for _, node := range []*Platform{p, other, p, other} {
		calls = append(calls, func() {
			if a, err := node.Connect(t.Context(), code); err != nil || a.AppID != shopA || !a.Connected {
				t.Errorf("rule: every delivery gets the account: %+v %v", a, err)
			}
		}, func() {
			if err := node.handle(t.Context(), event{InfoType: "authorized", Account: shopA, Code: code, CreateTime: r.sim.Now().Unix()}); err != nil {
				t.Errorf("rule: every push is a success: %v", err)
			}
		})
	}
	together(calls...)
	if n := r.calls(wxsim.PathQueryAuth); n != 1 {
		t.Errorf("rule: of redirects and pushes at two nodes, one spends the code: %d calls", n)
	}
	if a, err := p.Connect(t.Context(), code); err != nil || a.AppID != shopA || r.calls(wxsim.PathQueryAuth) != 1 {
		t.Errorf("rule: a reload later gets the account, too: %+v %v", a, err)
	}
	if _, err := p.Connect(t.Context(), "queryauthcode@@@other"); !isCode(err, 61009) || strings.Contains(err.Error(), "queryauthcode") {
		t.Errorf("rule: a code that WeChat does not know is an error without the code in it: %v", err)
	}
	for _, wrong := range []string{"", "a b", "a\r\nb", strings.Repeat("x", 600)} {
		if _, err := p.Connect(t.Context(), wrong); err == nil {
			t.Errorf("rule: %q is no code", wrong)
		}
	}
	if a := r.auth(p, shopA); a == nil || r.auth(p, shopA) != a {
		t.Error("rule: a connected account has one instance")
	}
	all, err := other.Accounts(t.Context())
	if err != nil || len(all) != 1 || all[0].Name != "茶舍" || !strings.HasPrefix(all[0].OriginalID, "gh_") || !slices.Contains(all[0].Permissions, wxsim.PermissionWebPage) {
		t.Errorf("rule: an account is listed with its name and permissions: %+v %v", all, err)
	}
}

func TestTheConsentPageLeadsBack(t *testing.T) {
	r := newRig(t)
	p := r.ready()
	for _, page := range []Page{PCPage, PhonePage} {
		link, err := p.ConsentURL(t.Context(), page, "https://"+saas+"/connected?check=1", "")
		if err != nil {
			t.Fatal(err)
		}
		u, _ := url.Parse(link)
		q := u.Query()
		if q.Get("component_appid") != platformID || q.Get("pre_auth_code") == "" || q.Get("redirect_uri") != "https://"+saas+"/connected?check=1" || q.Get("auth_type") != "1" {
			t.Errorf("rule: the link has what WeChat asks for: %s", link)
		}
		if page == PhonePage != strings.HasPrefix(u.Path, "/wxaopen/safe/bindcomponent") {
			t.Errorf("rule: phones have a page of their own: %s", link)
		}
		req, _ := http.NewRequest("GET", link, nil)
		req.Header.Set("User-Agent", "MicroMessenger")
		res, err := http.DefaultClient.Do(req)
		if err != nil || res.Header.Get("X-Wxsim-Error") != "" {
			t.Errorf("rule: WeChat shows its page: %v %v", err, res.Header)
		}
	}
	if link, _ := p.ConsentURL(t.Context(), PCPage, "https://"+saas+"/", shopB); !strings.Contains(link, "biz_appid="+shopB) || strings.Contains(link, "auth_type") {
		t.Errorf("rule: one account alone can be asked for: %s", link)
	}
}

func TestAnAnswerThatWasLostIsMadeUpFor(t *testing.T) {
	r := newRig(t)
	p := r.ready()
	r.sim.Fail(wxsim.PathQueryAuth, wxsim.Fault{Drop: true, Consume: true, Times: 1})
	r.connect(shopA) // three tries: the first spends the code and loses the answer
	if _, err := p.Account(t.Context(), shopA); err != nil || r.calls(wxsim.PathAuthorizerList) == 0 {
		t.Errorf("rule: if the answer to a spent code was lost, WeChat's list has the refresh token: %v", err)
	}
}

func TestAMerchantComesAndGoes(t *testing.T) {
	r := newRig(t)
	var mu sync.Mutex
	var changes []string
	p := r.ready(func(c *Config) {
		c.OnChange = func(_ context.Context, a Account) error {
			mu.Lock()
			defer mu.Unlock()
			changes = append(changes, fmt.Sprint(a.AppID, a.Connected))
			panic("OnChange is the app's own trouble")
		}
	})
	other := r.node()
	ctx := t.Context()
	if _, err := p.Account(ctx, shopA); !errors.Is(err, ErrUnknown) {
		t.Errorf("rule: an account that never agreed is unknown: %v", err)
	}
	if _, err := other.Account(ctx, shopA); !errors.Is(err, ErrUnknown) {
		t.Errorf("rule: at every node: %v", err)
	}
	r.connect(shopA)
	authorized := len(r.raw) - 1
	auth := r.auth(p, shopA)
	if _, err := other.Account(ctx, shopA); !errors.Is(err, ErrUnknown) {
		t.Errorf("rule: what is unknown stays so for a moment, without asking the store: %v", err)
	}
	r.sim.Advance(5 * time.Second)
	if _, err := other.Account(ctx, shopA); err != nil {
		t.Errorf("rule: another node knows it within 5 s: %v", err)
	}
	if token, _, err := p.AccountToken(ctx, shopA, ""); err != nil || token == "" || r.calls(wxsim.PathAuthorizerToken) != 0 {
		t.Errorf("rule: the consent's own token is used first: %v", err)
	}
	r.sim.Advance(10 * time.Second)
	r.disconnect(shopA)
	for i, node := range []*Platform{p, other} {
		r.sim.Advance(time.Duration(i) * 5 * time.Second)
		if _, err := node.Account(ctx, shopA); !errors.Is(err, core.ErrWithdrawn) {
			t.Errorf("rule: an account that took its consent back is refused at node %d: %v", i, err)
		}
		if node.ActsFor(ctx, shopA) || !errors.Is(third(node.AccountToken(ctx, shopA, "")), core.ErrWithdrawn) {
			t.Errorf("rule: neither logins nor tokens, at node %d", i)
		}
	}
	if status := r.again(authorized, ""); status != 200 {
		t.Errorf("rule: an old consent that is pushed again is a success: %d", status)
	}
	if _, err := p.Account(ctx, shopA); !errors.Is(err, core.ErrWithdrawn) {
		t.Errorf("rule: and changes nothing: %v", err)
	}
	r.sim.Advance(10 * time.Second)
	unauthorized := len(r.raw) - 2
	r.connect(shopA)
	if status := r.again(unauthorized, ""); status != 200 || !p.ActsFor(ctx, shopA) {
		t.Errorf("rule: an old withdrawal that is pushed again does not end a newer consent: %d", status)
	}
	if again := r.auth(p, shopA); again != auth {
		t.Error("rule: who comes back has the instance of before, so that gates go on")
	}
	r.sim.Advance(10 * time.Second)
	r.connect(shopA) // changed permissions
	if _, _, err := p.AccountToken(ctx, shopA, ""); err != nil {
		t.Errorf("rule: after an update the new refresh token is used: %v", err)
	}
	mu.Lock()
	defer mu.Unlock()
	if want := []string{shopA + "true", shopA + "false", shopA + "true", shopA + "true"}; !slices.Equal(changes, want) {
		t.Errorf("rule: OnChange hears of every change once, and its panic harms nothing: %q", changes)
	}
}

func third[A, B any](_ A, _ B, err error) error { return err }

func TestTokensOfAnAccount(t *testing.T) {
	r := newRig(t)
	p, other := r.ready(), r.node()
	ctx := t.Context()
	r.connect(shopA)
	token, life, err := p.AccountToken(ctx, shopA, "")
	if err != nil || life <= time.Hour {
		t.Fatal(life, err)
	}
	var calls []func()
	var got sync.Map
	for i := range 8 {
		calls = append(calls, func() {
			next, _, err := r.nodes[i%2].AccountToken(ctx, shopA, token)
			if err != nil || next == token {
				t.Errorf("rule: a refused token is replaced: %v", err)
			}
			got.Store(next, true)
		})
	}
	together(calls...)
	n := 0
	got.Range(func(any, any) bool { n++; return true })
	if n != 1 || r.calls(wxsim.PathAuthorizerToken) != 1 {
		t.Errorf("rule: of two nodes one refreshes, and both have its token: %d tokens, %d calls", n, r.calls(wxsim.PathAuthorizerToken))
	}
	// The refresh token in the store is not the one in force any more.
	update(ctx, &p.records, accountPrefix+shopA, func(r *accountRecord, _ bool) bool { r.Refresh = "refreshtoken@@@old"; return true })
	next, _, _ := other.AccountToken(ctx, shopA, "")
	r.sim.Advance(time.Second)
	if _, _, err := p.AccountToken(ctx, shopA, next); err != nil {
		t.Errorf("rule: 61023 is healed by WeChat's list: %v", err)
	}
	r.sim.SetPlatformMode(platformID, wxsim.PlatformMode{WithoutPush: true})
	r.disconnect(shopA)
	r.sim.Advance(time.Second)
	next, _, _ = p.AccountToken(ctx, shopA, "")
	if err := third(p.AccountToken(ctx, shopA, next)); !errors.Is(err, core.ErrWithdrawn) || p.ActsFor(ctx, shopA) {
		t.Errorf("rule: 61003 marks the account as gone, even without a push: %v", err)
	}
}

func TestAStoreThatWasLostComesBack(t *testing.T) {
	r := newRig(t, func(c *wxsim.Config) { c.Platforms[0].Connected = []string{shopA, shopB} })
	p := r.ready()
	n, err := p.Recover(t.Context())
	if err != nil || n != 2 {
		t.Fatalf("rule: all accounts come back from WeChat's list: %d %v", n, err)
	}
	for _, shop := range []string{shopA, shopB} {
		if token, _, err := p.AccountToken(t.Context(), shop, ""); err != nil || token == "" {
			t.Errorf("rule: with a refresh token each: %v", err)
		}
	}
	r.sim.SetPlatformMode(platformID, wxsim.PlatformMode{WithoutPush: true})
	r.disconnect(shopB)
	r.sim.Advance(time.Second)
	if n, err := p.Recover(t.Context()); err != nil || n != 1 || p.ActsFor(t.Context(), shopB) || !p.ActsFor(t.Context(), shopA) {
		t.Errorf("rule: who is not in the list took the consent back: %d %v", n, err)
	}
	// The store is flushed while the node runs.
	for _, name := range mustList(t, p) {
		raw, _, _ := p.records.load(t.Context(), name, &struct{}{})
		p.records.swap(t.Context(), name, raw, nil)
	}
	r.sim.Advance(6 * time.Second)
	if _, err := p.Account(t.Context(), shopA); !errors.Is(err, ErrUnknown) {
		t.Errorf("rule: without a record an account is unknown: %v", err)
	}
	r.ticket()
	if n, err := p.Recover(t.Context()); err != nil || n != 1 {
		t.Errorf("rule: Recover brings it back: %d %v", n, err)
	}
	if _, err := p.Account(t.Context(), shopA); err != nil {
		t.Errorf("rule: at once: %v", err)
	}
}

func mustList(t *testing.T, p *Platform) []string {
	names, err := p.records.list(t.Context(), "")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	return names
}

func TestWhatIsStoredIsSealedAndSurvivesANewSecret(t *testing.T) {
	r := newRig(t)
	p := r.ready()
	r.connect(shopA)
	secrets := []string{}
	var record accountRecord
	p.records.load(t.Context(), accountPrefix+shopA, &record)
	token, _ := p.ComponentToken(t.Context(), "")
	secrets = append(secrets, record.Refresh, token, "ticket@@@", platformSecret)
	keys, _ := r.store.List(t.Context(), "")
	for _, key := range keys {
		value, _ := r.store.Load(t.Context(), key)
		for _, secret := range secrets {
			if strings.Contains(string(value), secret) || strings.Contains(key, secret) || len(key) > 160 {
				t.Errorf("rule: nothing in the store can be read: %s", key)
			}
		}
	}
	if _, err := r.node(func(c *Config) { c.AppSecret = "a-foreign-secret" }).Account(t.Context(), shopA); !errors.Is(err, ErrUnknown) {
		t.Errorf("rule: another secret opens nothing: %v", err)
	}
	renewed := r.node(func(c *Config) { c.AppSecret, c.PreviousSecrets = "another-secret", []string{platformSecret} })
	if _, err := renewed.Account(t.Context(), shopA); err != nil {
		t.Errorf("rule: with the former secret beside the new one everything is there: %v", err)
	}
	if err := renewed.Reseal(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := r.node(func(c *Config) { c.AppSecret = "another-secret" }).Account(t.Context(), shopA); err != nil {
		t.Errorf("rule: after Reseal the new secret is enough: %v", err)
	}
	if text := r.log.String() + fmt.Sprintf("%v %+v %#v %s", p, p, p, p.config); slices.ContainsFunc(secrets, func(s string) bool { return strings.Contains(text, s) }) {
		t.Errorf("rule: neither log nor print shows a secret: %s", text)
	}
}

func TestConfigIsChecked(t *testing.T) {
	_, err := New(Config{PreviousSecrets: []string{""}})
	for _, field := range []string{"AppID", "AppSecret", "PreviousSecrets", "Token", "EncodingAESKey", "Store"} {
		if err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("rule: everything wrong is named at once; %s is missing: %v", field, err)
		}
	}
}
