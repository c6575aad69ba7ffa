package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/wxsim"
)

var scanning = core.Website{AppID: webID, AppSecret: webSecret}

// desktop is a visitor at a desktop browser outside WeChat.
func (w *world) desktop(t *testing.T) *visitor {
	t.Helper()
	v := w.visitor(t)
	v.client.Transport = onDesktop{v.client.Transport}
	return v
}

type onDesktop struct{ http.RoundTripper }

func (d onDesktop) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/132.0.0.0 Safari/537.36")
	return d.RoundTripper.RoundTrip(r)
}

// scans opens a page at a desktop browser, and logs in at WeChat's page with the code.
func (v *visitor) scans(t *testing.T, path, person string) page {
	t.Helper()
	p, err := v.tryScan(path, person)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (v *visitor) tryScan(path, person string) (page, error) {
	shown, err := v.try(http.MethodGet, v.w.site+path, nil, nil)
	if err != nil {
		return page{}, err
	}
	found := uuid.FindStringSubmatch(shown.body)
	if found == nil || !strings.HasPrefix(shown.url, v.w.wechat+wxsim.PathQRConnect) {
		return page{}, fmt.Errorf("rule: a desktop browser is shown WeChat's code; got %d at %s", shown.status, shown.url)
	}
	return v.try(http.MethodPost, v.w.wechat+wxsim.PathQRConnect, url.Values{"uuid": {found[1]}, "person": {person}, "allow": {"1"}}, nil)
}

// count asks the database for a number.
func (w *world) count(t *testing.T, query string) (n int) {
	t.Helper()
	if err := w.db.QueryRow(query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// are holds the tables against the rule.
func (w *world) are(t *testing.T, rule string, people, pairs int) {
	t.Helper()
	got := [...]int{w.count(t, `SELECT count(*) FROM people`), w.count(t, `SELECT count(*) FROM identities`), w.rows(t)}
	if want := [...]int{people, pairs, people}; got != want {
		t.Errorf("rule: %s; people, pairs and members are %v, want %v", rule, got, want)
	}
}

func TestAPersonAtPhoneAndDesktopIsOneMember(t *testing.T) {
	w := worldWith(t, nil, scanning)
	phone, desktop := w.visitor(t), w.desktop(t)
	phone.get(t, "/login").is(t, "the phone logs in silently", http.StatusOK, "home", `<b id="number">1</b>`)
	phone.allows(t, "/profile").is(t, "Prompt brings the union id", http.StatusOK, "profile", `<b id="number">1</b>`)
	desktop.scans(t, "/profile", mei).is(t, "the scan finds the person by it", http.StatusOK, "profile", `<b id="number">1</b>`, "小美🌸")
	w.are(t, "it is one person with two open ids", 1, 2)

	desktop.get(t, "/members").is(t, "who does not follow is asked to, at the desktop, too", http.StatusForbidden, "follow")
	w.follows(t)
	desktop.get(t, "/members").is(t, "OpenIDFor names the open id that follows", http.StatusOK, "members", `<b id="number">1</b>`, `id="follows"`)
	w.desktop(t).scans(t, "/profile", "jun").is(t, "somebody else is somebody else", http.StatusOK, "profile", `<b id="number">2</b>`)
	w.are(t, "and has a row of her own", 2, 3)
}

func TestTwoPeopleBecomeOneWhenAUnionIDArrives(t *testing.T) {
	for rule, arrives := range map[string]func(*testing.T, *world, *visitor){
		"with Prompt": func(t *testing.T, w *world, phone *visitor) {
			phone.allows(t, "/profile").is(t, "the phone's member is the desktop's from then on", http.StatusOK, "profile", `<b id="number">1</b>`)
		},
		"with a message, for a follower": func(t *testing.T, w *world, _ *visitor) { w.follows(t) },
		"with a page for followers": func(t *testing.T, w *world, phone *visitor) {
			if err := w.SetFollowing(appID, mei, true); err != nil { // no message tells the site
				t.Fatal(err)
			}
			phone.get(t, "/members").is(t, "the page shows the member after the merge", http.StatusOK, "members", `<b id="number">1</b>`)
		},
	} {
		t.Run(rule, func(t *testing.T) {
			w := worldWith(t, nil, scanning)
			phone, other, desktop := w.visitor(t), w.visitor(t), w.desktop(t)
			desktop.scans(t, "/profile", mei).is(t, "the desktop comes first", http.StatusOK, "profile", `<b id="number">1</b>`)
			for _, v := range []*visitor{phone, other} {
				v.get(t, "/login").is(t, "a silent login has no union id, so it is another person", http.StatusOK, "home", `<b id="number">2</b>`)
			}
			w.are(t, "they are two people so far", 2, 2)
			w.exec(t, `UPDATE members SET scanned = 'table 7' WHERE number = 2`)

			arrives(t, w, phone)
			w.are(t, "they are one person with both open ids", 1, 2)
			m := w.member(t)
			if m == nil || m.Number != 1 || m.Scanned != "table 7" || m.Nickname != "小美🌸" || m.ProfileAt.IsZero() || m.UnionID != w.UnionID(mei) {
				t.Errorf("rule: the older person stays and has what the site knew of both; got %+v", m)
			}
			for name, v := range map[string]*visitor{"phone": phone, "other": other, "desktop": desktop} {
				v.get(t, "/").is(t, "a session from before the merge ("+name+") shows the merged member", http.StatusOK, "home", `<b id="number">1</b>`)
			}
			other.get(t, "/profile").is(t, "and needs no new consent", http.StatusOK, "profile", `<b id="number">1</b>`, "小美🌸")
			w.desktop(t).scans(t, "/profile", "jun").is(t, "a number that a session may still hold is given to nobody else", http.StatusOK, "profile", `<b id="number">3</b>`)
		})
	}
}

func TestFiftyLoginsAtOnceMakeOnePerson(t *testing.T) {
	w := worldWith(t, nil, scanning)
	w.visitor(t).allows(t, "/profile") // the phone's pair has its union id
	const logins = 50
	visitors := make([]*visitor, logins)
	for i := range visitors {
		if visitors[i] = w.visitor(t); i%2 == 1 {
			visitors[i] = w.desktop(t)
		}
	}
	var all sync.WaitGroup
	got := make([]page, logins)
	for i, v := range visitors {
		all.Go(func() {
			var err error
			if i%2 == 1 {
				got[i], err = v.tryScan("/profile", mei)
			} else {
				got[i], err = v.try(http.MethodGet, w.site+"/profile", nil, nil)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, p := range got {
		p.is(t, "everyone gets in as the same member", http.StatusOK, "profile", `<b id="number">1</b>`)
	}
	w.are(t, "50 logins at phones and desktops are one person with two open ids", 1, 2)
}

func TestABlockCountsForThePerson(t *testing.T) {
	w := worldWith(t, nil, scanning)
	phone := w.visitor(t)
	phone.allows(t, "/profile")
	w.block(t, "请先归还《茶经》") // at the account
	w.desktop(t).scans(t, "/profile", mei).is(t, "a first login at the desktop does not get around a block", http.StatusForbidden, "denied", "请先归还《茶经》")
	w.are(t, "it adds no open id", 1, 1)

	w.exec(t, `DELETE FROM blocked`)
	desktop := w.desktop(t)
	desktop.scans(t, "/profile", mei).is(t, "without the block it works", http.StatusOK, "profile", `<b id="number">1</b>`)
	w.exec(t, `INSERT INTO blocked (app_id, openid) VALUES ('`+webID+`', '`+w.OpenID(webID, mei)+`')`)
	phone.get(t, "/profile").is(t, "a block of the website's open id counts at the phone, at once", http.StatusForbidden, "denied")
	w.desktop(t).scans(t, "/profile", "jun").is(t, "it counts for nobody else", http.StatusOK, "profile", `<b id="number">2</b>`)
}

func TestARenewedProfileBringsTheUnionID(t *testing.T) {
	table := nodes(t, 1)[0]
	logIn(t, table, byPrompt("o-a", "")) // before the operator bound the account to an Open Platform account
	logIn(t, table, byScan("o-w", "u"))
	for _, u := range []*core.User{byPrompt("o-a", "u"), byPrompt("o-stranger", "u")} {
		if err := table.renewed(t.Context(), u); err != nil {
			t.Fatal(err)
		}
		if people, pairs, rows := table.tables(t); people != 1 || pairs != 2 || rows != 1 {
			t.Errorf("rule: a union id with a renewed profile joins who is known, and registers nobody; got %d people, %d pairs, %d rows", people, pairs, rows)
		}
	}
}
