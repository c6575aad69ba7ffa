package main

import (
	"path/filepath"
	"sync"
	"testing"
)

// before is a file from before there were people and identities.
const before = `
	CREATE TABLE members (
		number INTEGER PRIMARY KEY, app_id TEXT NOT NULL, openid TEXT NOT NULL, union_id TEXT NOT NULL DEFAULT '',
		nickname TEXT NOT NULL DEFAULT '', avatar TEXT NOT NULL DEFAULT '', profile_at INTEGER NOT NULL DEFAULT 0,
		follows INTEGER NOT NULL DEFAULT 0, news_at INTEGER NOT NULL DEFAULT 0, followed_at INTEGER NOT NULL DEFAULT 0,
		followed_by TEXT NOT NULL DEFAULT '', qr_scene TEXT NOT NULL DEFAULT '', scanned TEXT NOT NULL DEFAULT '',
		met TEXT NOT NULL, created_at INTEGER NOT NULL, last_login INTEGER NOT NULL DEFAULT 0,
		UNIQUE (app_id, openid)
	) STRICT;
	INSERT INTO members VALUES
		(1, 'wx0123456789abcdef', 'o-a', '', '', '', 0, 0, 0, 0, '', '', '', 'login', 10, 20),
		(2, 'wx0123456789abcdef', 'o-b', 'u', '小美', 'a', 5, 1, 50, 50, 'X', 'fair', 't', 'follow', 20, 40),
		(7, 'wx00000000000000ff', 'o-c', 'u', '', '', 0, 0, 0, 0, '', '', '', 'login', 30, 0);`

func TestAFileFromBeforeIsBroughtUpToDate(t *testing.T) {
	file := filepath.Join(t.TempDir(), "members.db")
	table, err := openMembers(file, appID)
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	if _, err := table.db.Exec(`DROP TABLE members; DROP TABLE identities; DROP TABLE people;` + before); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			node, err := openMembers(file, appID)
			if err != nil {
				t.Errorf("rule: nodes that start at once share the work; got %v", err)
				return
			}
			node.Close()
		})
	}
	all.Wait()
	if people, pairs, rows := table.tables(t); people != 3 || pairs != 3 || rows != 3 {
		t.Fatalf("rule: each member becomes a person with a pair; got %d people, %d pairs, %d rows", people, pairs, rows)
	}
	m, err := table.find(t.Context(), "o-b")
	if err != nil || m == nil || m.Number != 2 || m.UnionID != "u" || m.Nickname != "小美" || m.Avatar != "a" || m.ProfileAt.Unix() != 5 || !m.Follows ||
		m.FollowedAt.Unix() != 50 || m.FollowedBy != "X" || m.QRScene != "fair" || m.Scanned != "t" || m.Met != "follow" || m.Created.Unix() != 20 || m.LastSeen.Unix() != 40 {
		t.Errorf("rule: number and everything else stay; got %+v, %v", m, err)
	}
	if n := logIn(t, table, silently("o-new")); n != 8 {
		t.Errorf("rule: a new person comes after the last one; got person %d", n)
	}
	other := silently("o-c")
	other.AppID, other.UnionID = "wx00000000000000ff", "u"
	if n := logIn(t, table, other); n != 2 {
		t.Errorf("rule: who shared a union id is merged at a login; got person %d", n)
	}
}
