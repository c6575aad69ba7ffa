package session

import (
	"bytes"
	"encoding/binary"
	"encoding/gob"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"
)

// Codec writes scs sessions so that a record can be read out of one without
// decoding the rest.
type Codec struct{}

var _ scs.Codec = Codec{}

// codecVersion begins every encoded session; gob never begins with this byte
// followed by a deadline.
const codecVersion = 0xC1

var errCodec = errors.New("wechat: not a session written by core.Codec")

// Encode implements scs.Codec: version, deadline, the number of records, each as
// its key and its bytes with their lengths in front, and gob for what is left.
func (Codec) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	out := make([]byte, sessionHead, 512)
	out[0] = codecVersion
	binary.BigEndian.PutUint64(out[1:], uint64(deadline.UnixNano()))
	var rest map[string]any
	for key, value := range values {
		b, ok := value.([]byte)
		if ok && strings.HasPrefix(key, recordPrefix) && len(key) <= MaxRecord && len(b) <= MaxRecord && out[sessionHead-1] < 255 {
			out[sessionHead-1]++
			out = binary.BigEndian.AppendUint16(out, uint16(len(key)))
			out = binary.BigEndian.AppendUint16(out, uint16(len(b)))
			out = append(append(out, key...), b...)
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

// Decode implements scs.Codec. The map is always a new one: scs writes into it.
func (Codec) Decode(b []byte) (time.Time, map[string]any, error) {
	session := string(b)
	n, rest, ok := recordsOf(session)
	if !ok {
		return time.Time{}, nil, errCodec
	}
	values := make(map[string]any, n+1)
	for range n {
		var key, value string
		if key, value, rest, ok = nextRecord(rest); !ok {
			return time.Time{}, nil, errCodec
		}
		values[key] = []byte(value)
	}
	if rest != "" {
		if err := gob.NewDecoder(strings.NewReader(rest)).Decode(&values); err != nil {
			return time.Time{}, nil, fmt.Errorf("wechat: decode session: %w", err)
		}
	}
	return time.Unix(0, BigEndian(session[1:])).UTC(), values, nil
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

// sessionHead is version, deadline and the number of records.
const sessionHead = 10

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

// recordPrefix begins the session keys of logins.
const recordPrefix = "wechat:"

// MaxRecord is how many bytes a record may have: its length is written in two.
const MaxRecord = 1<<16 - 1

// BigEndian reads the first eight bytes of b.
func BigEndian(b string) int64 {
	_ = b[7]
	return int64(b[0])<<56 | int64(b[1])<<48 | int64(b[2])<<40 | int64(b[3])<<32 |
		int64(b[4])<<24 | int64(b[5])<<16 | int64(b[6])<<8 | int64(b[7])
}
