package screen

import (
	"encoding/json"
	"time"
)

// State is what has become of a code.
type State uint8

// The states of a code.
const (
	Untouched State = iota // no phone has opened it; nothing is noted
	Scanned                // a phone has opened it, and its person has not answered yet
	Allowed                // the person allows the login; the answer waits for the screen
	Denied                 // the person refuses
	Locked                 // the person allowed it, and the screen has spent its tries
	Spent                  // the screen is logged in
)

// Note is what is kept about a code from the moment a phone opens it. It never holds
// what the screen proves itself with.
type Note struct {
	State  State
	OpenID string // of the person whose phone came first
	Origin string // the site that the person has allowed
	Number string // four digits; Allowed only
	Wrong  int    // numbers that were typed and are not Number
	// Answer is what the phone hands over. This package does not look inside.
	Answer Answer
	until  time.Time
}

// Answer is what a phone hands over when its person allows the login.
type Answer struct {
	Record  string // of the person
	Session string // the phone's session, so that a logout there can be noticed
}

// kept is a note as it lies in the store, behind a seal.
type kept struct {
	State   State  `json:"s"`
	OpenID  string `json:"o"`
	Origin  string `json:"a"`
	Number  string `json:"n,omitempty"`
	Wrong   int    `json:"w,omitempty"`
	Record  []byte `json:"r,omitempty"`
	Session string `json:"p,omitempty"`
	Until   int64  `json:"u"` // Unix seconds
}

func (n Note) encode() []byte {
	// Strings and numbers: Marshal never fails for them.
	b, _ := json.Marshal(kept{n.State, n.OpenID, n.Origin, n.Number, n.Wrong, []byte(n.Answer.Record), n.Answer.Session, n.until.Unix()})
	return b
}

func decodeNote(b []byte) (Note, bool) {
	var k kept
	if err := json.Unmarshal(b, &k); err != nil || k.State == Untouched || k.State > Spent || k.OpenID == "" {
		return Note{}, false
	}
	return Note{k.State, k.OpenID, k.Origin, k.Number, k.Wrong, Answer{string(k.Record), k.Session}, time.Unix(k.Until, 0)}, true
}

// over is the note with its answer and its number taken out: what is spent or refused
// cannot be read again.
func (n Note) over(s State, until time.Time) Note {
	n.State, n.Number, n.Answer, n.until = s, "", Answer{}, until
	return n
}
