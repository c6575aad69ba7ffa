package core

import (
	"crypto/rand"
	"encoding/base64"
	"strconv"
	"strings"
	"time"
)

// binding is the cookie that ties a login in progress to one browser. One for
// all tabs, kept while it lasts, renewed at logout. Only its random part is
// covered by a state's MAC. Beside it stand the times of the last logins: when a
// login succeeds again and again and no session ever comes back, the session
// cookie is lost. A visitor who forges them only sees that page sooner.
type binding struct {
	id     string
	logins []int64 // Unix seconds, oldest first, at most maxBounces
}

const bindingDigits = 22 // 16 random bytes, base64url

func newBinding() binding {
	var b [16]byte
	rand.Read(b[:])
	var id [bindingDigits]byte
	base64.RawURLEncoding.Encode(id[:], b[:])
	return binding{id: string(id[:])}
}

func parseBinding(value string) (binding, bool) {
	parts := strings.Split(value, ".")
	if len(parts[0]) != bindingDigits || !isWord(parts[0]) || len(parts) > 1+maxBounces {
		return binding{}, false
	}
	b := binding{id: parts[0]}
	for _, p := range parts[1:] {
		n, err := strconv.ParseInt(p, 36, 64)
		if err != nil || n < 0 {
			return binding{}, false
		}
		b.logins = append(b.logins, n)
	}
	return b, true
}

func (b binding) String() string {
	s := b.id
	for _, n := range b.logins {
		s += "." + strconv.FormatInt(n, 36)
	}
	return s
}

// loggedIn notes a login that succeeded.
func (b binding) loggedIn(now time.Time) binding {
	kept := b.logins[max(0, len(b.logins)-maxBounces+1):]
	return binding{b.id, append(append([]int64{}, kept...), now.Unix())}
}

// bounces counts the logins of the last minute.
func (b binding) bounces(now time.Time) (n int) {
	for _, t := range b.logins {
		if age := now.Sub(time.Unix(t, 0)); age < loopWindow && age > -loopWindow {
			n++
		}
	}
	return n
}
