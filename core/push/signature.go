package push

import (
	"crypto/subtle"
	"net/url"
	"strconv"
	"time"

	"github.com/seed467724c4/wechat/core/wxapi"
)

// window is how far WeChat's time may be from ours. WeChat repeats a message within
// 15 s, with a new timestamp; the rest is for clocks that are off.
const window = 5 * time.Minute

// maxAhead is how far a message's CreateTime may be after the timestamp that it is
// sent with. WeChat makes a message before it sends it, on machines whose clocks
// agree better than this.
const maxAhead = time.Minute

// maxNonce is the longest nonce. WeChat sends 9 or 10 digits.
const maxNonce = 32

// parameters are what WeChat appends to the address of every request.
type parameters struct {
	signature, messageSignature, timestamp, nonce string
	time                                          time.Time // timestamp
}

// readParameters is false for a timestamp or nonce that WeChat does not send. This is
// checked before any signature: SHA-1 lets a stranger extend a signed text that he
// does not know, and the padding which that takes holds bytes other than letters and
// digits. Residual risk: time and nonce are signed in sorted order, so a nonce of ten
// digits can be sent as the timestamp. The time inside the message is checked as well,
// see timely.
func readParameters(q url.Values) (parameters, bool) {
	p := parameters{
		signature: q.Get("signature"), messageSignature: q.Get("msg_signature"),
		timestamp: q.Get("timestamp"), nonce: q.Get("nonce"),
	}
	if len(p.timestamp) != 10 || !isAll(p.timestamp, digit) {
		return parameters{}, false
	}
	if p.nonce == "" || len(p.nonce) > maxNonce || !isAll(p.nonce, letterOrDigit) {
		return parameters{}, false
	}
	seconds, _ := strconv.ParseInt(p.timestamp, 10, 64) // ten digits always are a number
	p.time = time.Unix(seconds, 0)
	return p, true
}

// signed checks WeChat's signature of time and nonce.
func (p parameters) signed(token string) bool {
	want := wxapi.PushSignature(token, p.timestamp, p.nonce, "")
	return subtle.ConstantTimeCompare([]byte(p.signature), []byte(want)) == 1
}

// near says that WeChat's time is within the window around ours.
func near(at, now time.Time) bool {
	away := now.Sub(at)
	return -window <= away && away <= window
}

// timely says that a message was made within the window, and not after it was sent.
// An old query with a turned timestamp, or with another message in 明文模式, does not
// pass it unless the message is new, too.
func (p parameters) timely(made, now time.Time) bool {
	sent := p.time.Sub(made)
	return near(made, now) && -maxAhead <= sent && sent <= window
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

func letterOrDigit(c byte) bool {
	return digit(c) || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

func isAll(s string, class func(byte) bool) bool {
	for i := range len(s) {
		if !class(s[i]) {
			return false
		}
	}
	return true
}
