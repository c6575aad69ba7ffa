package wxapi

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"
)

func TestALifeThatNoTokenHasIsNone(t *testing.T) {
	for rule, c := range map[string]struct {
		sent string
		want time.Duration
	}{
		"ten years are a life":          {"315360000", 315360000 * time.Second},
		"a second more is none":         {"315360001", 0},
		"nor is what no Duration holds": {"10000000000", 0},
	} {
		r := reply{fields: map[string]json.RawMessage{"expires_in": json.RawMessage(c.sent)}}
		if got := r.expiresIn(); got != c.want {
			t.Errorf("rule: %s: %s is %v", rule, c.sent, got)
		}
	}
}

func TestAPrivilegeIsCutLikeEveryOtherText(t *testing.T) {
	c := client(t, says(200, object(t, map[string]any{"openid": testOpenID, "nickname": strings.Repeat("茶", 1000), "privilege": []string{strings.Repeat("茶", 1000)}})))
	u, err := c.UserInfo(context.Background(), "ACCESS_TOKEN", testOpenID, "")
	if err != nil {
		t.Fatal(err)
	}
	for what, text := range map[string]string{"a nickname": u.Nickname, "a privilege": u.Privilege[0]} {
		if n := utf8.RuneCountInString(text); n != 256 {
			t.Errorf("rule: %s has 256 characters at most: %d", what, n)
		}
	}
}

func TestAListOfAccountsIsBounded(t *testing.T) {
	one := `{"authorizer_appid":"wx00000000000000aa","refresh_token":"refreshtoken@@@x"}`
	list := func(n int) string {
		return `{"total_count":` + `900,"list":[` + strings.TrimSuffix(strings.Repeat(one+",", n), ",") + `]}`
	}
	for rule, c := range map[string]struct {
		answer string
		bad    bool
	}{
		"500 accounts are a page":                        {list(500), false},
		"one more is none that was asked for":            {list(501), true},
		"a page of more than a MiB is not read":          {list(500) + strings.Repeat(" ", 1<<20), true},
		"a page may be larger than a reply of one login": {list(500) + strings.Repeat(" ", 128<<10), false},
	} {
		base, _ := wechatFor(t, c.answer)
		api, err := NewComponent(Config{AppID: testAppID, AppSecret: "s", APIURL: base})
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := api.Accounts(context.Background(), "t", 0); errors.Is(err, ErrReply) != c.bad {
			t.Errorf("rule: %s: %v", rule, err)
		}
		api.Close()
	}
}

func TestADialIsAllowedFourTimesASecondAndEightTimesAfterLogins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAhead(func(context.Context) (net.Conn, error) { return nil, errors.New("none") })
		defer a.close()
		allowed := func() (n int) {
			for a.allow() {
				n++
			}
			return n
		}
		if n := allowed(); n != aheadBurst {
			t.Errorf("rule: a flood of starts opens %d connections at first: %d", aheadBurst, n)
		}
		time.Sleep(time.Hour)
		if n := allowed(); n != aheadBurst {
			t.Errorf("rule: an hour without a login allows no more than %d: %d", aheadBurst, n)
		}
		for range 1000 {
			a.earn()
		}
		if n := allowed(); n != aheadMax {
			t.Errorf("rule: a thousand logins allow %d in a row, and no thousand: %d", aheadMax, n)
		}
	})
}
