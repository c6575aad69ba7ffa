package session

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
)

// FuzzCodec holds what may lie in a session store: whatever it is, scs gets a session and
// no error, a record is read in place as it is read in full, and what is read is written
// so that the same is read again. What encoding/gob has to read is left out: gob takes a
// minute and gigabytes for some texts of 200 bytes, and says that it is not made for
// hostile ones. The store is the app's own.
func FuzzCodec(f *testing.F) {
	values := map[string]any{"wechat:a": []byte("record"), "wechat:b": []byte{}, "cart": "full", "n": 7}
	good, _ := Codec{}.Encode(time.Unix(1, 0), values)
	old, _ := scs.GobCodec{}.Encode(time.Unix(1, 0), values)
	owned, _ := Codec{}.Encode(time.Unix(-1, 0), map[string]any{ownerKey: []byte("token"), "wechat:a": []byte("record")})
	forever, _ := scs.GobCodec{}.Encode(time.Now().Add(math.MaxInt64), values)
	for _, b := range [][]byte{
		good, old, forever, owned, append(bytes.Clone(good), good[10:]...), good[:9], good[:10], {}, {codecVersion}, append([]byte{0xC2}, good[1:]...),
		append(append(bytes.Clone(owned[:9]), 255), owned[10:]...), append(append(bytes.Clone(owned[:10]), 0xff, 0xff, 0xff, 0xff), owned[14:]...),
	} {
		f.Add(b, "wechat:a")
	}
	f.Add(owned, ownerKey)
	known := map[string]bool{"": true, gobIn(good): true, string(old): true, string(forever): true}
	f.Fuzz(func(t *testing.T, b []byte, key string) {
		if !known[gobIn(b)] {
			return
		}
		deadline, values, err := Codec{}.Decode(b)
		if err != nil || values == nil {
			t.Fatalf("rule: whatever is in the store, scs gets a session that it can write into: %v", err)
		}
		record, found := recordIn(string(b), key)
		if decoded, _ := values[key].([]byte); found && string(decoded) != record {
			t.Fatalf("rule: a record is read in place as in full: %q, %q", record, decoded)
		}
		if found && !bytes.Contains(b, []byte(key+record)) {
			t.Fatalf("rule: a record is what is there: %q of %q", record, b)
		}
		if _, asGob := values[laterKey]; asGob && len(values) > 1 {
			return // a name of this codec's own among an app's values
		}
		written, err := Codec{}.Encode(deadline, values)
		if err != nil {
			return // the app's values are of a type that gob cannot write
		}
		again, same, err := Codec{}.Decode(written)
		if err != nil || fmt.Sprint(same) != fmt.Sprint(values) || again.UnixNano() != nanoseconds(deadline) {
			t.Fatalf("rule: what is read is written so that the same is read again: %v %v, %v %v", deadline, values, again, same)
		}
		// A key of a login is read in place, too.
		if record, found := recordIn(string(written), key); strings.HasPrefix(key, recordPrefix) && found {
			if decoded, _ := values[key].([]byte); string(decoded) != record {
				t.Fatalf("rule: what was written is read in place: %q, %q", record, decoded)
			}
		}
	})
}

// gobIn is what encoding/gob would have to read in a session.
func gobIn(b []byte) string {
	if len(b) == 0 || b[0] >= firstVersion && b[0] <= lastVersion && b[0] != codecVersion {
		return ""
	}
	n, rest, ok := recordsOf(string(b))
	if !ok {
		return string(b)
	}
	for ; ok && n > 0; n-- {
		_, _, rest, ok = nextRecord(rest)
	}
	if !ok {
		return ""
	}
	return rest
}
