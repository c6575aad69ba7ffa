package wxsim

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"time"
)

// letters is the alphabet of WeChat's authorisation codes.
const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// randomText returns n unguessable characters of letters, each equally likely.
func randomText(n int) string { return randomOf(letters, n) }

// randomDigits returns n digits, none of them a leading zero.
func randomDigits(n int) string { return randomOf("123456789", 1) + randomOf("0123456789", n-1) }

func randomOf(alphabet string, n int) string {
	even := 256 - 256%len(alphabet) // larger bytes would favour the first letters
	out := make([]byte, 0, n)
	buf := make([]byte, 2*n)
	for len(out) < n {
		rand.Read(buf) // never fails: crypto/rand ends the process instead
		for _, b := range buf {
			if int(b) < even && len(out) < n {
				out = append(out, alphabet[int(b)%len(alphabet)])
			}
		}
	}
	return string(out)
}

// newToken has the shape of today's web tokens: two digits, "_", and 107 of
// A-Z a-z 0-9 _ -, 110 characters in all.
func newToken() string { return "59_" + randomURLText(80) }

// newAccountToken is longer than a web token: WeChat asks for room for 512.
func newAccountToken() string { return "68_" + randomURLText(102) }

// newTicket has the 86 characters of the jsapi_ticket in WeChat's sample.
func newTicket() string { return randomURLText(64) }

// randomURLText is n random bytes as A-Z a-z 0-9 _ -.
func randomURLText(n int) string {
	buf := make([]byte, n)
	rand.Read(buf)
	return base64.RawURLEncoding.EncodeToString(buf)
}

// newRID is WeChat's request id: three groups of eight hex digits, the first
// of which is the time in unix seconds.
func newRID(now time.Time) string {
	buf := make([]byte, 8)
	rand.Read(buf)
	return fmt.Sprintf("%08x-%s-%s", now.Unix(), hex.EncodeToString(buf[:4]), hex.EncodeToString(buf[4:]))
}
