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
//	1      scope asked for (high bit), attempt (low bits)
//	2..5   issued at, Unix seconds
//	6      account: first byte of SHA-256 of the app id
//	7..14  nonce
//	15..22 header MAC over 0..14: ours, whoever brings it
//	23..38 full MAC over 0..22, the binding cookie, app id, scheme, host, scope
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
	attemptMask   = 0x0f
)

// State is a state parameter that [Keys.Parse] has read.
type State struct {
	raw      [stateBytes]byte
	signedBy int // index of Keys.signers; only with OwnState
	Shape    Shape
	Attempt  int       // which start of this login it was made for, from 1; 0 with ForeignState
	IssuedAt time.Time // only with OwnState
	Prompt   bool      // the scope asked for is snsapi_userinfo; only with OwnState
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

// NewState makes the state for one start of a login. Only the low 4 bits of attempt are
// kept.
func (k *Keys) NewState(now time.Time, attempt int, prompt bool, binding string, at web.Origin) string {
	var b [stateBytes]byte
	b[0] = stateVersion
	b[1] = byte(attempt) & attemptMask
	if prompt {
		b[1] |= promptFlag
	}
	binary.BigEndian.PutUint32(b[2:], uint32(now.Unix()))
	b[6] = k.account
	rand.Read(b[stateNonce:stateNonceEnd]) // never fails: crypto/rand ends the process instead
	own := &k.signers[0]
	copy(b[headerEnd:], own.headerMAC(b[:]))
	copy(b[headerMACEnd:], own.fullMAC(b[:], k.appID, binding, at))
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
			st.Prompt = b[1]&promptFlag != 0
			break
		}
	}
	return st
}

// Verify says whether this browser was given the state, on this origin and within
// [StateLife]. binding is the ID of the browser's binding cookie.
func (k *Keys) Verify(st *State, now time.Time, binding string, at web.Origin) bool {
	age := now.Sub(st.IssuedAt)
	return st.Shape == OwnState && age <= StateLife && age >= -ClockSkew &&
		hmac.Equal(st.raw[headerMACEnd:], k.signers[st.signedBy].fullMAC(st.raw[:], k.appID, binding, at))
}

func (s *signer) headerMAC(b []byte) []byte {
	text := append(make([]byte, 0, sha256.Size), b[:headerEnd]...)
	return s.header(text)[:headerMACEnd-headerEnd]
}

// fullMAC separates its parts by NUL, which none of them holds. The scope is part of the
// flags, which the MAC covers too.
func (s *signer) fullMAC(b []byte, appID, binding string, at web.Origin) []byte {
	text := append(make([]byte, 0, 128), b[:headerMACEnd]...)
	for _, part := range [...]string{binding, appID, at.Scheme, at.Host} {
		text = append(append(text, part...), 0)
	}
	return s.full(text)[:stateBytes-headerMACEnd]
}
