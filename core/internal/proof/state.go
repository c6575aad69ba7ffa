package proof

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"time"

	"github.com/seed467724c4/wechat/core/internal/vault"
	"github.com/seed467724c4/wechat/core/internal/web"
)

// A state is 39 bytes as 53 base62 digits: WeChat hands back up to 128 bytes of
// [0-9A-Za-z] (网页授权, parameter state). It needs no memory on the server.
//
//	0      version
//	1      scope asked for (high bit), website application (next bit), attempt (low bits)
//	2..5   issued at, Unix seconds
//	6      account: first byte of SHA-256 of the app id
//	7..14  nonce
//	15..22 header MAC over 0..14: ours, whoever brings it
//	23..38 full MAC over 0..22, the binding cookie, the application's app id, scheme, host
//
// The full MAC leaves path and query out: clients re-encode them and add to them.
const (
	// StateLife is how long a state is valid. A visitor who left the consent page open
	// for longer starts anew; WeChat's code lives 5 minutes, and the page before it may
	// take as long again.
	StateLife = 10 * time.Minute
	// ClockSkew is how far the clocks of two nodes may differ. A state that was issued
	// further in the future is not accepted.
	ClockSkew = 2 * time.Minute

	stateBytes    = 39
	stateVersion  = 1
	stateNonce    = 7
	stateNonceEnd = headerEnd
	headerEnd     = 15
	headerMACEnd  = 23
	promptFlag    = 0x80
	websiteFlag   = 0x40
	attemptMask   = 0x0f
)

// State is a state parameter that [Keys.Parse] has read.
type State struct {
	raw      [stateBytes]byte
	signedBy int // index of Keys.signers; only with OwnState
	Shape    Shape
	Attempt  int       // which start of this login it was made for, from 1; 0 with ForeignState
	IssuedAt time.Time // only with OwnState
	Prompt   bool      // the login asks for the profile; only with OwnState
	Website  bool      // the login is the website application's, not the account's; only with OwnState
}

// ID names a state, in a form that tells nothing of its MACs.
func (s State) ID() string { return string(s.raw[:headerEnd]) }

// Shape says whose a state is.
type Shape uint8

const (
	ForeignState Shape = iota // not 53 digits, another version or account: the app's own
	ForgedState               // our shape, but no MAC of ours: the app's own, though its attempt counts
	OwnState                  // made with our key, for whichever browser
)

// Keys sign and verify states. They are derived from the app secret, so every node has
// the same keys, and a restart changes nothing. They are safe for concurrent use.
type Keys struct {
	appID   string
	account byte
	website string   // app id of the website application; "" without one
	signers []signer // the first signs, all of them verify
	users   mac      // see UserHash
}

// signer is the two keys that come from one secret.
type signer struct{ header, full mac }

// NewKeys makes the keys of one account. The previous secrets verify states too, but new
// states are never signed with them.
func NewKeys(appID, secret string, previous ...string) (Keys, error) {
	k := Keys{appID: appID, account: sha256.Sum256([]byte(appID))[0]}
	for _, secret := range append([]string{secret}, previous...) {
		header, err := vault.Derive(appID, secret, "state header")
		if err != nil {
			return Keys{}, err
		}
		full, err := vault.Derive(appID, secret, "state")
		if err != nil {
			return Keys{}, err
		}
		k.signers = append(k.signers, signer{newMAC(header), newMAC(full)})
	}
	users, err := newUsers(appID, secret)
	if err != nil {
		return Keys{}, err
	}
	k.users = users
	return k, nil
}

// WithWebsite is keys that also make states for logins with a website application.
func (k Keys) WithWebsite(appID string) Keys {
	k.website = appID
	return k
}

// NewState makes the state for one start of a login with the account. Only the low 4
// bits of attempt are kept.
func (k *Keys) NewState(now time.Time, attempt int, prompt bool, binding string, at web.Origin) string {
	var flags byte
	if prompt {
		flags = promptFlag
	}
	return k.newState(now, attempt, flags, binding, at)
}

// NewWebsiteState makes the state for one start of a login with the website
// application, which always brings the profile.
func (k *Keys) NewWebsiteState(now time.Time, attempt int, binding string, at web.Origin) string {
	return k.newState(now, attempt, promptFlag|websiteFlag, binding, at)
}

func (k *Keys) newState(now time.Time, attempt int, flags byte, binding string, at web.Origin) string {
	var b [stateBytes]byte
	b[0] = stateVersion
	b[1] = byte(attempt)&attemptMask | flags
	binary.BigEndian.PutUint32(b[2:], uint32(now.Unix()))
	b[6] = k.account
	rand.Read(b[stateNonce:stateNonceEnd]) // never fails: crypto/rand ends the process instead
	own := &k.signers[0]
	copy(b[headerEnd:], own.headerMAC(b[:]))
	copy(b[headerMACEnd:], own.fullMAC(b[:], k.application(flags), binding, at))
	return encodeBase62(b)
}

// Parse reads a state. It reads the attempt of a forged state too: a visitor who forges
// one only sees the page about lost cookies sooner.
func (k *Keys) Parse(s string) State {
	var st State
	b, ok := decodeBase62(s)
	if !ok || b[0] != stateVersion || b[6] != k.account {
		return st
	}
	st.raw = b
	st.Shape = ForgedState
	st.Attempt = int(b[1] & attemptMask)
	for i := range k.signers {
		if hmac.Equal(b[headerEnd:headerMACEnd], k.signers[i].headerMAC(b[:])) {
			st.Shape, st.signedBy = OwnState, i
			st.IssuedAt = time.Unix(int64(binary.BigEndian.Uint32(b[2:])), 0)
			st.Prompt, st.Website = b[1]&promptFlag != 0, b[1]&websiteFlag != 0
			break
		}
	}
	return st
}

// Verify says whether this browser was given the state, on this origin and within
// [StateLife]. binding is the ID of the browser's binding cookie.
func (k *Keys) Verify(st *State, now time.Time, binding string, at web.Origin) bool {
	age := now.Sub(st.IssuedAt)
	application := k.application(st.raw[1])
	return st.Shape == OwnState && age <= StateLife && age >= -ClockSkew && application != "" &&
		hmac.Equal(st.raw[headerMACEnd:], k.signers[st.signedBy].fullMAC(st.raw[:], application, binding, at))
}

// application is the app id of the application that the flags name. A state belongs to
// one application: after a change of the website application, states made for the
// former one are not accepted, so that its codes are not spent with another secret.
func (k *Keys) application(flags byte) string {
	if flags&websiteFlag != 0 {
		return k.website
	}
	return k.appID
}

func (s *signer) headerMAC(b []byte) []byte {
	text := append(make([]byte, 0, sha256.Size), b[:headerEnd]...)
	return s.header(text)[:headerMACEnd-headerEnd]
}

// fullMAC separates its parts by NUL, which none of them holds. Scope and application
// are part of the flags, which the MAC covers too.
func (s *signer) fullMAC(b []byte, appID, binding string, at web.Origin) []byte {
	text := append(make([]byte, 0, 128), b[:headerMACEnd]...)
	for _, part := range [...]string{binding, appID, at.Scheme, at.Host} {
		text = append(append(text, part...), 0)
	}
	return s.full(text)[:stateBytes-headerMACEnd]
}
