package main

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/gin-contrib/sessions"
	"github.com/gin-contrib/sessions/memstore"

	"github.com/seed467724c4/wechat/core/wxsim"
	"github.com/seed467724c4/wechat/example/compare/internal/drive"
)

// deployment is a site whose app can be replaced while its visitors stay.
type deployment struct {
	*drive.World
	t     *testing.T
	store sessions.Store
}

func deploy(t *testing.T, app maker) *deployment {
	t.Helper()
	w, err := drive.New(false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	d := &deployment{w, t, memstore.NewStore(w.Settings().Key)}
	d.replace(app)
	return d
}

func (d *deployment) replace(app maker) {
	d.t.Helper()
	handler, err := app(d.Settings(), d.store)
	if err != nil {
		d.t.Fatal(err)
	}
	d.App = handler
}

// each runs a test for every migration.
func each(t *testing.T, test func(t *testing.T, m migration)) {
	for _, m := range migrations() {
		t.Run(m.name, func(t *testing.T) { test(t, m) })
	}
}

func TestBeforeAndAfterLogInToTheSamePage(t *testing.T) {
	each(t, func(t *testing.T, m migration) {
		for name, app := range map[string]maker{"before": m.before, "after": m.after} {
			d := deploy(t, app)
			page := d.Browser("mei").Open("/orders/42?from=menu")
			if !page.Shows("/orders/42?from=menu", d.OpenID("mei")) {
				t.Errorf("rule: the app logs in %s the switch, and ends on the page that was asked for; got %v", name, page)
			}
			client := d.Sim.Login(t, d.App, "jun", "/me")
			if res, err := client.Get("/me"); err != nil || res.StatusCode != http.StatusOK {
				t.Errorf("rule: wxsim logs in to the app %s the switch; got %v %v", name, res, err)
			}
		}
	})
}

func TestOldVisitorsStay(t *testing.T) {
	each(t, func(t *testing.T, m migration) {
		d := deploy(t, m.before)
		browser := d.Browser("mei")
		if page := browser.Open("/me"); page.Status != http.StatusOK {
			t.Fatalf("the old app does not log in: %v", page)
		}
		asked := browser.Consents
		d.replace(m.after)
		d.Sim.ResetCalls()
		for visit := range 3 {
			page := browser.Open("/orders/42?visit=1")
			if !page.Shows("/orders/42?visit=1", d.OpenID("mei")) {
				t.Fatalf("rule: a visitor of the old app gets the page after the switch, logged in as before; visit %d got %v", visit+1, page)
			}
			if strings.Contains(page.Body, `"Nickname":""`) != (m.name == "gincontrib" || m.name == "gorilla") {
				t.Errorf("rule: whoever had a nickname has one after the switch; got %s", page.Body)
			}
		}
		if browser.Consents != asked {
			t.Errorf("rule: nobody is asked for consent again; WeChat asked %d times more", browser.Consents-asked)
		}
		trips, want := d.Sim.Calls(wxsim.PathAccessToken), 1
		if m.name == "gincontrib" {
			want = 0 // the old login counts until its session ends
		}
		if trips != want {
			t.Errorf("rule: a visitor of the old app is logged in anew at most once; WeChat exchanged %d codes, want %d", trips, want)
		}
	})
}

// TestOpenPagesGoOn: pages that were open at the switch send scripts' requests and forms,
// which cannot be redirected to WeChat.
func TestOpenPagesGoOn(t *testing.T) {
	for _, m := range migrations() {
		if m.name != "silenceper" && m.name != "gincontrib" {
			continue // those let their visitors open a page first
		}
		t.Run(m.name, func(t *testing.T) {
			d := deploy(t, m.before)
			browser := d.Browser("mei")
			browser.Open("/me")
			d.replace(m.after)
			if got := browser.Who(); got != d.OpenID("mei") {
				t.Errorf("rule: a script of a page that was open at the switch goes on as the visitor; got %q", got)
			}
			res := browser.Request(http.MethodPost, "/orders", "", http.Header{"Content-Type": {"application/x-www-form-urlencoded"}})
			if res.StatusCode != http.StatusOK {
				t.Errorf("rule: a form of a page that was open at the switch goes on; got %d", res.StatusCode)
			}
			if got := res.Header.Get("Cache-Control"); got != "private, no-cache" {
				t.Errorf("rule: no shared cache keeps what an old session was shown; got %q", got)
			}
		})
	}
}

// TestANewLoginCountsBeforeAnOldSession: the phone was Mei's when the old app logged her
// in, and is Jun's now.
func TestANewLoginCountsBeforeAnOldSession(t *testing.T) {
	for _, m := range migrations() {
		if m.name == "handwritten" {
			continue // nothing reads the old cookie
		}
		t.Run(m.name, func(t *testing.T) {
			d := deploy(t, m.before)
			mei := d.Browser("mei")
			mei.Open("/me")
			addToCart(t, m, mei, "tea")
			d.replace(m.after)
			jun := d.Browser("jun")
			jun.Open("/me")
			for _, first := range []string{"script", "page"} {
				jun.SetCookies(mei.Cookies())
				if first == "script" {
					if who := jun.Who(); who != d.OpenID("jun") {
						t.Errorf("rule: a new login counts before an old session, for scripts too; got %q", who)
					}
				}
				if page := jun.Open("/orders/1"); !page.Shows("/orders/1", d.OpenID("jun")) {
					t.Errorf("rule: a new login counts before an old session; got %v", page)
				}
			}
			if m.name == "silenceper" {
				if names := cookieNames(jun); strings.Contains(names, "session ") {
					t.Errorf("rule: an old session that is of no use is deleted; the browser has %s", names)
				}
				return
			}
			if cart := cartOf(jun); cart != "" {
				t.Errorf("rule: a cart never goes to another person; got %q", cart)
			}
		})
	}
}

func cookieNames(b *drive.Browser) (names string) {
	for _, c := range b.Cookies() {
		names += c.Name + " "
	}
	return names
}

func TestTheCartStays(t *testing.T) {
	for _, m := range migrations() {
		if m.name != "gincontrib" && m.name != "gorilla" {
			continue
		}
		t.Run(m.name, func(t *testing.T) {
			d := deploy(t, m.before)
			browser := d.Browser("mei")
			browser.Open("/me")
			addToCart(t, m, browser, "tea")
			d.replace(m.after)
			browser.Open("/me")
			addToCart(t, m, browser, "rice")
			if cart := cartOf(browser); cart != "tea\nrice\n" {
				t.Errorf("rule: what a session held besides the login is still there; got %q", cart)
			}
			if names := cookieNames(browser); m.name == "gorilla" && strings.Contains(" "+names, " session ") {
				t.Errorf("rule: the old session is read once; the browser still has %s", names)
			}
		})
	}
}

func addToCart(t *testing.T, m migration, b *drive.Browser, item string) {
	t.Helper()
	if m.name != "gincontrib" && m.name != "gorilla" {
		return
	}
	res := b.Request(http.MethodPost, "/cart", url.Values{"item": {item}}.Encode(), http.Header{"Content-Type": {"application/x-www-form-urlencoded"}})
	if res.StatusCode != http.StatusOK {
		t.Fatalf("the cart takes nothing: %d", res.StatusCode)
	}
}

func cartOf(b *drive.Browser) string {
	res := b.Request(http.MethodGet, "/cart", "", nil)
	body, _ := io.ReadAll(res.Body)
	return string(body)
}

// TestLogoutEndsBothSessions: no old session logs a visitor in again after a logout.
func TestLogoutEndsBothSessions(t *testing.T) {
	each(t, func(t *testing.T, m migration) {
		d := deploy(t, m.before)
		browser := d.Browser("mei")
		browser.Open("/me")
		d.replace(m.after)
		for _, first := range []string{"a page that was open at the switch", "a page of the new app"} {
			if first == "a page of the new app" {
				browser.Open("/me")
			}
			res := browser.Request(http.MethodPost, "/logout", "", http.Header{"Origin": {drive.Site}})
			if res.StatusCode != http.StatusSeeOther {
				t.Fatalf("logout: %d", res.StatusCode)
			}
			if who := browser.Who(); who != "" {
				t.Errorf("rule: after a logout from %s nobody is logged in, by the old session neither; got %s", first, who)
			}
		}
	})
}
