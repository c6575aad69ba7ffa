package core

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/seed467724c4/wechat/core/internal/session"
)

// The first byte of every stored user is the version of its record:
//
//   - A record of an unknown version counts as no session. It stays in the store until a
//     login or a logout of its browser replaces it.
//   - A record is written in the lowest version that can hold it. A higher version is
//     needed only by settings of [Config] that are off by default, so a release reads a
//     version before any node writes it: the app switches the setting on when every node
//     runs that release.
//   - A node without the setting keeps what the record has of it when it writes the
//     record again.
const (
	plainVersion    = 1
	extendedVersion = 2 // see extension
)

// record is what a session holds for one account: the user, and when the session
// was last written (for the idle time).
type record struct {
	user    User
	touched int64 // Unix seconds
	ext     extension
}

// A record of plainVersion is laid out to be read in place. One of extendedVersion has an
// extension in front of all that:
//
//	0       version
//	1       scope (low bits), whether the user is the website application's (websiteMark), and whether the login is a screen's (screenMark)
//	2..9    login time, Unix seconds
//	10..17  touched
//	18      sex
//	19      number of privileges
//	20..    two bytes for the length of every text
//	then    the texts, one behind the other
//
// With websiteMark there is one more text, the app id: after a change of the website
// application, the open ids of the former one must not pass for the new one's. Releases
// that do not know the mark read no user from such a record.
const (
	lengthsAt   = 20
	ownTexts    = 8
	websiteMark = 0x10
	screenMark  = 0x20
)

// recordOf encodes the user for a session, with the present time.
func (a *Auth) recordOf(u *User, ext extension) ([]byte, error) {
	r := record{user: *u, touched: a.now().Unix(), ext: ext}
	return r.encode(a.apps)
}

// encode refuses a user that is too large. WeChat's values never are; the app's may be,
// for example a picture as a data URI.
func (r *record) encode(apps applications) ([]byte, error) {
	u := &r.user
	texts := append([]string{u.OpenID, u.UnionID, u.AppUserID, u.Nickname, u.Avatar, u.Country, u.Province, u.City}, u.Privilege...)
	var mark byte
	if apps.website != "" && u.AppID == apps.website {
		mark = websiteMark
		texts = append(texts, u.AppID)
	}
	front := r.ext.encode()
	size := len(front) + lengthsAt + 2*len(texts)
	for _, s := range texts {
		size += len(s)
	}
	if size > session.MaxRecord || len(u.Privilege) > 255 {
		return nil, fmt.Errorf("a user of %d bytes and %d privileges is too large for a session, which takes %d", size, len(u.Privilege), session.MaxRecord)
	}
	out := make([]byte, len(front)+lengthsAt, size)
	copy(out, front)
	b := out[len(front):]
	b[0], b[1], b[18], b[19] = plainVersion, byte(u.Scope.level())|mark, byte(u.Sex), byte(len(u.Privilege))
	binary.BigEndian.PutUint64(b[2:], uint64(u.LoggedInAt.Unix()))
	binary.BigEndian.PutUint64(b[10:], uint64(r.touched))
	if u.Screen {
		b[1] |= screenMark
	}
	for _, s := range texts {
		out = binary.BigEndian.AppendUint16(out, uint16(len(s)))
	}
	for _, s := range texts {
		out = append(out, s...)
	}
	return out, nil
}

// rewrite writes the user into the session under the token that it has.
func (a *Auth) rewrite(ctx context.Context, was session.Stored, u *User, ext extension, https bool) (session.Written, error) {
	record, err := a.recordOf(u, ext)
	if err != nil {
		return session.Written{}, err
	}
	return a.sessions.Rewrite(ctx, was, record, https)
}

// decodeRecord is the reverse of encode. ok is false for anything else, even one byte
// too many. Such a record counts as no session.
func decodeRecord(b string, apps applications) (r record, ok bool) {
	if r.touched, ok = r.user.decode(b, apps, nil); ok {
		r.ext, _, _ = cutExtension(b)
	}
	return r, ok
}

// decode fills the user in place. The texts share b's bytes, so nothing is copied
// but a list of privileges longer than spare; u is half filled when ok is false.
func (u *User) decode(b string, apps applications, spare []string) (touched int64, ok bool) {
	if len(b) < lengthsAt || b[0] != plainVersion {
		if _, b, ok = cutExtension(b); !ok || len(b) < lengthsAt || b[0] != plainVersion {
			return 0, false
		}
	}
	u.Screen = b[1]&screenMark != 0
	switch level(b[1] &^ (websiteMark | screenMark)) {
	case silentLevel:
		u.Scope = Silent
	case promptLevel:
		u.Scope = Prompt
	default:
		return 0, false
	}
	u.AppID = apps.account
	all := ownTexts + int(b[19])
	fromWebsite := b[1]&websiteMark != 0
	if fromWebsite {
		u.AppID = apps.website
		all++
	}
	u.LoggedInAt = time.Unix(session.BigEndian(b[2:]), 0)
	touched = session.BigEndian(b[10:])
	u.Sex = int(b[18])
	n := int(b[19])
	t := texts{lengths: b[lengthsAt:]}
	if len(t.lengths) < 2*all {
		return 0, false
	}
	t.rest = t.lengths[2*all:]
	u.OpenID = t.next()
	u.UnionID = t.next()
	u.AppUserID = t.next()
	u.Nickname = t.next()
	u.Avatar = t.next()
	u.Country = t.next()
	u.Province = t.next()
	u.City = t.next()
	if n > 0 {
		if u.Privilege = spare; n > len(spare) {
			u.Privilege = make([]string, n)
		}
		u.Privilege = u.Privilege[:n:n]
		for i := range u.Privilege {
			u.Privilege[i] = t.next()
		}
	}
	if fromWebsite && (t.next() != apps.website || apps.website == "") {
		return 0, false
	}
	return touched, !t.bad && t.rest == "" && u.OpenID != ""
}

// texts reads the texts of a record in their order.
type texts struct {
	lengths, rest string
	bad           bool
}

func (t *texts) next() string {
	n := int(t.lengths[0])<<8 | int(t.lengths[1])
	t.lengths = t.lengths[2:]
	if n > len(t.rest) {
		t.bad = true
		return ""
	}
	s := t.rest[:n]
	t.rest = t.rest[n:]
	return s
}
