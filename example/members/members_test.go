package main

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/seed467724c4/wechat/core/wxsim"
)

func TestWhoFollowsAndIsNotKnownIsRegisteredAndLoggedIn(t *testing.T) {
	w := newWorld(t, nil)
	if err := w.SetFollowing(appID, mei, true); err != nil { // long before this site was there
		t.Fatal(err)
	}
	v := w.visitor(t)
	v.get(t, "/members").is(t, "a follower gets in at once, registered", http.StatusOK, "members",
		`<b id="number">1</b>`, `id="met">打开了本站`, `id="found">在微信里搜索`, `id="follows"`)
	if m := w.member(t); m == nil || !m.Follows || m.UnionID != w.UnionID(mei) || m.FollowedAt.IsZero() || m.LastSeen.IsZero() || m.Nickname != "" {
		t.Errorf("rule: the row says that she follows and since when, has her union id, and no nickname that she did not give; got %+v", m)
	}
	w.asked(t, "one silent login, one account token; the door asks and the page catches up", calls{logins: 1, tokens: 1, followers: 2})
	v.get(t, "/members").is(t, "it stays so", http.StatusOK, "members")
	w.asked(t, "a second page asks WeChat nothing", calls{})
}

func TestWhoFollowsAndIsKnownIsLoggedIn(t *testing.T) {
	w := newWorld(t, nil)
	w.follows(t)
	w.visitor(t).get(t, "/members").is(t, "she gets in", http.StatusOK, "members")
	first := w.member(t)
	w.ResetCalls()

	v := w.visitor(t) // another phone
	v.get(t, "/members").is(t, "who is known gets in as who she is", http.StatusOK, "members", `<b id="number">1</b>`)
	w.asked(t, "a further login costs one exchange and no more", calls{logins: 1})
	if again := w.member(t); w.rows(t) != 1 || again.UnionID != w.UnionID(mei) || again.Number != first.Number || !again.Created.Equal(first.Created) || again.LastSeen.Before(first.LastSeen) {
		t.Errorf("rule: a known person keeps her row; got %+v after %+v", again, first)
	}
	v.get(t, "/").is(t, "the front page knows her number without the table", http.StatusOK, "home", `<b id="number">1</b>`)
}

func TestWhoDoesNotFollowIsAskedTo(t *testing.T) {
	w := newWorld(t, nil)
	v := w.visitor(t)
	p := v.get(t, "/members")
	p.is(t, "who does not follow reads whom to follow, with its code", http.StatusForbidden, "follow",
		"小镇读书会", "data:image/png;base64,", `id="retry"`, `id="follow" href="`+w.wechat)
	p.lacks(t, "who does not follow sees nothing of the page", `id="number"`)
	if m := w.member(t); m == nil || m.Follows || m.UnionID != "" {
		t.Errorf("rule: she is logged in and known as one who does not follow; got %+v", m)
	}
	w.asked(t, "one login, one look", calls{logins: 1, tokens: 1, followers: 1})

	w.follows(t)
	w.asked(t, "the message costs one call, for the union id", calls{followers: 1})
	v.get(t, "/members").is(t, "the page opens on the very next request", http.StatusOK, "members", `<b id="number">1</b>`,
		`id="met">打开了本站`)
	w.asked(t, "without a new login, and without asking who follows", calls{})
	if m := w.member(t); m.UnionID != w.UnionID(mei) || !m.Follows {
		t.Errorf("rule: a union id that arrives late is filled in; got %+v", m)
	}
}

func TestWhoFollowsIsRegisteredBeforeAnyVisit(t *testing.T) {
	w := newWorld(t, nil)
	if err := w.Scan(t.Context(), appID, mei, "spring fair"); err != nil {
		t.Fatal(err)
	}
	w.log.await(t, "msg=follows", 1)
	m := w.member(t)
	if m == nil || !m.Follows || m.UnionID != w.UnionID(mei) || m.QRScene != "spring fair" || m.Met != "follow" || !m.LastSeen.IsZero() {
		t.Fatalf("rule: a follower is registered at that moment, with her union id and how she was found; got %+v", m)
	}
	w.asked(t, "registering costs one call and one token", calls{tokens: 1, followers: 1})
	w.visitor(t).get(t, "/members").is(t, "her first visit finds her a member", http.StatusOK, "members",
		`<b id="number">1</b>`, `id="met">关注了公众号`, `id="found">扫描二维码：<bdi>spring fair</bdi>`)
	w.asked(t, "the first visit costs the login alone", calls{logins: 1})
	if w.rows(t) != 1 {
		t.Errorf("rule: she has one row; got %d", w.rows(t))
	}
}

func TestAFollowerWhomWeChatCannotDescribeIsRegistered(t *testing.T) {
	w := newWorld(t, nil)
	w.Fail(wxsim.PathFollower, wxsim.Fault{Code: 50001})
	w.follows(t)
	if m := w.member(t); m == nil || !m.Follows || m.UnionID != "" || m.FollowedBy != "" {
		t.Fatalf("rule: the message alone registers her; got %+v", m)
	}
	v := w.visitor(t)
	v.get(t, "/members").is(t, "a page does without what WeChat does not tell", http.StatusOK, "members", `<b id="number">1</b>`)
	w.Clear(wxsim.PathFollower)
	v.get(t, "/members").is(t, "a later visit catches up", http.StatusOK, "members", `id="found">在微信里搜索`)
	if m := w.member(t); m.UnionID != w.UnionID(mei) {
		t.Errorf("rule: a later visit fills in the union id; got %+v", m)
	}
}

func TestWhoLeavesIsShutOutAndForgotten(t *testing.T) {
	w := newWorld(t, nil)
	v := w.visitor(t)
	v.allows(t, "/profile")
	w.follows(t)
	v.get(t, "/members").is(t, "a member has a name", http.StatusOK, "members", "小美🌸", `id="avatar"`)

	w.leaves(t)
	v.get(t, "/members").is(t, "the page is shut on the very next request", http.StatusForbidden, "follow")
	m := w.member(t)
	if m == nil || m.Number != 1 || m.Follows || m.Nickname != "" || m.Avatar != "" || !m.ProfileAt.IsZero() || m.QRScene != "" {
		t.Errorf("rule: nickname, avatar and the rest are gone, the number stays; got %+v", m)
	}
	p := v.get(t, "/profile")
	p.is(t, "her own page has neither, though her session may", http.StatusOK, "profile", `id="removed"`)
	p.lacks(t, "what was removed is not shown", "小美", `id="avatar"`)

	w.follows(t)
	v.get(t, "/members").is(t, "who comes back is the member she was", http.StatusOK, "members", `<b id="number">1</b>`)
	v.post(t, "/profile/refresh").is(t, "her refresh token is gone, too", http.StatusOK, "profile", `data-renewal="refused"`)
	v.post(t, "/logout")
	v.allows(t, "/profile").is(t, "her name comes back when she allows it anew", http.StatusOK, "profile", "小美🌸")
}

func TestScansAreNoted(t *testing.T) {
	for rule, known := range map[string]bool{
		"a member's scan is noted":                                        true,
		"who followed before this site was there is registered by a scan": false,
	} {
		t.Run(rule, func(t *testing.T) {
			w := newWorld(t, nil)
			if known {
				w.follows(t)
			} else if err := w.SetFollowing(appID, mei, true); err != nil {
				t.Fatal(err)
			}
			if err := w.Scan(t.Context(), appID, mei, "table 7"); err != nil {
				t.Fatal(err)
			}
			w.log.await(t, "msg=scanned", 1)
			if m := w.member(t); m == nil || !m.Follows || m.Scanned != "table 7" || m.QRScene != "" {
				t.Errorf("rule: %s; got %+v", rule, m)
			}
			w.visitor(t).get(t, "/members").is(t, rule, http.StatusOK, "members", `id="scanned"><bdi>table 7</bdi>`)
		})
	}
}

func TestFirstLoginsAtOnceMakeOneMember(t *testing.T) {
	w := newWorld(t, nil)
	if err := w.SetFollowing(appID, mei, true); err != nil {
		t.Fatal(err)
	}
	const phones = 8
	var all sync.WaitGroup
	got := make([]page, phones)
	for i := range phones {
		v := w.visitor(t)
		all.Go(func() {
			var err error
			if got[i], err = v.try(http.MethodGet, w.site+"/members", nil, nil); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, p := range got {
		p.is(t, "everyone gets in as the same member", http.StatusOK, "members", `<b id="number">1</b>`)
	}
	if n := w.rows(t); n != 1 {
		t.Errorf("rule: one person has one row; got %d", n)
	}
}

func TestWhileTheDatabaseIsDownNobodyIsLoggedIn(t *testing.T) {
	w := newWorld(t, nil)
	w.follows(t)
	member := w.visitor(t)
	member.get(t, "/members").is(t, "a member gets in", http.StatusOK, "members")

	w.exec(t, `ALTER TABLE members RENAME TO elsewhere`)
	v := w.visitor(t)
	v.get(t, "/members").is(t, "without a database nobody is logged in", http.StatusServiceUnavailable, "unavailable")
	v.get(t, "/").lacks(t, "who was not logged in is nobody", `id="number"`)
	member.get(t, "/members").is(t, "who has a session waits, too", http.StatusServiceUnavailable, "unavailable")
	v.get(t, "/").is(t, "what needs no member goes on", http.StatusOK, "home")

	w.exec(t, `ALTER TABLE elsewhere RENAME TO members`)
	v.get(t, "/members").is(t, "it works again without a restart", http.StatusOK, "members", `<b id="number">1</b>`)
	member.get(t, "/members").is(t, "sessions outlive it", http.StatusOK, "members")
}

func TestAFollowThatTheDatabaseRefusesIsMadeUpForByTheLogin(t *testing.T) {
	w := newWorld(t, nil)
	w.exec(t, `ALTER TABLE members RENAME TO elsewhere`)
	if err := w.Follow(t.Context(), appID, mei); err != nil {
		t.Fatal(err)
	}
	w.log.await(t, "a hook failed", 1)
	w.exec(t, `ALTER TABLE elsewhere RENAME TO members`)
	w.visitor(t).get(t, "/members").is(t, "she is registered by her login", http.StatusOK, "members", `id="follows"`, `id="found"`)
	if m := w.member(t); !m.Follows || m.UnionID != w.UnionID(mei) {
		t.Errorf("rule: nothing of her is missing then; got %+v", m)
	}
}

func TestAMessageThatIsSentThreeTimesRegistersOnce(t *testing.T) {
	var mu sync.Mutex
	deliveries := 0
	w := newWorld(t, func(site http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost && r.URL.Path == pushPath {
				mu.Lock()
				deliveries++
				lost := deliveries < 3
				mu.Unlock()
				if lost { // the site gets it, WeChat does not get the answer
					site.ServeHTTP(discarded{}, r)
					rw.WriteHeader(http.StatusBadGateway)
					return
				}
			}
			site.ServeHTTP(rw, r)
		})
	})
	w.follows(t)
	mu.Lock()
	defer mu.Unlock()
	if deliveries != 3 {
		t.Fatalf("the simulator sent it %d times, not 3", deliveries)
	}
	if err := w.app.Close(); err != nil { // waits for everything that was set off
		t.Fatal(err)
	}
	if n, rows := w.log.count("msg=follows"), w.rows(t); n != 1 || rows != 1 {
		t.Errorf("rule: what is sent three times registers once; got %d times, %d rows", n, rows)
	}
	w.asked(t, "and asks once", calls{tokens: 1, followers: 1})
}

// discarded takes an answer that nobody gets.
type discarded struct{}

func (discarded) Header() http.Header         { return http.Header{} }
func (discarded) Write(p []byte) (int, error) { return len(p), nil }
func (discarded) WriteHeader(int)             {}

func TestAForgedMessageRegistersNobody(t *testing.T) {
	w := newWorld(t, nil)
	body := `<xml><FromUserName>` + w.OpenID(appID, mei) + `</FromUserName><CreateTime>1700000000</CreateTime><MsgType>event</MsgType><Event>subscribe</Event></xml>`
	answer, err := http.Post(w.site+pushPath+"?signature=0&timestamp=1700000000&nonce=1", "text/xml", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusForbidden || w.rows(t) != 0 {
		t.Errorf("rule: what WeChat did not sign is refused; got %d and %d rows", answer.StatusCode, w.rows(t))
	}
}
