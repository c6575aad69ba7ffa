package proof

import (
	"crypto/rand"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/seed467724c4/wechat/core/internal/web"
)

// Binding is the cookie that ties a login in progress to one browser. One for
// all tabs, kept while it lasts, renewed at logout. Only its random part is
// covered by a state's MAC. Beside it stand the times of the last logins: when a
// login succeeds again and again and no session ever comes back, the session
// cookie is lost. A visitor who forges them only sees that page sooner.
type Binding struct {
	ID     string
	logins []int64 // Unix seconds, oldest first, at most maxBounces
}

// BindingLife is how long a browser keeps the cookie: it outlives any login in
// progress and a closed web view.
const BindingLife = 24 * time.Hour

// This many logins within loopWindow without a session ever coming back mean that
// the session cookie is lost (Strict, Secure or another domain).
const (
	MaxRecentLogins = 3
	RecentWindow    = time.Minute
)

const bindingDigits = 22 // 16 random bytes, base64url

func NewBinding() Binding {
	var b [16]byte
	rand.Read(b[:])
	var id [bindingDigits]byte
	base64.RawURLEncoding.Encode(id[:], b[:])
	return Binding{ID: string(id[:])}
}

func ParseBinding(value string) (Binding, bool) {
	parts := strings.Split(value, ".")
	if len(parts[0]) != bindingDigits || !web.IsWord(parts[0]) || len(parts) > 1+MaxRecentLogins {
		return Binding{}, false
	}
	b := Binding{ID: parts[0]}
	for _, p := range parts[1:] {
		n, err := strconv.ParseInt(p, 36, 64)
		if err != nil || n < 0 {
			return Binding{}, false
		}
		b.logins = append(b.logins, n)
	}
	return b, true
}

func (b Binding) String() string {
	s := b.ID
	for _, n := range b.logins {
		s += "." + strconv.FormatInt(n, 36)
	}
	return s
}

// WithLogin notes a login that succeeded.
func (b Binding) WithLogin(now time.Time) Binding {
	kept := b.logins[max(0, len(b.logins)-MaxRecentLogins+1):]
	return Binding{b.ID, append(append([]int64{}, kept...), now.Unix())}
}

// RecentLogins counts the logins of the last minute.
func (b Binding) RecentLogins(now time.Time) (n int) {
	for _, t := range b.logins {
		if age := now.Sub(time.Unix(t, 0)); age < RecentWindow && age > -RecentWindow {
			n++
		}
	}
	return n
}
