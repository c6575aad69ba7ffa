package proof

import (
	"crypto/rand"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/seed467724c4/wechat/core/internal/web"
)

// BindingLife is how long a browser keeps the binding cookie. It is longer than any login
// takes, also when the web view is closed meanwhile.
const BindingLife = 24 * time.Hour

const (
	// MaxRecent is how many logins within RecentWindow, without a session ever coming
	// back, mean that the session cookie is lost (Strict, Secure or another domain). As
	// many returns from WeChat with a state that cannot be read mean that something on
	// the way alters the address.
	MaxRecent = 3
	// RecentWindow is how long a login or a return counts.
	RecentWindow = time.Minute
)

// Binding is the cookie that ties a login in progress to one browser. All tabs share
// it. It is kept while it lasts, and renewed at logout. A state's MAC covers its ID
// alone. Beside the ID stand the times of recent logins and of recent returns without a
// readable state. A visitor who forges these times only sees the page about lost
// cookies sooner.
type Binding struct {
	ID     string
	logins []int64 // Unix seconds, oldest first, at most MaxRecent
	lost   []int64 // of returns whose state could not be read, likewise
}

const (
	idDigits = 22 // 16 random bytes, base64url
	lostMark = "L"
)

// CookieName returns the name of the binding cookie without a prefix. tag is different
// for each account; see web.AccountTag.
func CookieName(tag string) string { return "wechat_login_" + tag }

// NewBinding makes a binding with a random ID, for a browser that has none.
func NewBinding() Binding {
	var b [16]byte
	rand.Read(b[:])
	var id [idDigits]byte
	base64.RawURLEncoding.Encode(id[:], b[:])
	return Binding{ID: string(id[:])}
}

// ParseBinding reads the cookie's value. ok is false for a value that no binding has.
func ParseBinding(value string) (b Binding, ok bool) {
	if len(value) > idDigits+2*MaxRecent*len(".L1z141z3") {
		return Binding{}, false
	}
	parts := strings.Split(value, ".")
	if len(parts[0]) != idDigits || !web.IsWord(parts[0]) {
		return Binding{}, false
	}
	b = Binding{ID: parts[0]}
	for _, part := range parts[1:] {
		list := &b.logins
		if rest, lost := strings.CutPrefix(part, lostMark); lost {
			part, list = rest, &b.lost
		}
		n, err := strconv.ParseInt(part, 36, 64)
		if err != nil || n < 0 || len(*list) == MaxRecent {
			return Binding{}, false
		}
		*list = append(*list, n)
	}
	return b, true
}

// String is the cookie's value.
func (b Binding) String() string {
	s := b.ID
	for _, n := range b.logins {
		s += "." + strconv.FormatInt(n, 36)
	}
	for _, n := range b.lost {
		s += "." + lostMark + strconv.FormatInt(n, 36)
	}
	return s
}

// WithLogin notes a login that succeeded.
func (b Binding) WithLogin(now time.Time) Binding {
	b.logins = withTime(b.logins, now)
	return b
}

// WithLostReturn notes a return from WeChat whose state could not be read.
func (b Binding) WithLostReturn(now time.Time) Binding {
	b.lost = withTime(b.lost, now)
	return b
}

// RecentLogins counts the logins within the window.
func (b Binding) RecentLogins(now time.Time) int { return recent(b.logins, now) }

// LostReturns counts the returns without a readable state within the window.
func (b Binding) LostReturns(now time.Time) int { return recent(b.lost, now) }

func withTime(times []int64, now time.Time) []int64 {
	kept := times[max(0, len(times)-MaxRecent+1):]
	return append(append([]int64{}, kept...), now.Unix())
}

func recent(times []int64, now time.Time) (n int) {
	for _, t := range times {
		if age := now.Sub(time.Unix(t, 0)); age < RecentWindow && age > -RecentWindow {
			n++
		}
	}
	return n
}
