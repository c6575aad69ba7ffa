package core

import (
	"math/big"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"
)

func testKeys(t testing.TB) *keys {
	k, err := newKeys(testAppID, testSecret)
	if err != nil {
		t.Fatal(err)
	}
	return &k
}

var testOrigin = origin{scheme: "https", host: "app.example.com"}

func TestAStateIs53DigitsWeChatAccepts(t *testing.T) {
	k, seen := testKeys(t), map[string]bool{}
	for range 20000 {
		s := k.mint(time.Now(), 1, Silent, "binding", testOrigin)
		if len(s) != stateDigits || strings.ContainsAny(s, "-_") || !isWord(s) {
			t.Fatalf("%q", s)
		}
		if seen[s] {
			t.Fatal("two states are the same")
		}
		seen[s] = true
	}
}

func TestAStateHoldsWhatItWasGiven(t *testing.T) {
	k := testKeys(t)
	now := time.Unix(1_700_000_000, 0)
	for attempt := 1; attempt <= maxAttempts; attempt++ {
		for _, scope := range []Scope{Silent, Prompt} {
			st := k.read(k.mint(now, attempt, scope, "b", testOrigin))
			if st.shape != ourState || st.attempt != attempt || st.scope != scope || !st.issued.Equal(now) {
				t.Errorf("%+v", st)
			}
		}
	}
}

func TestAStateIsValidForOneBrowserHereAndNow(t *testing.T) {
	k := testKeys(t)
	other, _ := newKeys("wxother", testSecret)
	secret, _ := newKeys(testAppID, "another")
	now := time.Now()
	s := k.mint(now, 1, Silent, "b", testOrigin)
	for rule, c := range map[string]struct {
		keys    *keys
		now     time.Time
		binding string
		at      origin
		want    bool
	}{
		"as given":                 {k, now, "b", testOrigin, true},
		"ten minutes later":        {k, now.Add(stateLife - time.Second), "b", testOrigin, true},
		"over ten minutes later":   {k, now.Add(stateLife + 2*time.Second), "b", testOrigin, false},
		"a minute before":          {k, now.Add(-time.Minute), "b", testOrigin, true},
		"ten minutes before":       {k, now.Add(-10 * time.Minute), "b", testOrigin, false},
		"another browser":          {k, now, "c", testOrigin, false},
		"another scheme":           {k, now, "b", origin{scheme: "http", host: testOrigin.host}, false},
		"another host":             {k, now, "b", origin{scheme: "https", host: "b.example.com"}, false},
		"another path of the site": {k, now, "b", origin{scheme: "https", host: testOrigin.host, prefix: "/x"}, true},
		"another account":          {&other, now, "b", testOrigin, false},
		"another secret":           {&secret, now, "b", testOrigin, false},
	} {
		st := c.keys.read(s)
		if got := c.keys.valid(&st, c.now, c.binding, c.at); got != c.want {
			t.Errorf("%s: %v", rule, got)
		}
	}
}

func TestEveryBitOfAStateCounts(t *testing.T) {
	k, now := testKeys(t), time.Now()
	raw, _ := decodeBase62(k.mint(now, 1, Silent, "b", testOrigin))
	for bit := range stateBytes * 8 {
		flipped := raw
		flipped[bit/8] ^= 1 << (bit % 8)
		st := k.read(encodeBase62(flipped))
		if k.valid(&st, now, "b", testOrigin) {
			t.Errorf("bit %d may be flipped", bit)
		}
		if bit/8 < headerMACEnd && st.shape == ourState {
			t.Errorf("bit %d of the header may be flipped without a key", bit)
		}
	}
}

func TestTheAttemptOfAForgedStateCounts(t *testing.T) {
	k := testKeys(t)
	raw, _ := decodeBase62(k.mint(time.Now(), 3, Silent, "b", testOrigin))
	raw[headerEnd]++
	if st := k.read(encodeBase62(raw)); st.shape != forgedState || st.attempt != 3 {
		t.Errorf("%+v", st)
	}
	raw[6]++
	if st := k.read(encodeBase62(raw)); st.shape != foreignState || st.attempt != 0 {
		t.Errorf("another account's is not of our shape: %+v", st)
	}
	raw[6]--
	raw[0]++
	if st := k.read(encodeBase62(raw)); st.shape != foreignState || st.attempt != 0 {
		t.Errorf("another version is not of our shape: %+v", st)
	}
}

func TestBase62IsOneTextForOneValue(t *testing.T) {
	for range 2000 {
		var b [stateBytes]byte
		for i := range b {
			b[i] = byte(rand.Uint32())
		}
		if rand.IntN(4) == 0 {
			clear(b[:rand.IntN(stateBytes)])
		}
		s := encodeBase62(b)
		want := new(big.Int)
		for _, c := range s {
			want.Add(want.Mul(want, big.NewInt(62)), big.NewInt(int64(strings.IndexRune(base62, c))))
		}
		if got := new(big.Int).SetBytes(b[:]); got.Cmp(want) != 0 {
			t.Fatalf("%x is not %s", b, s)
		}
		if back, ok := decodeBase62(s); !ok || back != b {
			t.Fatalf("%x comes back as %x", b, back)
		}
	}
	for _, bad := range []string{"", strings.Repeat("z", stateDigits), strings.Repeat("0", stateDigits-1), strings.Repeat("0", stateDigits+1), strings.Repeat("0", stateDigits-1) + "-"} {
		if _, ok := decodeBase62(bad); ok {
			t.Errorf("%q is no state", bad)
		}
	}
}

func TestARecordComesBackAsItWas(t *testing.T) {
	u := User{AppID: testAppID, OpenID: "oABC", UnionID: "oU", Scope: Prompt, Nickname: "小明🎉", Avatar: "https://x/132", Sex: 2,
		Country: "c", Province: "p", City: "ci", Privilege: []string{"chinaunicom", ""}, LoggedInAt: time.Unix(1_700_000_000, 0), AppUserID: "42"}
	for _, u := range []User{u, {AppID: testAppID, OpenID: "o", Scope: Silent, LoggedInAt: time.Unix(1, 0)}} {
		in := record{user: u, touched: 77}
		b, err := in.encode()
		if err != nil {
			t.Fatal(err)
		}
		out, ok := decodeRecord(string(b), testAppID)
		if !ok || !reflect.DeepEqual(in, out) {
			t.Errorf("%v\n%+v\n%+v", ok, in, out)
		}
		for cut := range b {
			if _, ok := decodeRecord(string(b[:cut]), testAppID); ok {
				t.Errorf("cut at %d it is still a user", cut)
			}
		}
		if _, ok := decodeRecord(string(b)+"\x00", testAppID); ok {
			t.Error("a byte too many is accepted")
		}
		b[1] = 9
		if _, ok := decodeRecord(string(b), testAppID); ok {
			t.Error("an unknown scope is accepted")
		}
	}
}

func FuzzDecodeRecord(f *testing.F) {
	r := record{user: User{OpenID: "oABC", Scope: Prompt, Nickname: "n", Privilege: []string{"p"}}}
	b, _ := r.encode()
	f.Add(b)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		if r, ok := decodeRecord(string(b), testAppID); ok && r.user.OpenID == "" {
			t.Error("a user without an open id")
		}
	})
}

func FuzzTargetComesBackAsItWas(f *testing.F) {
	for _, s := range []string{"/", "/a?b=c&code=1", "/?", "/x?&&state", "/x?_wx=1&_wx", "//a?state=x&state"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		asked, ok := parseTarget(raw)
		if !ok {
			return
		}
		out := asked.outbound().String()
		sep := "?"
		if strings.Contains(out, "?") {
			sep = "&"
		}
		back, ok := parseTarget(out + sep + "code=C&state=S")
		if !ok {
			return // longer than a target may be
		}
		if got := back.clean().String(); got != raw {
			t.Errorf("%q comes back as %q", raw, got)
		}
	})
}
