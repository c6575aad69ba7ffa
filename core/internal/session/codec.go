package session

import (
	"bytes"
	"encoding/binary"
	"encoding/gob"
	"fmt"
	"maps"
	"math"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"
)

// Codec writes scs sessions so that a record can be read out of one without
// decoding the rest. It reads sessions of scs's default codec too.
//
// Several releases may share one store while nodes are upgraded. The first byte of a
// session is the version of its form, and in every version the deadline follows in eight
// bytes. The rules:
//
//   - A release that brings a version only reads it. The release after it writes it.
//     So upgrade one release at a time, and no node meets a version that it cannot read.
//   - A session of a later version, met in spite of that, is an empty session and no
//     error, so nobody is logged in by it and nobody sees an error. As long as nothing is
//     put into it, it is written back byte for byte, for example with a new idle time.
//     What a login or the app puts into it replaces it.
//   - A session of a former version is read for one release after it was last written.
//   - Whatever else cannot be read is an empty session.
//
// Records inside a session have versions of their own, by rules of their owner. A record
// that its owner cannot read is written back as it is.
type Codec struct {
	// WriteGob writes what scs's default codec writes. Default false.
	WriteGob bool
}

var _ scs.Codec = Codec{}

const (
	// codecVersion begins every encoded session. A session of scs's default codec begins
	// with the length of a gob message, which is never in firstVersion..lastVersion.
	codecVersion              = 0xC1
	firstVersion, lastVersion = 0xC0, 0xCF
	// deadlineEnd is where the deadline ends, in every version.
	deadlineEnd = 9
	// sessionHead is version, deadline and the number of records.
	sessionHead = deadlineEnd + 1
	// recordPrefix begins the session keys of logins.
	recordPrefix = "wechat:"
	// unreadableLife is how long an empty session lasts that stands for one that cannot
	// be decoded: scs's own default life.
	unreadableLife = 24 * time.Hour
)

// MaxRecord is how many bytes a record may have: its length is written in two.
const MaxRecord = 1<<16 - 1

// laterKey holds all bytes of a session of a later version, among the values that scs
// sees.
const laterKey = "wechat session of a later version"

// Encode implements scs.Codec: version, deadline, the number of records, each as
// its key and its bytes with their lengths in front, and gob for what is left.
func (c Codec) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	if later, ok := values[laterKey].([]byte); ok {
		if len(values) == 1 {
			return later, nil
		}
		values = maps.Clone(values) // scs goes on using it
		delete(values, laterKey)
	}
	if c.WriteGob {
		return scs.GobCodec{}.Encode(deadline, values)
	}
	out := make([]byte, sessionHead, 512)
	out[0] = codecVersion
	binary.BigEndian.PutUint64(out[1:], uint64(nanoseconds(deadline)))
	put := func(key string, value any) bool {
		b, ok := value.([]byte)
		if !ok || !strings.HasPrefix(key, recordPrefix) || len(key) > MaxRecord || len(b) > MaxRecord || out[sessionHead-1] == 255 {
			return false
		}
		out[sessionHead-1]++
		out = binary.BigEndian.AppendUint16(out, uint16(len(key)))
		out = binary.BigEndian.AppendUint16(out, uint16(len(b)))
		out = append(append(out, key...), b...)
		return true
	}
	// The owner comes first. So a session that was cut short has its owner, or no login.
	owned := put(ownerKey, values[ownerKey])
	var rest map[string]any
	for key, value := range values {
		if owned && key == ownerKey || put(key, value) {
			continue
		}
		if rest == nil {
			rest = make(map[string]any, len(values))
		}
		rest[key] = value
	}
	if rest == nil {
		return out, nil
	}
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(rest); err != nil {
		return nil, fmt.Errorf("wechat: encode session: %w", err)
	}
	return append(out, b.Bytes()...), nil
}

// nanoseconds is a time as a session keeps it. A Lifetime of centuries ends behind the
// last time that fits (in 2262), and is cut down to that: it must not become one long ago.
func nanoseconds(t time.Time) int64 {
	switch first, last := time.Unix(0, math.MinInt64), time.Unix(0, math.MaxInt64); {
	case t.Before(first):
		return math.MinInt64
	case t.After(last):
		return math.MaxInt64
	}
	return t.UnixNano()
}

// Decode implements scs.Codec. The map is always a new one: scs writes into it. What
// cannot be decoded is an empty session and no error, which scs would answer with a 500
// for as long as the cookie lives; logins that can be read are kept.
func (Codec) Decode(b []byte) (deadline time.Time, values map[string]any, err error) {
	switch {
	case len(b) >= sessionHead && b[0] == codecVersion:
		deadline, values = decodeInPlace(string(b))
		return deadline, values, nil
	case len(b) > deadlineEnd && b[0] >= firstVersion && b[0] <= lastVersion && b[0] != codecVersion:
		return deadlineIn(string(b)), map[string]any{laterKey: bytes.Clone(b)}, nil
	}
	if deadline, values, err = decodeGob(b); err == nil {
		return deadline, values, nil
	}
	return time.Now().Add(unreadableLife).UTC(), map[string]any{}, nil
}

func decodeInPlace(session string) (time.Time, map[string]any) {
	n, rest, ok := recordsOf(session)
	values := make(map[string]any, n+1)
	for ; ok && n > 0; n-- {
		var key, value string
		if key, value, rest, ok = nextRecord(rest); !ok {
			break
		}
		if _, twice := values[key]; !twice { // recordIn finds the first
			values[key] = []byte(value)
		}
	}
	if ok && rest != "" {
		var own map[string]any
		if err := gob.NewDecoder(strings.NewReader(rest)).Decode(&own); err == nil {
			for key, value := range own {
				if _, twice := values[key]; !twice {
					values[key] = value
				}
			}
		}
	}
	return deadlineIn(session), values
}

func deadlineIn(session string) time.Time {
	return time.Unix(0, BigEndian(session[1:deadlineEnd])).UTC()
}

// decodeGob reads what scs's default codec wrote.
func decodeGob(b []byte) (deadline time.Time, values map[string]any, err error) {
	defer recovered(&err)
	if deadline, values, err = (scs.GobCodec{}).Decode(b); err == nil && values == nil {
		values = map[string]any{} // gob leaves an empty map out
	}
	return deadline, values, err
}

// recordIn finds the record of one account in an encoded session. It is what makes
// a logged-in request cheap: no map, no gob, no copy.
func recordIn(session, key string) (record string, found bool) {
	n, rest, ok := recordsOf(session)
	for ; ok && n > 0; n-- {
		var k, value string
		if k, value, rest, ok = nextRecord(rest); ok && k == key {
			return value, true
		}
	}
	return "", false
}

func recordsOf(session string) (n int, rest string, ok bool) {
	if len(session) < sessionHead || session[0] != codecVersion {
		return 0, "", false
	}
	return int(session[sessionHead-1]), session[sessionHead:], true
}

func nextRecord(b string) (key, value, rest string, ok bool) {
	if len(b) < 4 {
		return "", "", "", false
	}
	k := 4 + int(b[0])<<8 + int(b[1])
	v := k + int(b[2])<<8 + int(b[3])
	if v > len(b) {
		return "", "", "", false
	}
	return b[4:k], b[k:v], b[v:], true
}

// BigEndian reads the first eight bytes of b.
func BigEndian(b string) int64 {
	_ = b[7]
	return int64(b[0])<<56 | int64(b[1])<<48 | int64(b[2])<<40 | int64(b[3])<<32 |
		int64(b[4])<<24 | int64(b[5])<<16 | int64(b[6])<<8 | int64(b[7])
}
