package wxsim

import (
	"crypto/subtle"
	"errors"
	"net/netip"
	"time"
)

// accountState is what changes of one account. Sim.mu guards it.
type accountState struct {
	secret     string
	minted     *accountToken // the latest of /cgi-bin/token
	stable     *accountToken // the latest of /cgi-bin/stable_token
	older      *accountToken // the stable one before, while both work
	forced     time.Time     // when force_refresh last did something
	tickets    map[string]ticket
	followers  map[string]follow // by person id
	push       pushAddress
	used       usage
	ips        []netip.Prefix           // nil: every address may call
	menu       []byte                   // JSON, nil: none
	buttons    []menuButton             // the menu, read
	sent       []Sent                   // customer messages, oldest first
	chats      map[string][]ChatMessage // by person id, oldest first
	allowances map[string]allowance     // by person id
	domains    []string                 // at least one
	appURL     string                   // where the application was seen last
	qrCodes    *boundedMap[qrLink]
}

// SetSecret resets an account's AppSecret, as its operator does in WeChat's console
// (开发接口管理, 重置): from then on the old one answers 40125. The error names an unknown
// account or an empty secret.
func (s *Sim) SetSecret(appID, secret string) error {
	if err := s.knowsAccount(appID); err != nil {
		return err
	}
	if secret == "" {
		return errors.New("wxsim: the secret is empty")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.states[appID].secret = secret
	s.hider.Store(s.newHider())
	return nil
}

// isSecret compares without telling by its time how much fits.
func (s *Sim) isSecret(appID, secret string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return subtle.ConstantTimeCompare([]byte(secret), []byte(s.states[appID].secret)) == 1
}

// newAccountState is the state of an account that passed validation.
func newAccountState(a Account, people []Person, now time.Time) *accountState {
	b := &accountState{secret: a.Secret, followers: map[string]follow{}, chats: map[string][]ChatMessage{}, allowances: map[string]allowance{}, domains: a.domains(),
		tickets: map[string]ticket{}, qrCodes: newBoundedMap[qrLink](maxPending),
		used: usage{today: map[string]int{}, thisMinute: map[string]int{}}}
	b.push, _ = newPushAddress(a.PushURL, a.PushToken, a.EncodingAESKey)
	b.ips, _ = parseIPs(a.IPs)
	if a.Website {
		return b
	}
	for _, p := range people {
		if p.Follows {
			b.followers[p.ID] = follow{since: now, scene: sceneSearch}
		}
	}
	return b
}
