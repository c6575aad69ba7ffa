package wxsim

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"sync"
	"time"
)

// letters is the alphabet of WeChat's authorisation codes.
const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// random is where one simulator takes its codes, tokens, tickets and ids from.
type random struct {
	mu   sync.Mutex
	from io.Reader
}

// newRandom is the system's randomness for seed 0. Any other seed gives the same
// bytes in every process.
func newRandom(seed uint64) *random {
	if seed == 0 {
		return &random{from: rand.Reader}
	}
	var key [32]byte
	binary.BigEndian.PutUint64(key[:], seed)
	return &random{from: mathrand.NewChaCha8(key)}
}

// read fills buf. Neither source has an error: crypto/rand ends the process instead.
func (n *random) read(buf []byte) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.from.Read(buf)
}

// text returns size characters of letters, each equally likely.
func (n *random) text(size int) string { return n.of(letters, size) }

// digits returns size digits, the first of them not zero.
func (n *random) digits(size int) string { return n.of("123456789", 1) + n.of("0123456789", size-1) }

func (n *random) of(alphabet string, size int) string {
	even := 256 - 256%len(alphabet) // larger bytes would favour the first letters
	out := make([]byte, 0, size)
	buf := make([]byte, 2*size)
	for len(out) < size {
		n.read(buf)
		for _, b := range buf {
			if int(b) < even && len(out) < size {
				out = append(out, alphabet[int(b)%len(alphabet)])
			}
		}
	}
	return string(out)
}

// token has the shape of today's web tokens: two digits, "_", and 107 of
// A-Z a-z 0-9 _ -, 110 characters in all.
func (n *random) token() string { return "59_" + n.urlText(80) }

// accountToken is longer than a web token: WeChat asks for room for 512.
func (n *random) accountToken() string { return "68_" + n.urlText(102) }

// ticket has the 86 characters of the jsapi_ticket in WeChat's sample.
func (n *random) ticket() string { return n.urlText(64) }

// authorizerRefresh has the shape of an authorizer_refresh_token in WeChat's samples.
func (n *random) authorizerRefresh() string { return "refreshtoken@@@" + n.text(43) }

// urlText is size random bytes as A-Z a-z 0-9 _ -.
func (n *random) urlText(size int) string {
	buf := make([]byte, size)
	n.read(buf)
	return base64.RawURLEncoding.EncodeToString(buf)
}

// rid is WeChat's request id: three groups of eight hex digits, the first of which
// is the time in unix seconds.
func (n *random) rid(now time.Time) string {
	buf := make([]byte, 8)
	n.read(buf)
	return fmt.Sprintf("%08x-%s-%s", now.Unix(), hex.EncodeToString(buf[:4]), hex.EncodeToString(buf[4:]))
}
