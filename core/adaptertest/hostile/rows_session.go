package hostile

import (
	"context"
	"errors"
	"strings"

	"github.com/seed467724c4/wechat/core"
)

// sessionRows are about sessions that exist before the login: planted, another
// person's, undecodable, or in a store that is down. They are also about OnLogin.
var sessionRows = []row{
	{number: 95, rule: "a session token that an attacker planted never becomes a session", run: plantedToken},
	{number: 96, rule: "a login of another person keeps nothing of the previous person's session", run: accountSwitch},
	{number: 97, rule: "a session that cannot be decoded is replaced", onlyOwn: true, run: func(s *scenario) {
		s.login(s.mei, "/engine/first")
		s.store.corrupt()
		s.do(step{target: callback, want: "LOGIN", spent: 1})
		s.store.corrupt()
		s.do(step{target: asked, want: "RESTART -> LOGIN"})
	}},
	{number: 105, rule: "if the session store is down, the visitor gets a page and is not logged out, and logins work again when it is back", onlyOwn: true, run: storeDown},
	{number: 105, rule: "a session store that panics is a session store that is down", onlyOwn: true, run: storePanics},
	{number: 106, rule: "if OnLogin fails or panics, the visitor is not logged in", run: hookFails},
}

func plantedToken(s *scenario) {
	name := "session"
	if s.store == nil {
		s.login(s.jun, "/engine/first")
		name, _, _ = strings.Cut(s.jun.pair(sessionCookie), "=")
	}
	for _, token := range []string{strings.Repeat("a", 43), "attacker-chosen-token", strings.Repeat("a", 43) + "; " + name + "=" + strings.Repeat("b", 43)} {
		delete(s.values, "C1")
		s.mei.forget(sessionCookie)
		s.mei.jar[name] = token
		s.do(step{target: callback, want: "LOGIN", spent: 1})
		if s.mei.jar[name] == token {
			s.errorf("the planted token is kept")
		}
		planted := s.visitor("mei")
		planted.jar[name] = token
		if got := s.identity(planted); got != "" {
			s.errorf("the planted token is now a session of %q", got)
		}
	}
}

func accountSwitch(s *scenario) {
	v := s.who("jun's session")
	former := s.visitor("jun")
	former.jar[strings.Split(v.pair(sessionCookie), "=")[0]] = strings.SplitN(v.pair(sessionCookie), "=", 2)[1]
	if got := s.identity(v); got != "jun" {
		s.t.Fatalf("logged in as %q, want jun", got)
	}
	token := func() string { return strings.SplitN(v.pair(sessionCookie), "=", 2)[1] }
	if s.store != nil {
		ctx, err := s.sessions.Load(context.Background(), token())
		if err != nil {
			s.t.Fatal(err)
		}
		s.sessions.Put(ctx, "basket", "jun's")
		if _, _, err := s.sessions.Commit(ctx); err != nil {
			s.t.Fatal(err)
		}
	}
	s.do(step{target: "?x=1&code={C1}&state={S1new}", want: "LOGIN", spent: 1, who: "mei"})
	if got := s.identity(former); got != "" {
		s.errorf("the former token is still a session of %q", got)
	}
	if s.store != nil {
		ctx, err := s.sessions.Load(context.Background(), token())
		if err != nil {
			s.t.Fatal(err)
		}
		if s.sessions.GetString(ctx, "basket") != "" {
			s.errorf("jun's data are in mei's session")
		}
	}
}

func storePanics(s *scenario) {
	defer s.store.setPanics(false)
	s.store.setPanics(true)
	storeDown(s)
}

func storeDown(s *scenario) {
	defer s.store.setDown(false, false)
	s.login(s.mei, "/engine/first")
	cookies := s.mei.jar.Line()
	codes := len(s.wechat.exchanged())
	s.store.setDown(true, false)
	a := s.get(s.mei, s.place(callback))
	s.store.setDown(false, false)
	s.expectUnavailable(a)
	if s.mei.jar.Line() != cookies || len(s.wechat.exchanged()) != codes {
		s.errorf("while the store cannot be read, cookies changed or a code was spent")
	}
	s.do(step{target: asked, want: "PASS"})

	v := s.visitor("mei")
	v.jar[s.value("K1name")] = strings.SplitN(s.values["K1"], "=", 2)[1]
	s.store.setDown(false, true)
	a = s.get(v, s.place(callback))
	s.store.setDown(false, false)
	s.expectUnavailable(a)
	if got := s.identity(v); got != "" || len(s.wechat.exchanged()) != codes+1 {
		s.errorf("while the store cannot be written, the browser is logged in as %q, after %d exchanges", got, len(s.wechat.exchanged())-codes)
	}
	if a = s.get(v, asked); a.outcome != outRestart {
		s.errorf("the page's link leads to %s", a.outcome)
		return
	}
	s.comeBack(step{page: asked}, v, a, outLogin)
}

func (s *scenario) expectUnavailable(a *result) {
	s.t.Helper()
	if a.outcome != "PAGE-503 unavailable" {
		s.errorf("%s, want the page: %v", a.outcome, a.Answer)
		return
	}
	s.checkPage(step{page: asked}, a)
}

func hookFails(s *scenario) {
	defer s.onLogins(nil)
	for _, hook := range []func(*core.User) error{
		func(*core.User) error { panic("a panic of OnLogin") },
		func(*core.User) error { panic(nil) },
		func(*core.User) error { return errors.New("OnLogin fails") },
		func(u *core.User) error { u.OpenID = s.sim.OpenID(s.way.appID, "jun"); return nil },
	} {
		s.onLogins(hook)
		delete(s.values, "C1")
		s.do(step{target: callback, want: "PAGE-503 unavailable", spent: 1})
	}
	s.onLogins(nil)
	s.do(step{target: asked, want: "RESTART -> LOGIN"})
}
