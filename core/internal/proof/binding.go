package proof

import (
	"crypto/rand"
	"encoding/base64"
	"slices"
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
	// maxMoments bounds what the cookie keeps of all accounts that share it: the latest
	// logins of four of them.
	maxMoments = 4 * MaxRecent
)

// Binding is the cookie that ties a login in progress to one browser. All tabs share
// it. It is kept while it lasts, and renewed at logout. A state's MAC covers its ID
// alone. Beside the ID stand the times of recent logins and of recent returns without a
// readable state, each with its account where several accounts share the cookie. A
// visitor who forges these times only sees the page about lost cookies sooner.
type Binding struct {
	ID     string
	logins []moment // oldest first, at most MaxRecent of an account
	lost   []moment // returns whose state could not be read, likewise
}

// moment is a time at one account.
type moment struct {
	at      int64  // Unix seconds
	account string // see web.AccountTag; "" where the cookie belongs to one account
}

const (
	idDigits    = 22 // 16 random bytes, base64url
	lostMark    = "L"
	accountMark = "~"
	// longestPart is one moment with all that it can have.
	longestPart = len(".L1z141z3~abcd")
	tagDigits   = len("abcd")
	// numberDigits is the length of the largest number.
	numberDigits = len("1y2p0ij32e8e7")
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
	if len(value) > idDigits+2*maxMoments*longestPart {
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
		number, account, tagged := strings.Cut(part, accountMark)
		n, err := strconv.ParseInt(number, 36, 64)
		if err != nil || n < 0 || len(number) > numberDigits || tagged && (len(account) != tagDigits || !web.IsWord(account)) {
			return Binding{}, false
		}
		if count(*list, account) == MaxRecent || len(*list) == maxMoments {
			return Binding{}, false
		}
		*list = append(*list, moment{n, account})
	}
	return b, true
}

// String is the cookie's value.
func (b Binding) String() string {
	s := b.ID
	for _, m := range b.logins {
		s += "." + m.String()
	}
	for _, m := range b.lost {
		s += "." + lostMark + m.String()
	}
	return s
}

func (m moment) String() string {
	s := strconv.FormatInt(m.at, 36)
	if m.account != "" {
		s += accountMark + m.account
	}
	return s
}

// WithLogin notes a login that succeeded. account is "", or the account's tag where
// several share the cookie (web.AccountTag).
func (b Binding) WithLogin(now time.Time, account string) Binding {
	b.logins = with(b.logins, moment{now.Unix(), account})
	return b
}

// WithLostReturn notes a return from WeChat whose state could not be read.
func (b Binding) WithLostReturn(now time.Time, account string) Binding {
	b.lost = with(b.lost, moment{now.Unix(), account})
	return b
}

// RecentLogins counts an account's logins within the window.
func (b Binding) RecentLogins(now time.Time, account string) int {
	return recent(b.logins, now, account)
}

// LostReturns counts an account's returns without a readable state within the window.
func (b Binding) LostReturns(now time.Time, account string) int {
	return recent(b.lost, now, account)
}

// with adds a moment and drops the oldest one, of its account or of all, that is too many.
func with(list []moment, m moment) []moment {
	list = slices.Clone(list)
	if count(list, m.account) == MaxRecent {
		oldest := slices.IndexFunc(list, func(l moment) bool { return l.account == m.account })
		list = slices.Delete(list, oldest, oldest+1)
	} else if len(list) == maxMoments {
		list = list[1:]
	}
	return append(list, m)
}

func count(list []moment, account string) (n int) {
	for _, m := range list {
		if m.account == account {
			n++
		}
	}
	return n
}

func recent(list []moment, now time.Time, account string) (n int) {
	for _, m := range list {
		if age := now.Sub(time.Unix(m.at, 0)); m.account == account && age < RecentWindow && age > -RecentWindow {
			n++
		}
	}
	return n
}
