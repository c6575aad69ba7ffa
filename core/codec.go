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
// It also reads what scs's default codec (gob) wrote, and writes it anew, so nothing that
// visitors keep in their sessions is lost with the switch. Other processes with scs's
// default codec cannot read what it writes. Where old and new processes run side by
// side, deploy the readers first: Codec{WriteGob: true} everywhere, then Codec{}.
//
// Several releases of this library may share one store while nodes are upgraded. A
// release that brings a new form of sessions only reads it, and the release after it
// writes it, so upgrade one release at a time. A session of a later form, met in spite of
// that, is an empty session and never an error: nobody is logged in by it, and as long as
// neither a login nor the app puts something into it, it is written back byte for byte.
//
// A session that cannot be decoded is read as an empty one. Types of your own values
// are registered with gob as for scs's default codec; values of a type that is not
// registered are lost.
type Codec struct {
	// WriteGob writes what scs's default codec writes, and reads both: the first step of
	// a switch. Default false.
	WriteGob bool
}

var _ scs.Codec = Codec{}

// Encode implements scs.Codec.
func (c Codec) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	return session.Codec(c).Encode(deadline, values)
}

// Decode implements scs.Codec. The map is always a new one: scs writes into it.
func (c Codec) Decode(b []byte) (deadline time.Time, values map[string]any, err error) {
	return session.Codec(c).Decode(b)
}

// codecOf is the codec of a manager that reads and writes its sessions by Codec; nil
// for any other.
func codecOf(m *scs.SessionManager) *session.Codec {
	if m == nil {
		return nil
	}
	switch c := m.Codec.(type) {
	case Codec:
		return (*session.Codec)(&c)
	case *Codec:
		return (*session.Codec)(c)
	}
	return nil
}
