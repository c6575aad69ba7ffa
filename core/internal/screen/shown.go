package screen

import (
	"strconv"
	"strings"
	"time"
)

const (
	// RenewAfter is when a waiting page shows another code: a code that is on the screen
	// can be opened for half a minute at least.
	RenewAfter = 90 * time.Second
	// WaitLife is how long a waiting page shows new codes by itself. A page that nobody
	// looks at shows none, which ends an unattended relay.
	WaitLife = 5 * time.Minute
	// ShownLife is how long a browser keeps what it shows: until the last answer to its
	// last code is over.
	ShownLife = WaitLife + CodeLife + ScanLife + AnswerLife

	// maxAhead is how far in the future the clock of another node may have begun a code. A
	// screen that says more only shows another code.
	maxAhead = 5 * time.Second
)

// CookieName is the name, without a prefix, of the cookie in which a screen keeps Shown.
func CookieName(tag string) string { return "wechat_screen_" + tag }

// Shown is since when a browser waits, and since when it shows its codes. The browser
// keeps it: the server keeps nothing for a page that waits. It is no proof of anything.
// A browser that changes it only changes which of its own codes it shows.
type Shown struct {
	waits int64    // Unix seconds; 0 where the browser does not wait yet
	codes [2]int64 // Unix seconds, the latest first; 0 for none
	after int64    // the next code is shown since a later second, so that it is another
}

// ParseShown reads the cookie. What is no such cookie is a browser that does not wait.
func ParseShown(text string) Shown {
	fields := strings.Split(text, ".")
	if len(text) > 80 || len(fields) != 4 {
		return Shown{}
	}
	var n [4]int64
	for i, field := range fields {
		var err error
		if n[i], err = strconv.ParseInt(field, 36, 64); err != nil || n[i] < 0 {
			return Shown{}
		}
	}
	return Shown{n[0], [2]int64{n[1], n[2]}, n[3]}
}

// String is the cookie's value.
func (s Shown) String() string {
	text := strconv.FormatInt(s.waits, 36)
	for _, n := range []int64{s.codes[0], s.codes[1], s.after} {
		text += "." + strconv.FormatInt(n, 36)
	}
	return text
}

// Codes are the times since which codes are shown that may still have an answer.
func (s Shown) Codes(now time.Time) (since []time.Time) {
	for _, code := range s.codes {
		at := time.Unix(code, 0)
		if age := now.Sub(at); code != 0 && age >= -maxAhead && age <= CodeLife+ScanLife+AnswerLife {
			since = append(since, at)
		}
	}
	return since
}

// Next is what a waiting page shows now: the code of before while it is new enough, else
// another. ok is false when the page has waited for WaitLife; then it shows no code, and
// the next request begins to wait anew.
func (s Shown) Next(now time.Time) (next Shown, since time.Time, ok bool) {
	latest := time.Unix(s.codes[0], 0)
	age, waited := now.Sub(latest), now.Sub(time.Unix(s.waits, 0))
	switch {
	case s.waits == 0 || waited < -maxAhead || waited > ShownLife:
		s.waits = now.Unix()
	case s.codes[0] != 0 && age >= -maxAhead && age < RenewAfter:
		return s, latest, true
	case waited >= WaitLife:
		s.waits = 0
		return s, time.Time{}, false
	}
	begun := now.Unix()
	if ahead := time.Duration(s.after-begun) * time.Second; ahead >= 0 && ahead < maxAhead {
		begun = s.after + 1
	}
	s.codes = [2]int64{begun, s.codes[0]}
	if s.codes[0] == s.codes[1] {
		s.codes[1] = 0
	}
	return s, time.Unix(begun, 0), true
}

// Done forgets the codes: they have had their answer, and the next request shows another.
func (s Shown) Done() Shown { return Shown{after: max(s.after, s.codes[0])} }
