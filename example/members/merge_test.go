package main

import (
	"context"
	"database/sql"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/seed467724c4/wechat/core"
)

// noon is when the people of these tests log in.
var noon = time.Unix(1_700_000_000, 0)

// silently, byPrompt and byScan are logins of a person.
func silently(openID string) *core.User {
	return &core.User{AppID: appID, OpenID: openID, Scope: core.Silent, LoggedInAt: noon}
}

func byPrompt(openID, unionID string) *core.User {
	return &core.User{AppID: appID, OpenID: openID, UnionID: unionID, Scope: core.Prompt, Nickname: "小美", Avatar: "https://a.example/1", LoggedInAt: noon}
}

func byScan(openID, unionID string) *core.User {
	return &core.User{AppID: webID, OpenID: openID, UnionID: unionID, Scope: core.Prompt, Nickname: "小美", Avatar: "https://a.example/1", LoggedInAt: noon}
}

// nodes opens one file as n nodes of a site do.
func nodes(t *testing.T, n int) []*members {
	t.Helper()
	file, all := filepath.Join(t.TempDir(), "members.db"), make([]*members, n)
	for i := range all {
		table, err := openMembers(file, appID)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { table.Close() })
		all[i] = table
	}
	return all
}

func logIn(t *testing.T, table *members, u *core.User) int64 {
	t.Helper()
	number, err := table.loggedIn(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	return number
}

func (w *members) tables(t *testing.T) (people, pairs, rows int) {
	t.Helper()
	if err := w.db.QueryRow(`SELECT (SELECT count(*) FROM people), (SELECT count(*) FROM identities), (SELECT count(*) FROM members)`).Scan(&people, &pairs, &rows); err != nil {
		t.Fatal(err)
	}
	return people, pairs, rows
}

func TestWhoIsOnePerson(t *testing.T) {
	type logins []*core.User
	for rule, c := range map[string]struct {
		logins logins
		people int
		last   int64
	}{
		"a second login is no second person":                              {logins{silently("o-a"), silently("o-a")}, 1, 1},
		"two open ids with one union id are one person":                   {logins{byPrompt("o-a", "u"), byScan("o-w", "u")}, 1, 1},
		"so they are in the other order":                                  {logins{byScan("o-w", "u"), byPrompt("o-a", "u")}, 1, 1},
		"two union ids are two people":                                    {logins{byPrompt("o-a", "u"), byScan("o-w", "v")}, 2, 2},
		"a union id that arrives late is kept":                            {logins{silently("o-a"), byPrompt("o-a", "u"), byScan("o-w", "u")}, 1, 1},
		"a silent login later keeps it":                                   {logins{byPrompt("o-a", "u"), silently("o-a"), byScan("o-w", "u")}, 1, 1},
		"the older person stays, also when the newer has the union id":    {logins{silently("o-a"), byScan("o-w", "u"), byPrompt("o-a", "u")}, 1, 1},
		"the older person stays when she has the union id":                {logins{byScan("o-w", "u"), silently("o-a"), byPrompt("o-a", "u")}, 1, 1},
		"without a union id nobody is joined, whatever the profiles say":  {logins{byPrompt("o-a", ""), byScan("o-w", ""), byPrompt("o-b", "")}, 3, 3},
		"without a union id a pair does not join who has one":             {logins{byPrompt("o-a", "u"), byScan("o-w", "")}, 2, 2},
		"one open id at two applications is two pairs":                    {logins{silently("o-a"), byScan("o-a", "")}, 2, 2},
		"after another Open Platform account the latest union id counts":  {logins{byPrompt("o-a", "u"), byPrompt("o-a", "v"), byScan("o-w", "v")}, 1, 1},
		"it also joins two who had different ones":                        {logins{byPrompt("o-a", "u"), byScan("o-w", "v"), byPrompt("o-a", "v"), byScan("o-w", "v")}, 1, 1},
		"the union id of before is then free, and brings back the pair's": {logins{byPrompt("o-a", "u"), byPrompt("o-a", "v"), byScan("o-w", "u")}, 2, 2},
	} {
		table := nodes(t, 1)[0]
		var last int64
		for _, u := range c.logins {
			last = logIn(t, table, u)
		}
		if people, _, rows := table.tables(t); people != c.people || rows != c.people || last != c.last {
			t.Errorf("rule: %s; got %d people and %d rows, the last login is person %d; want %d and %d", rule, people, rows, last, c.people, c.last)
		}
	}
}

func TestLoginsAtOnceOnTwoNodesMakeOnePerson(t *testing.T) {
	for rule, login := range map[string]func(i int) *core.User{
		"first logins of one pair": func(int) *core.User { return silently("o-a") },
		"first logins of two pairs with one union id": func(i int) *core.User {
			return [...]*core.User{byPrompt("o-a", "u"), byScan("o-w", "u")}[i%2]
		},
		"silent ones among them, which merge or come after": func(i int) *core.User {
			return [...]*core.User{silently("o-a"), byScan("o-w", "u"), byPrompt("o-a", "u")}[i%3]
		},
	} {
		t.Run(rule, func(t *testing.T) {
			both := nodes(t, 2)
			var all sync.WaitGroup
			for i := range 50 {
				all.Go(func() {
					if n, err := both[i/25].loggedIn(t.Context(), login(i)); err != nil || n == 0 {
						t.Errorf("rule: a login does not fail because of another one; got %d, %v", n, err)
					}
				})
			}
			all.Wait()
			if people, pairs, rows := both[0].tables(t); people != 1 || rows != 1 || pairs > 2 {
				t.Errorf("rule: %s are one person; got %d people, %d pairs, %d rows", rule, people, pairs, rows)
			}
		})
	}
}

func TestAMergeLosesNothing(t *testing.T) {
	const known = "nickname, avatar, profile_at, follows, news_at, followed_at, followed_by, qr_scene, scanned, met, created_at, last_login"
	for rule, c := range map[string]struct{ older, newer, want string }{
		"what WeChat told of a follower comes from the row that has it": {
			`'', '', 0, 0, 0, 0, '', '', '', 'login', 10, 30`,
			`'', '', 0, 1, 50, 50, 'X', 'fair', 'table 7', 'follow', 20, 0`,
			`'', '', 0, 1, 50, 50, 'X', 'fair', 'table 7', 'login', 10, 30`},
		"who left last does not follow": {
			`'', '', 0, 1, 50, 50, 'X', 'fair', '', 'follow', 10, 30`,
			`'', '', 0, 0, 60, 0, '', '', '', 'login', 20, 40`,
			`'', '', 0, 0, 60, 0, '', '', '', 'follow', 10, 40`},
		"of two who follow since an unknown time one row counts as a whole": {
			`'', '', 0, 0, 0, 0, '', '', '', 'login', 10, 30`,
			`'', '', 0, 1, 0, 0, 'X', 'fair', '', 'login', 20, 40`,
			`'', '', 0, 1, 0, 0, 'X', 'fair', '', 'login', 10, 40`},
		"the later profile counts, whole": {
			`'old', 'a', 5, 0, 0, 0, '', '', '', 'login', 10, 30`,
			`'new', 'b', 6, 0, 0, 0, '', '', '', 'login', 20, 40`,
			`'new', 'b', 6, 0, 0, 0, '', '', '', 'login', 10, 40`},
		"the older person's, where it is the later one": {
			`'old', 'a', 7, 0, 0, 0, '', '', 'mine', 'login', 10, 50`,
			`'new', 'b', 6, 0, 0, 0, '', '', 'hers', 'login', 20, 40`,
			`'old', 'a', 7, 0, 0, 0, '', '', 'mine', 'login', 10, 50`},
		"a placeholder does not take a known name's place": {
			`'小美', 'a', 5, 0, 0, 0, '', '', '', 'login', 10, 30`,
			`'微信用户', 'grey', 6, 0, 0, 0, '', '', '', 'login', 20, 40`,
			`'小美', 'a', 6, 0, 0, 0, '', '', '', 'login', 10, 40`},
		"no profile does not take a known one's place": {
			`'小美', 'a', 0, 0, 0, 0, '', '', '', 'login', 10, 30`,
			`'', '', 0, 0, 0, 0, '', '', '', 'login', 20, 40`,
			`'小美', 'a', 0, 0, 0, 0, '', '', '', 'login', 10, 40`},
		"where the older person has no row, the newer one's is kept": {
			``, `'小美', 'a', 5, 1, 50, 50, 'X', 'fair', 't', 'follow', 20, 40`,
			`'小美', 'a', 5, 1, 50, 50, 'X', 'fair', 't', 'follow', 20, 40`},
		"where the newer person has none, the older one's is kept": {
			`'小美', 'a', 5, 1, 50, 50, 'X', 'fair', 't', 'follow', 20, 40`, ``,
			`'小美', 'a', 5, 1, 50, 50, 'X', 'fair', 't', 'follow', 20, 40`},
	} {
		table := nodes(t, 1)[0]
		logIn(t, table, silently("o-a"))
		logIn(t, table, byScan("o-w", "u"))
		statements := `DELETE FROM members;`
		for number, row := range []string{c.older, c.newer} {
			if row != "" {
				statements += `INSERT INTO members (number, ` + known + `) VALUES (` + string(rune('1'+number)) + `, ` + row + `);`
			}
		}
		if _, err := table.db.Exec(statements); err != nil {
			t.Fatal(err)
		}
		if err := table.write(t.Context(), func(tx *sql.Tx) error {
			_, err := personFor(t.Context(), tx, appID, "o-a", "u")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		var same int
		if err := table.db.QueryRow(`SELECT count(*) FROM members WHERE number = 1 AND (` + known + `) = (` + c.want + `)`).Scan(&same); err != nil {
			t.Fatal(err)
		}
		if people, pairs, rows := table.tables(t); same != 1 || people != 1 || pairs != 2 || rows != 1 {
			m, _ := table.find(t.Context(), "o-a")
			t.Errorf("rule: %s; got %+v; %d people, %d pairs, %d rows", rule, m, people, pairs, rows)
		}
	}
}

func TestAMergeThatFailsChangesNothing(t *testing.T) {
	table := nodes(t, 1)[0]
	logIn(t, table, byScan("o-w", "u"))
	logIn(t, table, silently("o-a"))
	if _, err := table.db.Exec(`
		CREATE TABLE orders (id INTEGER PRIMARY KEY, person_id INTEGER NOT NULL REFERENCES people (id));
		INSERT INTO orders (person_id) VALUES (2)`); err != nil {
		t.Fatal(err)
	}
	if _, err := table.loggedIn(t.Context(), byPrompt("o-a", "u")); err == nil {
		t.Error("rule: a merge that forgets a table of the app fails")
	}
	if m, err := table.find(t.Context(), "o-a"); err != nil || m == nil || m.Number != 2 || m.Nickname != "" {
		t.Errorf("rule: then nothing has changed; got %+v, %v", m, err)
	}
	if people, pairs, rows := table.tables(t); people != 2 || pairs != 2 || rows != 2 {
		t.Errorf("rule: then nothing has changed; got %d people, %d pairs, %d rows", people, pairs, rows)
	}
	if _, err := table.db.Exec(`DELETE FROM orders`); err != nil {
		t.Fatal(err)
	}
	if n := logIn(t, table, byPrompt("o-a", "u")); n != 1 {
		t.Errorf("rule: a later login merges; got person %d", n)
	}
}

func TestOpenIDFor(t *testing.T) {
	table := nodes(t, 1)[0]
	logIn(t, table, byScan("o-w", "u"))
	logIn(t, table, byScan("o-other", "v"))
	logIn(t, table, silently("o-a"))
	a := &app{members: table}
	check := func(rule, openID, want string) {
		t.Helper()
		if got, err := a.openIDFor(t.Context(), byScan(openID, "")); got != want || err != nil {
			t.Errorf("rule: %s; got %q, %v, want %q", rule, got, err, want)
		}
	}
	check("who was not joined has none at the account", "o-w", "")
	logIn(t, table, byPrompt("o-a", "u"))
	check("who was joined has that of the account, not the website's own", "o-w", "o-a")
	check("somebody else does not have it", "o-other", "")
	check("a stranger has none", "o-nobody", "")
	gone, leave := context.WithCancel(t.Context())
	leave()
	if got, err := a.openIDFor(gone, byScan("o-w", "")); err == nil || got != "" {
		t.Errorf("rule: a database that does not answer is an error, not an unknown person; got %q, %v", got, err)
	}
}
