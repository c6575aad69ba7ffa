package core

import (
	"encoding/binary"
	"time"
)

// recordVersion begins every stored user. An unknown version is no session.
const recordVersion = 1

// record is what a session holds for one account: the user, and when the session
// was last written (for the idle time).
type record struct {
	user    User
	touched int64 // Unix seconds
}

// encode writes version, scope, login time, touch time and then every text with
// its length in front, the open id first. Texts that are never empty or seldom
// changed come first.
func (r *record) encode() []byte {
	u := &r.user
	b := make([]byte, 0, 128+len(u.Nickname)+len(u.Avatar))
	b = append(b, recordVersion, byte(u.Scope.level()))
	b = binary.BigEndian.AppendUint64(b, uint64(u.LoggedInAt.Unix()))
	b = binary.BigEndian.AppendUint64(b, uint64(r.touched))
	b = binary.AppendUvarint(b, uint64(u.Sex))
	for _, s := range [...]string{u.OpenID, u.UnionID, u.AppUserID, u.Nickname, u.Avatar, u.Country, u.Province, u.City} {
		b = appendText(b, s)
	}
	b = binary.AppendUvarint(b, uint64(len(u.Privilege)))
	for _, s := range u.Privilege {
		b = appendText(b, s)
	}
	return b
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// decodeRecord is the reverse. ok is false for anything it does not know, down
// to a single byte too many: such a session is nobody's.
func decodeRecord(b []byte, appID string) (r record, ok bool) {
	if len(b) < 18 || b[0] != recordVersion {
		return record{}, false
	}
	u := &r.user
	u.AppID = appID
	switch level(b[1]) {
	case silentLevel:
		u.Scope = Silent
	case promptLevel:
		u.Scope = Prompt
	default:
		return record{}, false
	}
	u.LoggedInAt = time.Unix(int64(binary.BigEndian.Uint64(b[2:])), 0)
	r.touched = int64(binary.BigEndian.Uint64(b[10:]))
	d := texts{rest: string(b[18:])} // one copy; the fields share it
	u.Sex = int(d.number(2))
	for _, s := range [...]*string{&u.OpenID, &u.UnionID, &u.AppUserID, &u.Nickname, &u.Avatar, &u.Country, &u.Province, &u.City} {
		*s = d.text()
	}
	if n := d.number(64); n > 0 {
		u.Privilege = make([]string, n)
		for i := range u.Privilege {
			u.Privilege[i] = d.text()
		}
	}
	if d.bad || d.rest != "" || u.OpenID == "" {
		return record{}, false
	}
	return r, true
}

// texts reads numbers and length-prefixed texts off a string.
type texts struct {
	rest string
	bad  bool
}

func (d *texts) number(most uint64) uint64 {
	var n uint64
	for i := 0; i < len(d.rest) && i < 5; i++ {
		c := d.rest[i]
		n |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			d.rest = d.rest[i+1:]
			if n > most {
				break
			}
			return n
		}
	}
	d.bad = true
	return 0
}

func (d *texts) text() string {
	n := d.number(uint64(len(d.rest)))
	if d.bad || n > uint64(len(d.rest)) {
		d.bad = true
		return ""
	}
	s := d.rest[:n]
	d.rest = d.rest[n:]
	return s
}
