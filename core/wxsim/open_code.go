package wxsim

import (
	"fmt"
	"time"
)

// How long a code can be exchanged: five minutes (网页授权 第二步, "code只能使用一次，
// 5分钟未被使用自动过期"), ten for a website application (网站应用微信登录, "code的超时时间为10分钟").
const (
	codeLife        = 5 * time.Minute
	websiteCodeLife = 10 * time.Minute
)

// grant is what a person allowed an account.
type grant struct {
	appID       string
	personID    string
	openID      string
	scope       string
	snapshot    bool
	component   string // the platform that logs in for the account, or ""
	miniProgram bool   // minted by wx.login, no web authorisation
	origin      string // the simulator's address in the person's browser, or ""
}

type code struct {
	grant
	used    bool
	expired bool // by a fault
	byFault bool // a fault made it useless
}

// Code mints a code as if the person had just opened the account's link with
// that scope and consented. It works once, for five minutes; for a website
// application the scope is snsapi_login and it works for ten.
func (s *Sim) Code(appID, personID, scope string) (string, error) {
	if err := s.knows(appID, personID); err != nil {
		return "", err
	}
	switch account := s.accounts[appID]; {
	case account.Website && scope != scopeLogin:
		return "", fmt.Errorf("wxsim: the scope of a website application is %s, not %q", scopeLogin, scope)
	case !account.Website && scope != scopeBase && scope != scopeUserInfo:
		return "", fmt.Errorf("wxsim: scope %q is neither %s nor %s", scope, scopeBase, scopeUserInfo)
	}
	return s.mint(appID, personID, scope), nil
}

// MiniProgramCode mints a code as a mini program's wx.login does. It works at
// PathSession; the web exchange answers 40242 to it, as WeChat does since 2023.
func (s *Sim) MiniProgramCode(appID, personID string) (string, error) {
	if err := s.knows(appID, personID); err != nil {
		return "", err
	}
	text := s.random.text(32)
	s.keepCode(text, code{grant: grant{appID: appID, personID: personID, openID: openID(appID, personID), miniProgram: true}})
	return text, nil
}

// knows returns an error that names an unknown account or person.
func (s *Sim) knows(appID, personID string) error {
	if err := s.knowsAccount(appID); err != nil {
		return err
	}
	if _, ok := s.people[personID]; !ok {
		return fmt.Errorf("wxsim: no person with ID %q", personID)
	}
	return nil
}

func (s *Sim) knowsAccount(appID string) error {
	if _, ok := s.accounts[appID]; !ok {
		return fmt.Errorf("wxsim: no account with AppID %q", appID)
	}
	return nil
}

func (s *Sim) mint(appID, personID, scope string) string {
	text := s.random.text(32)
	s.keepCode(text, code{grant: s.newGrant(s.accounts[appID], personID, scope, "", false, false)})
	return text
}

// newGrant is what a person allows. snapshot asks for the virtual account of
// the snapshot page; full is a person's way out of it.
func (s *Sim) newGrant(a Account, personID, scope, origin string, snapshot, full bool) grant {
	g := grant{appID: a.AppID, personID: personID, openID: openID(a.AppID, personID), scope: scope, origin: origin}
	s.mu.Lock()
	virtual := scope == scopeUserInfo && !full && (snapshot || s.snapshot[personID])
	s.mu.Unlock()
	if virtual {
		g.makeVirtual()
	}
	return g
}

func (g *grant) makeVirtual() {
	g.snapshot = true
	g.openID = snapshotOpenID(g.appID, g.personID)
}

// keepCode makes a code exchangeable. A text of "" is a code that a fault lost.
func (s *Sim) keepCode(text string, c code) {
	if text == "" {
		return
	}
	now, life := s.now(), codeLife
	if s.accounts[c.appID].Website {
		life = websiteCodeLife
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.codes.put(now, text, &c, now.Add(life))
}

// spendCode uses up a code of a web authorisation, with mu held. A code of
// another account, or of another way to log in, stays unused. When its time is over, a used code is as
// unknown as any other.
func (s *Sim) spendCode(now time.Time, text, appID, component string) (grant, int) {
	c, ok := s.codes.get(now, text)
	switch {
	case !ok || c.appID != appID || c.component != component || c.expired:
		return grant{}, codeCode
	case c.miniProgram:
		return grant{}, codeMiniProgram
	case c.used:
		return grant{}, codeUsed
	}
	c.used = true
	return c.grant, 0
}
