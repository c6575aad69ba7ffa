package core

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

// codecVersion begins every encoded session; gob never begins with this byte
// followed by a deadline.
const codecVersion = 0xC1

var errCodec = errors.New("wechat: not a session written by core.Codec")

// Encode implements scs.Codec: version, deadline, the number of records, each with
// its key, and gob for what is left.
func (Codec) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	records, size := 0, 16
	for key, value := range values {
		if b, ok := value.([]byte); ok && isRecordKey(key) {
			records++
			size += len(key) + len(b) + 4
		}
	}
	out := make([]byte, 0, size)
	out = append(out, codecVersion)
	out = binary.BigEndian.AppendUint64(out, uint64(deadline.UnixNano()))
	out = binary.AppendUvarint(out, uint64(records))
	var rest map[string]any
	for key, value := range values {
		if b, ok := value.([]byte); ok && isRecordKey(key) {
			out = appendText(out, key)
			out = append(binary.AppendUvarint(out, uint64(len(b))), b...)
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
	deadline, d, n, ok := openSession(string(b))
	if !ok {
		return time.Time{}, nil, errCodec
	}
	values := make(map[string]any, n+1)
	for range n {
		key := d.text()
		values[key] = []byte(d.text())
	}
	if d.bad {
		return time.Time{}, nil, errCodec
	}
	if d.rest != "" {
		if err := gob.NewDecoder(strings.NewReader(d.rest)).Decode(&values); err != nil {
			return time.Time{}, nil, fmt.Errorf("wechat: decode session: %w", err)
		}
	}
	return deadline, values, nil
}

// recordIn finds the record of one account in an encoded session. It is what makes
// a logged-in request cheap: no map, no gob, no copy.
func recordIn(session, key string) (record string, ok bool) {
	_, d, n, ok := openSession(session)
	for ok && n > 0 && !d.bad {
		found, value := d.text(), d.text()
		if found == key {
			return value, !d.bad
		}
		n--
	}
	return "", false
}

func openSession(s string) (deadline time.Time, d texts, records int, ok bool) {
	if len(s) < 10 || s[0] != codecVersion {
		return time.Time{}, texts{}, 0, false
	}
	d.rest = s[9:]
	records = int(d.number(64))
	return time.Unix(0, bigEndian(s[1:9])).UTC(), d, records, !d.bad
}

// recordPrefix begins the session keys of logins.
const recordPrefix = "wechat:"

func isRecordKey(key string) bool { return strings.HasPrefix(key, recordPrefix) }
