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
	// ClockSkew is how far the clocks of two nodes may differ before a state counts as
	// IssuedAt in the future.
	ClockSkew = 2 * time.Minute

	stateBytes   = 39
	stateVersion = 1
	headerEnd    = 15
	headerMACEnd = 23
	promptFlag   = 0x80
	attemptMask  = 0x0f
)

type State struct {
	raw      [stateBytes]byte
	Shape    Shape
	Attempt  int
	IssuedAt time.Time
	Prompt   bool
}

// Shape says whose a state is.
type Shape uint8

const (
	ForeignState Shape = iota // not 53 digits, another version or account: the app's own
	ForgedState               // our shape, but no MAC of ours: the app's own, though its attempt counts
	OwnState                  // made with our key, for whichever browser
)

// Keys sign states. They come from the app secret, so that every node has the
// same and a restart changes nothing.
type Keys struct {
	appID   string
	account byte
	header  mac
	full    mac
}

func NewKeys(appID, secret string) (Keys, error) {
	k := Keys{appID: appID, account: sha256.Sum256([]byte(appID))[0]}
	header, err := vault.Derive(appID, secret, "state header")
	if err != nil {
		return Keys{}, err
	}
	full, err := vault.Derive(appID, secret, "state")
	k.header, k.full = newMAC(header), newMAC(full)
	return k, err
}

// NewState makes the state of one start of a login.
func (k *Keys) NewState(now time.Time, attempt int, prompt bool, binding string, at web.Origin) string {
	var b [stateBytes]byte
	b[0] = stateVersion
	b[1] = byte(attempt) & attemptMask
	if prompt {
		b[1] |= promptFlag
	}
	binary.BigEndian.PutUint32(b[2:], uint32(now.Unix()))
	b[6] = k.account
	rand.Read(b[7:headerEnd]) // never fails: crypto/rand ends the process instead
	copy(b[headerEnd:], k.headerMAC(b[:]))
	copy(b[headerMACEnd:], k.fullMAC(b[:], binding, at))
	return encodeBase62(b)
}

// Parse takes a state apart. The attempt of a forged one counts too: trusting it
// only shows the page about lost cookies sooner.
func (k *Keys) Parse(s string) State {
	var st State
	b, ok := decodeBase62(s)
	if !ok || b[0] != stateVersion || b[6] != k.account {
		return st
	}
	st.raw = b
	st.Shape = ForgedState
	st.Attempt = int(b[1] & attemptMask)
	if !hmac.Equal(b[headerEnd:headerMACEnd], k.headerMAC(b[:])) {
		return st
	}
	st.Shape = OwnState
	st.IssuedAt = time.Unix(int64(binary.BigEndian.Uint32(b[2:])), 0)
	st.Prompt = b[1]&promptFlag != 0
	return st
}

// Verify says whether this browser was given the state, here and lately enough.
func (k *Keys) Verify(st *State, now time.Time, binding string, at web.Origin) bool {
	age := now.Sub(st.IssuedAt)
	return st.Shape == OwnState && age <= StateLife && age >= -ClockSkew &&
		hmac.Equal(st.raw[headerMACEnd:], k.fullMAC(st.raw[:], binding, at))
}

func (k *Keys) headerMAC(b []byte) []byte {
	text := append(make([]byte, 0, sha256.Size), b[:headerEnd]...)
	return k.header.sum(text)[:headerMACEnd-headerEnd]
}

// fullMAC separates its parts by NUL, which none of them holds. The scope is in
// the flags, which are covered too.
func (k *Keys) fullMAC(b []byte, binding string, at web.Origin) []byte {
	text := append(make([]byte, 0, 128), b[:headerMACEnd]...)
	for _, part := range [...]string{binding, k.appID, at.Scheme, at.Host} {
		text = append(append(text, part...), 0)
	}
	return k.full.sum(text)[:stateBytes-headerMACEnd]
}
