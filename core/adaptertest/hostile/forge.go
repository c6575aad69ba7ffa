package hostile

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"math/big"
	"strings"
	"time"
)

// stateForge makes and reads states without any code of core. It follows the documented
// layout: version, flags and attempt, time, account, nonce and two MACs, 39 bytes as 53
// base62 digits. The test knows the app secret, so a case can have a valid state of any
// age, attempt, account or browser.
type stateForge struct {
	appID, secret string
	website       string // app id of the website application whose logins are forged; "" for the account's
	scheme, host  string
}

// stateFields are the fields of a state that a case chooses.
type stateFields struct {
	version byte
	prompt  bool
	attempt int
	issued  time.Time
}

const (
	stateDigits = 53
	stateBytes  = 39
)

func (f stateForge) key(purpose string) []byte {
	key, err := hkdf.Key(sha256.New, []byte(f.secret), []byte(f.appID), "wechat login 1: "+purpose, sha256.Size)
	if err != nil {
		panic(err) // the key length is a constant below the limit
	}
	return key
}

func (f stateForge) account() byte { return sha256.Sum256([]byte(f.appID))[0] }

func mac(key []byte, parts ...[]byte) []byte {
	m := hmac.New(sha256.New, key)
	for _, p := range parts {
		m.Write(p)
	}
	return m.Sum(nil)
}

// make makes a state for the browser whose binding cookie begins with binding.
func (f stateForge) make(c stateFields, binding string) string {
	b := make([]byte, 15, stateBytes)
	b[0] = c.version
	b[1] = byte(c.attempt)
	if c.prompt {
		b[1] |= 0x80
	}
	application := f.appID
	if f.website != "" {
		b[1] |= 0x80 | 0x40
		application = f.website
	}
	binary.BigEndian.PutUint32(b[2:], uint32(c.issued.Unix()))
	b[6] = f.account()
	copy(b[7:], time.Now().String()[19:27]) // the nonce may have any value
	b = append(b, mac(f.key("state header"), b)[:8]...)
	b = append(b, mac(f.key("state"), b, []byte(binding+"\x00"+application+"\x00"+f.scheme+"\x00"+f.host+"\x00"))[:16]...)
	return encodeBase62(b)
}

// stateInfo is what a state says without any cookie.
type stateInfo struct {
	ours    bool // its header MAC holds
	attempt int  // counts even if only the shape is ours
	prompt  bool
}

func (f stateForge) read(state string) (a stateInfo) {
	b, ok := decodeBase62(state)
	if !ok || b[0] != 1 || b[6] != f.account() {
		return a
	}
	a.attempt = int(b[1] & 0x0f)
	a.prompt = b[1]&0x80 != 0
	a.ours = hmac.Equal(b[15:23], mac(f.key("state header"), b[:15])[:8])
	return a
}

const base62Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

func encodeBase62(b []byte) string {
	n, base, digit := new(big.Int).SetBytes(b), big.NewInt(62), new(big.Int)
	out := make([]byte, stateDigits)
	for i := stateDigits - 1; i >= 0; i-- {
		n.DivMod(n, base, digit)
		out[i] = base62Alphabet[digit.Int64()]
	}
	return string(out)
}

func decodeBase62(s string) (b [stateBytes]byte, ok bool) {
	if len(s) != stateDigits {
		return b, false
	}
	n := new(big.Int)
	for _, c := range []byte(s) {
		digit := strings.IndexByte(base62Alphabet, c)
		if digit < 0 {
			return b, false
		}
		n.Mul(n, big.NewInt(62)).Add(n, big.NewInt(int64(digit)))
	}
	if n.BitLen() > 8*stateBytes {
		return b, false
	}
	n.FillBytes(b[:])
	return b, true
}
