package session

import (
	"bytes"
	"encoding/gob"
	"encoding/hex"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alexedwards/scs/v2"
)

// A session is read by later releases and by other nodes, so its bytes must not change.
func TestTheBytesOfASession(t *testing.T) {
	const written = "c1" + "0000000000000005" + "01" + "0008" + "0006" + "7765636861743a61" + "7265636f7264"
	values := map[string]any{"wechat:a": []byte("record")}
	b, err := Codec{}.Encode(time.Unix(0, 5), values)
	if err != nil || hex.EncodeToString(b) != written {
		t.Errorf("rule: a record is written behind version, deadline and count, with both lengths in front: %x %v", b, err)
	}
	b, _ = hex.DecodeString(written)
	deadline, got, err := Codec{}.Decode(b)
	if err != nil || !deadline.Equal(time.Unix(0, 5)) || !reflect.DeepEqual(got, values) {
		t.Errorf("rule: what an earlier release wrote is read: %v %v %v", deadline, got, err)
	}
	if record, found := recordIn(string(b), "wechat:a"); record != "record" || !found {
		t.Errorf("rule: in place, too: %q %t", record, found)
	}
	if n := BigEndian("\x01\x02\x03\x04\x05\x06\x07\x08"); n != 0x0102030405060708 {
		t.Errorf("rule: a number of eight bytes is read: %x", n)
	}
}

func TestVersionsOfSessions(t *testing.T) {
	for first := 0xB0; first <= 0xDF; first++ {
		for size, kept := range map[int]bool{1: false, 9: false, 10: true, 13: true} {
			session := append([]byte{byte(first)}, make([]byte, size-1)...)
			_, values, err := Codec{}.Decode(session)
			later := kept && 0xC0 <= first && first <= 0xCF && first != 0xC1
			if bytesKept, _ := values[laterKey].([]byte); err != nil || values == nil || later != bytes.Equal(bytesKept, session) || !later && len(values) != 0 {
				t.Errorf("rule: C1 is ours, C0 to CF with a deadline are other releases', and everything else is none: %x: %v %v", session, values, err)
			}
		}
	}
}

func TestWhichValuesAreReadInPlace(t *testing.T) {
	text := func(n int) []byte { return bytes.Repeat([]byte("r"), n) }
	key := func(n int) string { return "wechat:" + strings.Repeat("k", n-len("wechat:")) }
	for _, tt := range []struct {
		rule, key string
		value     any
		inPlace   bool
	}{
		{"a record", "wechat:a", text(6), true},
		{"an empty record", "wechat:a", text(0), true},
		{"a record of 256 bytes under a key of 256", key(256), text(256), true},
		{"a record of 65,535 bytes", "wechat:a", text(65_535), true},
		{"a larger record", "wechat:a", text(65_536), false},
		{"a key of 65,535 bytes", key(65_535), text(1), true},
		{"a longer key", key(65_536), text(1), false},
		{"bytes of the app's", "cart", text(6), false},
		{"a text under our prefix", "wechat:a", "text", false},
	} {
		values := map[string]any{tt.key: tt.value}
		b, err := Codec{}.Encode(time.Unix(1, 0), values)
		if err != nil {
			t.Fatal(err)
		}
		if _, found := recordIn(string(b), tt.key); found != tt.inPlace {
			t.Errorf("rule: %s: read in place %t", tt.rule, found)
		}
		_, got, err := Codec{}.Decode(b)
		if want, ok := tt.value.([]byte); err != nil || len(got) != 1 || ok && !bytes.Equal(got[tt.key].([]byte), want) || !ok && got[tt.key] != tt.value {
			t.Errorf("rule: nothing is lost: %s: %d values %v", tt.rule, len(got), err)
		}
	}
	many := map[string]any{}
	for i := range 300 {
		many[key(8+i)] = text(1 + i)
	}
	b, err := Codec{}.Encode(time.Unix(1, 0), many)
	_, got, decodeErr := Codec{}.Decode(b)
	if err != nil || decodeErr != nil || b[9] != 255 || !reflect.DeepEqual(got, many) {
		t.Errorf("rule: 255 records are in place, and the others are not lost: %d, %d of 300 %v %v", b[9], len(got), err, decodeErr)
	}
}

func TestOnlyCountedRecordsAreRead(t *testing.T) {
	one, _ := Codec{}.Encode(time.Unix(1, 0), map[string]any{"wechat:a": []byte("record")})
	none := bytes.Clone(one)
	none[9] = 0
	if record, found := recordIn(string(none), "wechat:a"); found {
		t.Errorf("rule: behind the last record stands what is the app's: %q", record)
	}
	two := append(append(bytes.Clone(one), one[10:]...), 'x')
	if two[9] = 2; len(two) > 0 {
		two[len(two)-2] = 'D' // the second record is "recorD"
	}
	if record, _ := recordIn(string(two), "wechat:a"); record != "record" {
		t.Errorf("rule: the first of two records counts: %q", record)
	}
	if _, values, _ := (Codec{}).Decode(two); string(values["wechat:a"].([]byte)) != "record" {
		t.Errorf("rule: in both ways to read: %q", values["wechat:a"])
	}
	for n := range len(one) {
		_, values, err := Codec{}.Decode(one[:n])
		record, found := recordIn(string(one[:n]), "wechat:a")
		if err != nil || len(values) != 0 || found {
			t.Errorf("rule: a session that is cut inside its record holds none: %d bytes: %v %q %v", n, values, record, err)
		}
	}
}

func TestAnUnreadableSessionLastsADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		deadline, _, err := Codec{}.Decode([]byte("garbage"))
		if err != nil || !deadline.Equal(time.Now().Add(24*time.Hour)) {
			t.Errorf("rule: a session that cannot be read stands for a day: %v %v", deadline, err)
		}
	})
}

// explosive is a value of an app's whose decoder panics.
type explosive struct{}

func (explosive) GobEncode() ([]byte, error) { return []byte("x"), nil }
func (*explosive) GobDecode([]byte) error    { panic("a secret of the app's") }

func TestValuesOfScsSessions(t *testing.T) {
	gob.RegisterName("session.explosive", explosive{})
	for rule, before := range map[string]map[string]any{
		"a session without values is an empty one":      nil,
		"a value that panics leaves an empty session":   {"x": explosive{}},
		"a value that panics leaves no login beside it": {"x": explosive{}, "wechat:a": []byte("record")},
		"an empty map of values is an empty session":    {},
	} {
		b, err := scs.GobCodec{}.Encode(time.Unix(1, 0), before)
		if err != nil {
			t.Fatal(err)
		}
		_, values, err := Codec{}.Decode(b)
		if err != nil || values == nil || len(values) != 0 {
			t.Errorf("rule: %s: %v %v", rule, values, err)
		}
	}
}

// A store that mixes up its answers may cut them short, too.
func TestASessionThatWasCutShortHasItsOwnerOrNoLogin(t *testing.T) {
	const login = recordPrefix + "wx0123456789abcdef"
	for range 20 { // maps have no order
		b, err := Codec{}.Encode(time.Now(), map[string]any{
			"cart": 3, login: []byte("a record"), ownerKey: []byte("an owner"), recordPrefix + "wxanother": []byte("another"),
		})
		if err != nil {
			t.Fatal(err)
		}
		logins := 0
		for n := range len(b) + 1 {
			cut := string(b[:n])
			_, loggedIn := recordIn(cut, login)
			if owner, _ := recordIn(cut, ownerKey); loggedIn && owner != "an owner" {
				t.Fatalf("rule: a login is read only together with its owner; the first %d of %d bytes have none", n, len(b))
			}
			if loggedIn {
				logins++
			}
		}
		if logins == 0 {
			t.Fatal("rule: the whole session has the login")
		}
	}
}
