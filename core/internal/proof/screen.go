package proof

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"time"

	"github.com/seed467724c4/wechat/core/internal/vault"
	"github.com/seed467724c4/wechat/core/internal/web"
)

// A screen id is what a QR code on a screen carries to a phone: 39 bytes as 53 base62
// digits, like a state, and of another version, so that an id is never a state and a
// state is never an id. It needs no memory on the server.
//
//	0      version
//	1      scope asked for (high bit), browser family, system family
//	2..5   shown since, Unix seconds
//	6      account: first byte of SHA-256 of the app id
//	7..14  nonce: MAC over binding cookie, scheme, host and the time above
//	15..22 header MAC over 0..14, scheme, host: an id of one site is nothing on another
//	23..38 full MAC over 0..22, the binding cookie, app id, scheme, host
//
// Everybody may know an id. Only the browser with the binding cookie can redeem it.
const (
	screenVersion = 2
	browserShift  = 4
	familyMask    = 0x07
)

// ScreenKeys sign and verify what a screen and a phone show the server. They are derived
// from the app secret, as [Keys] are, and are safe for concurrent use.
type ScreenKeys struct {
	appID   string
	account byte
	signers []screenSigner // the first signs, all of them verify
}

// screenSigner holds the keys that come from one secret, one for each purpose.
type screenSigner struct{ nonce, header, full, consent, device mac }

// NewScreenKeys makes the keys of one account. The previous secrets verify ids and
// consents too, which live for minutes. They never verify a device, which lives for
// months.
func NewScreenKeys(appID, secret string, previous ...string) (ScreenKeys, error) {
	k := ScreenKeys{appID: appID, account: sha256.Sum256([]byte(appID))[0]}
	for _, secret := range append([]string{secret}, previous...) {
		var s screenSigner
		for purpose, m := range map[string]*mac{
			"screen nonce": &s.nonce, "screen header": &s.header, "screen": &s.full, "screen consent": &s.consent, "screen device": &s.device,
		} {
			key, err := vault.Derive(appID, secret, purpose)
			if err != nil {
				return ScreenKeys{}, err
			}
			*m = newMAC(key)
		}
		k.signers = append(k.signers, s)
	}
	return k, nil
}

// Screen is what an id says of the screen that shows it.
type Screen struct {
	Browser web.Browser
	System  web.System
	Prompt  bool // the page asks for snsapi_userinfo
}

// ScreenID is an id that [ScreenKeys.Parse] has read.
type ScreenID struct {
	Screen
	ShownAt  time.Time
	raw      [stateBytes]byte
	signedBy int // index of ScreenKeys.signers
}

// Name names what the server notes about an id. Ids of one browser that were shown since
// the same second have one name.
func (id ScreenID) Name() string { return string(id.raw[2:headerEnd]) }

// Flow names the login that the id belongs to, in a form that tells nothing else.
func (id ScreenID) Flow() string { return flow(&id.raw) }

// NewID makes the id that a browser shows since a time. It is the same whenever it is
// made from the same values, so all tabs of one browser show one id.
func (k *ScreenKeys) NewID(since time.Time, s Screen, binding string, at web.Origin) string {
	var b [stateBytes]byte
	b[0] = screenVersion
	b[1] = byte(s.Browser)&familyMask<<browserShift | byte(s.System)&familyMask
	if s.Prompt {
		b[1] |= promptFlag
	}
	binary.BigEndian.PutUint32(b[2:], uint32(since.Unix()))
	b[6] = k.account
	own := &k.signers[0]
	copy(b[7:headerEnd], own.nonce(parts(b[2:6], binding, at.Scheme, at.Host)))
	copy(b[headerEnd:headerMACEnd], k.screenHeader(own, b[:], at))
	copy(b[headerMACEnd:], k.screenFull(own, b[:], binding, at))
	return encodeBase62(b)
}

// Parse reads an id that was made on this site, by whichever browser. It does not look at
// the time.
func (k *ScreenKeys) Parse(text string, at web.Origin) (id ScreenID, ok bool) {
	b, ok := decodeBase62(text)
	if !ok || b[0] != screenVersion || b[6] != k.account {
		return ScreenID{}, false
	}
	for i := range k.signers {
		if hmac.Equal(b[headerEnd:headerMACEnd], k.screenHeader(&k.signers[i], b[:], at)) {
			return ScreenID{
				Screen: Screen{
					Browser: web.Browser(b[1] >> browserShift & familyMask), System: web.System(b[1] & familyMask),
					Prompt: b[1]&promptFlag != 0,
				},
				ShownAt: time.Unix(int64(binary.BigEndian.Uint32(b[2:])), 0), raw: b, signedBy: i,
			}, true
		}
	}
	return ScreenID{}, false
}

// IsShownBy says whether this browser shows the id. binding is the ID of its binding
// cookie.
func (k *ScreenKeys) IsShownBy(id ScreenID, binding string, at web.Origin) bool {
	return id.raw[0] == screenVersion && binding != "" &&
		hmac.Equal(id.raw[headerMACEnd:], k.screenFull(&k.signers[id.signedBy], id.raw[:], binding, at))
}

func (k *ScreenKeys) screenHeader(s *screenSigner, b []byte, at web.Origin) []byte {
	return s.header(parts(b[:headerEnd], at.Scheme, at.Host))[:headerMACEnd-headerEnd]
}

func (k *ScreenKeys) screenFull(s *screenSigner, b []byte, binding string, at web.Origin) []byte {
	return s.full(parts(b[:headerMACEnd], binding, k.appID, at.Scheme, at.Host))[:stateBytes-headerMACEnd]
}

// parts separates its parts by NUL, which none of them holds. head has the same length
// for each purpose.
func parts(head []byte, texts ...string) []byte {
	text := append(make([]byte, 0, 192), head...)
	for _, part := range texts {
		text = append(append(text, part...), 0)
	}
	return text
}
