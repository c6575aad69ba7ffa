package core

import (
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/seed467724c4/wechat/core/internal/session"
)

// Codec writes scs sessions so that a user can be read out of one without decoding
// the rest: the records of logins first, as they are, then the app's own values by
// gob, if there are any. Private sessions use it; give it to a manager of your own
// to make its logged-in requests as cheap:
//
//	sessions := scs.New()
//	sessions.Codec = core.Codec{}
//
// Sessions written by another codec cannot be read by it, and the other way round:
// after a change of codec visitors log in anew. Types of your own values are
// registered with gob as for scs's default codec.
type Codec struct{}

var _ scs.Codec = Codec{}

// Encode implements scs.Codec.
func (Codec) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	return session.Codec{}.Encode(deadline, values)
}

// Decode implements scs.Codec. The map is always a new one: scs writes into it.
func (Codec) Decode(b []byte) (deadline time.Time, values map[string]any, err error) {
	return session.Codec{}.Decode(b)
}

// writesInPlace says whether a manager writes its sessions by Codec.
func writesInPlace(m *scs.SessionManager) bool {
	if m == nil {
		return false
	}
	_, ok := m.Codec.(Codec)
	return ok
}
