package core

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/alexedwards/scs/v2/memstore"

	"github.com/seed467724c4/wechat/core/internal/session"
	"github.com/seed467724c4/wechat/core/wxapi"
	"github.com/seed467724c4/wechat/core/wxsim"
)

// sound is a configuration of several nodes without faults.
func sound(store scs.Store) func(*Config) {
	return func(c *Config) {
		c.Sessions = manager(store)
		c.Sessions.Cookie.Secure, c.Sessions.HashTokenInStore = true, true
		c.Cache = session.NewMemory()
	}
}

// oddStore breaks one command.
type oddStore struct {
	scs.Store
	find, commit, remove func() error
}

func (o oddStore) Find(key string) ([]byte, bool, error) {
	if o.find != nil {
		return nil, false, o.find()
	}
	return o.Store.Find(key)
}

func (o oddStore) Commit(key string, b []byte, expires time.Time) error {
	if o.commit != nil {
		return o.commit()
	}
	return o.Store.Commit(key, b, expires)
}

func (o oddStore) Delete(key string) error {
	if o.remove != nil {
		return o.remove()
	}
	return o.Store.Delete(key)
}

func TestCheckFinds(t *testing.T) {
	down := func() error { return errors.New("store is down") }
	nothing := func() error { return nil }
	memory := func() scs.Store { return session.NewMemory() }
	fault := func(name wxsim.FaultName) func(*rig) {
		return func(r *rig) {
			if err := r.sim.Next(name, wxsim.PathStableToken); err != nil {
				r.t.Fatal(err)
			}
		}
	}
	for _, c := range []struct {
		rule     string
		change   func(*Config)
		before   func(*rig)
		kind     FindingKind // "" for no finding
		severity Severity
		says     []string // in What, Fix or Err
	}{
		{rule: "nothing where all is well"},
		{rule: "nothing with private sessions", change: func(c *Config) { c.Sessions, c.Cache = nil, nil }},
		{"a session store that cannot be read", func(c *Config) { c.Sessions.Store = oddStore{Store: memory(), find: down} }, nil, SessionStoreFailed, Failing, []string{"read: store is down", "Redis"}},
		{"a session store that cannot be written", func(c *Config) { c.Sessions.Store = oddStore{Store: memory(), commit: down} }, nil, SessionStoreFailed, Failing, []string{"write: store is down"}},
		{"a session store that deletes nothing", func(c *Config) { c.Sessions.Store = oddStore{Store: memory(), remove: nothing} }, nil, SessionStoreFailed, Failing, []string{"still there"}},
		{"a session store that cannot delete", func(c *Config) { c.Sessions.Store = oddStore{Store: memory(), remove: down} }, nil, SessionStoreFailed, Failing, []string{"delete: store is down"}},
		{"a session store that forgets", func(c *Config) { c.Sessions.Store = oddStore{Store: memory(), commit: nothing} }, nil, SessionStoreFailed, Failing, []string{"not there"}},
		{"a session store that panics", func(c *Config) {
			c.Sessions.Store = oddStore{Store: memory(), find: func() error { panic(testSecret) }}
		}, nil, SessionStoreFailed, Failing, []string{"panic of type string"}},
		{"a cache that cannot be read", func(c *Config) { c.Cache = oddStore{Store: memory(), find: down} }, nil, CacheFailed, Warning, []string{"Config.Cache", "read: store is down"}},
		{"a cache that cannot be written", func(c *Config) { c.Cache = oddStore{Store: memory(), commit: down} }, nil, CacheFailed, Warning, []string{"write: store is down"}},
		{"a cache that deletes nothing", func(c *Config) { c.Cache = oddStore{Store: memory(), remove: nothing} }, nil, CacheFailed, Warning, []string{"still there"}},
		{"a cache that cannot delete", func(c *Config) { c.Cache = oddStore{Store: memory(), remove: down} }, nil, CacheFailed, Warning, []string{"delete: store is down"}},
		{"a cache that forgets", func(c *Config) { c.Cache = oddStore{Store: memory(), commit: nothing} }, nil, CacheFailed, Warning, []string{"not there"}},
		{"an address that is not on the whitelist", nil, fault("40164"), NotOnIPWhitelist, Failing, []string{"40164", "IP白名单", "IP whitelist", "mp.weixin.qq.com"}},
		{"a frozen secret", nil, fault("40243"), SecretFrozen, Failing, []string{"40243", "解冻", "开发密钥"}},
		{"a wrong secret", func(c *Config) { c.AppSecret = formerSecret }, nil, SecretWrong, Failing, []string{"40125", "Config.AppSecret", "基本配置"}},
		{"a wrong secret with the classic token", func(c *Config) { c.AppSecret, c.ClassicToken = formerSecret, true }, nil, SecretWrong, Failing, []string{"Config.AppSecret"}},
		{"another refusal, with its advice", nil, fault("50007"), AccountRefused, Failing, []string{"50007", "unfrozen"}},
		{"an errcode that nobody knows", nil, func(r *rig) { r.sim.Fail(wxsim.PathStableToken, wxsim.Fault{Code: 99999, Message: "what"}) }, WeChatUnreachable, Failing, []string{"99999"}},
		{"a proxy's page in WeChat's place", nil, fault(wxsim.Status502), WeChatUnreachable, Failing, []string{"api.weixin.qq.com"}},
		{"a connection that is reset", nil, fault(wxsim.ConnectionReset), WeChatUnreachable, Failing, nil},
		{"a token server of the app's that fails", func(c *Config) {
			c.AccountToken = func(context.Context, string) (string, time.Duration, error) {
				return "", 0, errors.New("token server is down")
			}
		}, nil, WeChatUnreachable, Failing, []string{"token server is down"}},
		{"a clock that is behind", nil, fault(wxsim.DateAhead), ClockWrong, Failing, []string{"behind WeChat's", "chrony"}},
		{"a clock that is a minute ahead", nil, func(r *rig) { r.sim.Fail(wxsim.PathStableToken, wxsim.Fault{Ahead: -time.Minute}) }, ClockWrong, Warning, []string{"ahead of WeChat's"}},
		{"nothing with a clock that is 20 s ahead", nil, func(r *rig) { r.sim.Fail(wxsim.PathStableToken, wxsim.Fault{Ahead: -20 * time.Second}) }, "", "", nil},
		{"a clock that is behind, with the classic token", func(c *Config) { c.ClassicToken = true }, func(r *rig) { r.sim.Fail(wxsim.PathCallbackIP, wxsim.Fault{Ahead: 10 * time.Minute}) }, ClockWrong, Failing, []string{"behind WeChat's"}},
		{"a public URL that is http", func(c *Config) { c.PublicURL, c.Sessions.Cookie.Secure = "http://app.example.com", false }, nil, PublicURLUnsafe, Warning, []string{"https", "WECHAT_PUBLIC_URL"}},
		{"nothing with http at this machine", func(c *Config) { c.PublicURL, c.Sessions.Cookie.Secure = "http://localhost:8080", false }, nil, "", "", nil},
		{"a public URL that is missing", func(c *Config) { c.PublicURL = "" }, nil, PublicURLUnsafe, Warning, []string{"网页授权域名", "web authorization domain"}},
		{"a public URL with a port", func(c *Config) { c.PublicURL = "https://app.example.com:8443" }, nil, PublicURLUnsafe, Failing, []string{"10003", "443"}},
		{"nothing with a port at this machine", func(c *Config) { c.PublicURL = "https://localhost:8443" }, nil, "", "", nil},
		{"a simulator on a public site", func(c *Config) { c.OpenURL = "http://127.0.0.1:8089" }, nil, NotWeChat, Warning, []string{"WECHAT_OPEN_URL"}},
		{"an API that is not WeChat's", func(c *Config) { c.APIURL = "https://api.weixin.qq.com.example.com" }, nil, NotWeChat, Warning, []string{"WECHAT_API_URL"}},
		{"nothing with another address of WeChat's", func(c *Config) { c.APIURL = "https://sh.api.weixin.qq.com" }, nil, "", "", nil},
		{"a simulator that does not answer, by its address", func(c *Config) {
			c.APIURL, c.PublicURL, c.HTTPClient = "http://127.0.0.1:1", "https://localhost", nil
		}, nil, WeChatUnreachable, Failing, []string{"failing: ", "http://127.0.0.1:1", "refused"}},
		{"any browser on a public site", func(c *Config) { c.AnyBrowser = true }, nil, NotWeChat, Warning, []string{"WECHAT_ANY_BROWSER"}},
		{"nothing with any browser at this machine", func(c *Config) { c.AnyBrowser, c.PublicURL = true, "https://localhost" }, nil, "", "", nil},
		{"a store that shows session tokens", func(c *Config) { c.Sessions.HashTokenInStore = false }, nil, SessionTokensReadable, Warning, []string{"HashTokenInStore"}},
		{"sessions for several nodes without a cache", func(c *Config) { c.Cache = nil }, nil, CacheMissing, Warning, []string{"Config.Cache"}},
		{"nothing with sessions in this process and no cache", func(c *Config) { c.Cache, c.Sessions.Store, c.Sessions.HashTokenInStore = nil, memstore.New(), false }, nil, "", "", nil},
		{"a session cookie that does not come back", func(c *Config) { c.Sessions.Cookie.SameSite = http.SameSiteStrictMode }, nil, SessionCookieWrong, Failing, []string{"set Sessions.Cookie.SameSite = http.SameSiteLaxMode"}},
		{"a session cookie that browsers drop", func(c *Config) { c.Sessions.Cookie.Name, c.Sessions.Cookie.Domain = "__Host-s", "example.com" }, nil, SessionCookieWrong, Failing, []string{"set Sessions.Cookie.Secure = true"}},
		{"a session cookie that scripts can read", func(c *Config) { c.Sessions.Cookie.HttpOnly = false }, nil, SessionCookieWrong, Warning, []string{"set Sessions.Cookie.HttpOnly = true"}},
	} {
		t.Run(c.rule, func(t *testing.T) {
			change := c.change
			if change == nil {
				change = func(*Config) {}
			}
			r := newRig(t)
			r.auth = r.instance(r.realAddresses, sound(session.NewMemory()), change)
			if c.before != nil {
				c.before(r)
			}
			found := r.auth.Check(t.Context())
			if c.kind == "" && len(found) != 0 || c.kind != "" && len(found) != 1 {
				t.Fatalf("rule: Check finds %s: %v", c.rule, found)
			}
			checkTells(t, found)
			if c.kind == "" {
				return
			}
			f := found[0]
			text := f.Error() + fmt.Sprint(f.Err)
			if f.Kind != c.kind || f.Severity != c.severity || f.What == "" || f.Fix == "" {
				t.Errorf("rule: Check finds %s: %+v", c.rule, f)
			}
			for _, part := range c.says {
				if !strings.Contains(text, part) {
					t.Errorf("rule: the finding about %s says %q: %s", c.rule, part, text)
				}
			}
		})
	}
}

// checkTells fails if a finding shows a secret, or cannot be used as an error.
func checkTells(t *testing.T, found []Finding) {
	t.Helper()
	for _, f := range found {
		j, err := json.Marshal(f)
		if err != nil || !strings.Contains(string(j), string(f.Kind)) {
			t.Errorf("rule: a finding marshals to JSON: %s %v", j, err)
		}
		shown := fmt.Sprintf("%v %+v %#v %s %s", f, f, f.Err, f.Error(), j)
		for _, canary := range []string{testSecret, formerSecret, testToken} {
			if strings.Contains(shown, canary) {
				t.Errorf("rule: no finding shows a secret: %s", shown)
			}
		}
		var as Finding
		if !errors.As(errors.Join(errors.New("another"), f), &as) || as.Kind != f.Kind {
			t.Errorf("rule: a finding is an error: %v", f)
		}
	}
}

func TestAFindingHasWeChatsError(t *testing.T) {
	r := newRig(t)
	found := r.instance(r.realAddresses, sound(session.NewMemory()), func(c *Config) { c.AppSecret = formerSecret }).Check(t.Context())
	var wx *wxapi.Error
	if len(found) != 1 || !errors.As(found[0], &wx) || wx.Code != 40125 {
		t.Errorf("rule: WeChat's error is in the finding: %v", found)
	}
}

func TestAnUpstreamThatRepeatsSecretsIsNotQuoted(t *testing.T) {
	r := newRig(t)
	echo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		fmt.Fprintf(w, `{"errcode":40164,"errmsg":"invalid ip %s %s %s"}`, testSecret, req.URL, testToken)
	}))
	defer echo.Close()
	a := r.instance(sound(session.NewMemory()), func(c *Config) { c.APIURL, c.PublicURL = echo.URL, "https://localhost" })
	found := a.Check(t.Context())
	if len(found) != 1 || found[0].Kind != NotOnIPWhitelist || strings.Contains(fmt.Sprint(found, found[0].Err), testSecret) {
		t.Errorf("rule: no finding shows a secret, even if WeChat's message does: %v", found)
	}
}

func TestNodesWithDifferentSecretsAreFound(t *testing.T) {
	store := session.NewMemory()
	r := newRig(t, sound(store))
	differ := func(a *Auth) bool {
		return slices.ContainsFunc(a.Check(context.Background()), func(f Finding) bool { return f.Kind == SecretsDiffer })
	}
	twin := r.instance(sound(store))
	old := r.instance(sound(store), func(c *Config) { c.AppSecret = formerSecret })
	rolled := r.instance(sound(store), func(c *Config) { c.PreviousSecrets = []string{formerSecret} })
	if again := differ(r.auth); again || differ(twin) || differ(r.auth) {
		t.Error("rule: nodes with one secret are no finding, however often they look")
	}
	if first := differ(old); !first || !differ(old) || differ(r.auth) {
		t.Error("rule: a node that finds another secret's marker says so, and leaves the marker")
	}
	for key := range all(t, store) {
		store.Delete(key)
	}
	if differ(old) || differ(rolled) {
		t.Error("rule: a former secret that is listed is no finding")
	}
	if r.auth.sessions.InProcess() {
		t.Error("the store is shared")
	}
	if sole := r.instance(r.realAddresses); len(sole.Check(t.Context())) != 0 || sole.sessions.PrivateStore().Held() != 0 {
		t.Error("rule: private sessions have no other nodes, and Check leaves nothing there")
	}
}

func all(t *testing.T, m *session.Memory) map[string][]byte {
	t.Helper()
	every, err := m.All()
	if err != nil {
		t.Fatal(err)
	}
	return every
}

func TestCheckEndsWithItsContext(t *testing.T) {
	r := newRig(t, sound(session.NewMemory()))
	wait := make(chan struct{})
	defer close(wait)
	r.sim.Fail(wxsim.PathStableToken, wxsim.Fault{Wait: wait})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	found := r.auth.Check(ctx)
	if !slices.ContainsFunc(found, func(f Finding) bool { return f.Kind == WeChatUnreachable && errors.Is(f, context.Canceled) }) {
		t.Errorf("rule: what could not be found out is a finding: %v", found)
	}
}
