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
func decodeRecord(b, appID string) (r record, ok bool) {
	r.touched, ok = r.user.decode(b, appID, nil)
	return r, ok
}

// decode fills the user in place. The texts share b's bytes, so nothing is copied
// but a list of privileges longer than spare; u is half filled when ok is false.
func (u *User) decode(b, appID string, spare []string) (touched int64, ok bool) {
	if len(b) < 18 || b[0] != recordVersion {
		return 0, false
	}
	switch level(b[1]) {
	case silentLevel:
		u.Scope = Silent
	case promptLevel:
		u.Scope = Prompt
	default:
		return 0, false
	}
	u.AppID = appID
	u.LoggedInAt = time.Unix(bigEndian(b[2:10]), 0)
	touched = bigEndian(b[10:18])
	d := texts{rest: b[18:]}
	u.Sex = int(d.number(2))
	u.OpenID = d.text()
	u.UnionID = d.text()
	u.AppUserID = d.text()
	u.Nickname = d.text()
	u.Avatar = d.text()
	u.Country = d.text()
	u.Province = d.text()
	u.City = d.text()
	if n := int(d.number(64)); n > 0 {
		if u.Privilege = spare; n > len(spare) {
			u.Privilege = make([]string, n)
		}
		u.Privilege = u.Privilege[:n:n]
		for i := range u.Privilege {
			u.Privilege[i] = d.text()
		}
	}
	return touched, !d.bad && d.rest == "" && u.OpenID != ""
}

func bigEndian(b string) (n int64) {
	for i := range len(b) {
		n = n<<8 | int64(b[i])
	}
	return n
}

// texts reads numbers and length-prefixed texts off a string.
type texts struct {
	rest string
	bad  bool
}

func (d *texts) number(most uint64) uint64 {
	if d.rest != "" && d.rest[0] < 0x80 && uint64(d.rest[0]) <= most { // nearly all
		n := uint64(d.rest[0])
		d.rest = d.rest[1:]
		return n
	}
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
