package main

import "testing"

func TestAMigrationKeepsPeopleWhoTheyAre(t *testing.T) {
	table := nodes(t, 1)[0]
	logIn(t, table, byPrompt("o-a", "u"))
	logIn(t, table, silently("o-b"))
	if _, err := table.db.Exec(`INSERT INTO blocked VALUES (?, 'o-a', 'why'), (?, 'o-never', 'why')`, appID, appID); err != nil {
		t.Fatal(err)
	}
	const present = "wxfeedfeedfeedfeed"
	table.appID = present // the site runs with the present account from here on
	early := silently("n-b")
	early.AppID = present
	if n := logIn(t, table, early); n != 3 {
		t.Fatalf("rule: who logs in before the function ran is not known; got person %d", n)
	}
	for _, rule := range []string{"a migration adds the present pairs", "a second run changes nothing"} {
		if err := table.migrated(t.Context(), appID, map[string]string{"o-a": "n-a", "o-b": "n-b", "o-never": "n-never", "o-stranger": "n-stranger"}); err != nil {
			t.Fatal(err)
		}
		if people, pairs, rows := table.tables(t); people != 2 || pairs != 4 || rows != 2 {
			t.Errorf("rule: %s; got %d people, %d pairs, %d rows", rule, people, pairs, rows)
		}
	}
	for openID, want := range map[string]int64{"n-a": 1, "n-b": 2} {
		u := silently(openID)
		u.AppID = present
		if n := logIn(t, table, u); n != want {
			t.Errorf("rule: %s is found at the present account as person %d; got %d", openID, want, n)
		}
	}
	if m, err := table.findBy(t.Context(), appID, "o-a"); err != nil || m == nil || m.Number != 1 || m.OpenID != "n-a" || m.UnionID != "u" {
		t.Errorf("rule: the former pair stays, and the account's open id is the present one; got %+v, %v", m, err)
	}
	for openID, want := range map[string]bool{"n-a": true, "n-never": true, "n-b": false} {
		u := silently(openID)
		u.AppID = present
		if _, blocked, err := table.blocked(t.Context(), u); blocked != want || err != nil {
			t.Errorf("rule: a block moves along, also of somebody who was never registered; %s got %v, %v", openID, blocked, err)
		}
	}
}
