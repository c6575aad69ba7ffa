package clients

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/markbates/goth"
	gothwechat "github.com/markbates/goth/providers/wechat"
	"github.com/silenceper/wechat/v2/cache"
	"github.com/silenceper/wechat/v2/officialaccount"
	"github.com/silenceper/wechat/v2/officialaccount/config"
	"github.com/silenceper/wechat/v2/util"
)

// ending is how a login is meant to end for a client. Where a client keeps
// WeChat's number to itself, or is at fault, the case says so.
type ending struct {
	rule  string
	path  string // "" or "/wrong"
	fault string // of the simulator's list, "" for none
	form  string // what the person does on WeChat's page
	code  string // WeChat's number, "" for a refusal
}

func endings() []ending {
	return []ending{
		{"a person logs in", "", "", "allow=1", ""},
		{"a code that was used before is told", "", "code_used", "allow=1", "40163"},
		{"a refusal is told", "", "", "refuse=state", ""},
		{"a code that has expired is told", "", "code_expired", "allow=1", "40029"},
		{"a wrong secret is told", "/wrong", "", "allow=1", "40125"},
	}
}

// loginClient is a client to log in with.
type loginClient struct {
	name    string
	website bool
	quiet   bool   // it says that a login failed, not WeChat's number
	page    string // it never gets past this error page of WeChat's

	told func() string // it tells the app WeChat's number, not the visitor
}

// walk goes through every ending with one client.
func walk(t *testing.T, s *simulator, site string, c loginClient) {
	app := appID
	if c.website {
		app = websiteAppID
	}
	for _, e := range endings() {
		s.control("POST", "reset", nil)
		if e.fault != "" {
			s.next(e.fault)
		}
		got, err := s.visit(site+"/login/"+c.name+e.path+"/login", "jun", e.form)
		if c.told != nil {
			got.Code = c.told()
		}
		switch {
		case err != nil:
			t.Errorf("rule: with %s, %s; got %v", c.name, e.rule, err)
		case c.page != "":
			if got.Page != c.page {
				t.Errorf("rule: %s never gets past WeChat's page %q; got %+v", c.name, c.page, got)
			}
		case e.rule == "a person logs in":
			if got.OpenID != s.openID(app, "jun") || got.Nickname != "阿俊" || got.Error != "" {
				t.Errorf("rule: with %s, %s; got %+v", c.name, e.rule, got)
			}
		case got.Error == "" || got.OpenID != "" || !c.quiet && got.Code != e.code && e.code != "":
			t.Errorf("rule: with %s, %s, as %s; got %+v", c.name, e.rule, e.code, got)
		}
	}
}

func TestLoginsOfNodeClients(t *testing.T) {
	s := startSimulator(t)
	site := s.startNode()
	for _, c := range []loginClient{
		{name: "wechat-oauth"},
		{name: "co-wechat-oauth"},
		{name: "node-easywechat"},
		{name: "passport-wechat"},
		{name: "passport-wechat-web", website: true},
		{name: "auth-core", page: "state"},
		{name: "auth-core-web", website: true, page: "state"},
		{name: "auth-core-without-state", quiet: true},
		{name: "auth-core-without-state-web", website: true, quiet: true},
	} {
		t.Run(c.name, func(t *testing.T) { walk(t, s, site, c) })
	}
}

func TestLoginsOfGoClients(t *testing.T) {
	s := startSimulator(t)
	// goth uses Go's default client, silenceper a variable of its own.
	old, oldUtil := http.DefaultClient, util.DefaultHTTPClient
	http.DefaultClient = &http.Client{Transport: s.transport()}
	util.DefaultHTTPClient = http.DefaultClient
	defer func() { http.DefaultClient, util.DefaultHTTPClient = old, oldUtil }()
	site := httptest.NewServer(goSite{})
	defer site.Close()
	base := strings.Replace(site.URL, "127.0.0.1", "localhost", 1)
	for _, c := range []loginClient{{name: "goth", website: true}, {name: "silenceper"}, {name: "silenceper-web", website: true}} {
		t.Run(c.name, func(t *testing.T) { walk(t, s, base, c) })
	}
}

// goSite is a site with the Go clients, as node/site.mjs is one with npm's.
type goSite struct{}

func (goSite) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	name, step, wrong := parts[1], parts[len(parts)-1], len(parts) == 4
	callback := "http://" + r.Host + strings.TrimSuffix(r.URL.Path, step) + "callback"
	var start func() (string, error)
	var finish func(code string) (result, error)
	if name == "goth" {
		start, finish = withGoth(callback, secretOf(websiteSecret, wrong))
	} else {
		start, finish = withSilenceper(name, callback, wrong)
	}
	if step == "login" {
		to, err := start()
		if err != nil {
			tell(w, result{}, err)
			return
		}
		http.Redirect(w, r, to, http.StatusFound)
		return
	}
	code := r.URL.Query().Get("code")
	if code == "" {
		tell(w, result{}, fmt.Errorf("refused"))
		return
	}
	got, err := finish(code)
	tell(w, got, err)
}

func secretOf(right string, wrong bool) string {
	if wrong {
		return "wrong"
	}
	return right
}

func withGoth(callback, secret string) (func() (string, error), func(string) (result, error)) {
	provider := gothwechat.New(websiteAppID, secret, callback, gothwechat.WECHAT_LANG_CN)
	start := func() (string, error) {
		session, err := provider.BeginAuth("state1")
		if err != nil {
			return "", err
		}
		return session.GetAuthURL()
	}
	finish := func(code string) (result, error) {
		session := &gothwechat.Session{}
		if _, err := session.Authorize(provider, oneParam(code)); err != nil {
			return result{}, err
		}
		user, err := provider.FetchUser(session)
		return result{OpenID: user.UserID, Nickname: user.NickName}, err
	}
	return start, finish
}

type oneParam string

func (p oneParam) Get(string) string { return string(p) }

var _ goth.Params = oneParam("")

func withSilenceper(name, callback string, wrong bool) (func() (string, error), func(string) (result, error)) {
	cfg := &config.Config{AppID: appID, AppSecret: secretOf(secret, wrong), Cache: cache.NewMemory()}
	if name == "silenceper-web" {
		cfg.AppID, cfg.AppSecret = websiteAppID, secretOf(websiteSecret, wrong)
	}
	oauth := officialaccount.NewOfficialAccount(cfg).GetOauth()
	start := func() (string, error) {
		if name == "silenceper-web" {
			return oauth.GetWebAppRedirectURL(callback, "snsapi_login", "state1")
		}
		return oauth.GetRedirectURL(callback, "snsapi_userinfo", "state1")
	}
	finish := func(code string) (result, error) {
		token, err := oauth.GetUserAccessToken(code)
		if err != nil {
			return result{}, err
		}
		user, err := oauth.GetUserInfo(token.AccessToken, token.OpenID, "zh_CN")
		return result{OpenID: user.OpenID, Nickname: user.Nickname}, err
	}
	return start, finish
}

func tell(w http.ResponseWriter, got result, err error) {
	if err != nil {
		got = result{Error: err.Error(), Code: regexp.MustCompile(`\b4\d{4}\b`).FindString(err.Error())}
	}
	json.NewEncoder(w).Encode(got)
}
