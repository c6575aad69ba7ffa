package wxsim

import (
	"fmt"
	"time"
)

// codeLife is how long a code can be exchanged: five minutes (网页授权 第二步,
// "code只能使用一次，5分钟未被使用自动过期").
const codeLife = 5 * time.Minute

// grant is what a person allowed an account.
type grant struct {
	appID    string
	personID string
	openID   string
	scope    string
	snapshot bool
	origin   string // the simulator's address in the person's browser, or ""
}

type code struct {
	grant
	used bool
}

// Code mints a code as if the person had just opened the account's link with
// that scope and consented. It works once, for five minutes.
func (s *Sim) Code(appID, personID, scope string) (string, error) {
	if err := s.knows(appID, personID); err != nil {
		return "", err
	}
	if scope != scopeBase && scope != scopeUserInfo {
		return "", fmt.Errorf("wxsim: scope %q is neither %s nor %s", scope, scopeBase, scopeUserInfo)
	}
	return s.mint(appID, personID, scope, ""), nil
}

func (s *Sim) knows(appID, personID string) error {
	if _, ok := s.accounts[appID]; !ok {
		return fmt.Errorf("wxsim: no account with AppID %q", appID)
	}
	if _, ok := s.people[personID]; !ok {
		return fmt.Errorf("wxsim: no person with ID %q", personID)
	}
	return nil
}

func (s *Sim) mint(appID, personID, scope, origin string) string {
	text := randomText(32)
	now := s.now()
	g := grant{appID: appID, personID: personID, openID: openID(appID, personID), scope: scope, origin: origin}
	s.mu.Lock()
	defer s.mu.Unlock()
	if scope == scopeUserInfo && s.snapshot[personID] {
		g.snapshot = true
		g.openID = snapshotOpenID(appID, personID)
	}
	s.codes.put(now, text, &code{grant: g}, now.Add(codeLife))
	return text
}

// take uses up a code, with mu held. A code of another account stays unused. After
// five minutes a used code is as unknown as any other.
func (s *Sim) take(now time.Time, text, appID string) (grant, int) {
	c, ok := s.codes.get(now, text)
	if !ok || c.appID != appID {
		return grant{}, codeCode
	}
	if c.used {
		return grant{}, codeUsed
	}
	c.used = true
	return c.grant, 0
}
