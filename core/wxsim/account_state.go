package wxsim

import (
	"net/netip"
	"time"
)

// accountState is what changes of one account. Sim.mu guards it.
type accountState struct {
	minted    *accountToken // the latest of /cgi-bin/token
	stable    *accountToken // the latest of /cgi-bin/stable_token
	older     *accountToken // the stable one before, while both work
	forced    time.Time     // when force_refresh last did something
	tickets   map[string]ticket
	followers map[string]follow // by person id
	push      pushAddress
	used      usage
	ips       []netip.Prefix // nil: every address may call
	menu      []byte         // JSON, nil: none
	sent      []Sent         // customer messages, oldest first
	qrCodes   *boundedMap[qrLink]
}

// newAccountState is the state of an account that passed validation.
func newAccountState(a Account, people []Person, now time.Time) *accountState {
	b := &accountState{followers: map[string]follow{}, tickets: map[string]ticket{}, qrCodes: newBoundedMap[qrLink](maxPending),
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
