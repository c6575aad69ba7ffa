package proof

import (
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/seed467724c4/wechat/core/internal/web"
)

func testKeys(t testing.TB) *Keys {
	k, err := NewKeys("wx0123456789abcdef", "0123456789abcdef0123456789abcdef")
	if err != nil {
		t.Fatal(err)
	}
	return &k
}

var testOrigin = web.Origin{Scheme: "https", Host: "app.example.com"}

func TestAStateIs53DigitsWeChatAccepts(t *testing.T) {
	k, seen := testKeys(t), map[string]bool{}
	for range 20000 {
		s := k.NewState(time.Now(), 1, false, "binding", testOrigin)
		if len(s) != stateDigits || strings.ContainsAny(s, "-_") || !web.IsWord(s) {
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
	for attempt := 1; attempt <= 3; attempt++ {
		for _, prompt := range []bool{false, true} {
			st := k.Parse(k.NewState(now, attempt, prompt, "b", testOrigin))
			if st.Shape != OwnState || st.Attempt != attempt || st.Prompt != prompt || !st.IssuedAt.Equal(now) {
				t.Errorf("%+v", st)
			}
		}
	}
}

func TestAStateIsValidForOneBrowserHereAndNow(t *testing.T) {
	k := testKeys(t)
	other, _ := NewKeys("wxother", "0123456789abcdef0123456789abcdef")
	secret, _ := NewKeys("wx0123456789abcdef", "another")
	now := time.Now()
	s := k.NewState(now, 1, false, "b", testOrigin)
	for rule, c := range map[string]struct {
		keys    *Keys
		now     time.Time
		binding string
		at      web.Origin
		want    bool
	}{
		"as given":                 {k, now, "b", testOrigin, true},
		"ten minutes later":        {k, now.Add(StateLife - time.Second), "b", testOrigin, true},
		"over ten minutes later":   {k, now.Add(StateLife + 2*time.Second), "b", testOrigin, false},
		"a minute before":          {k, now.Add(-time.Minute), "b", testOrigin, true},
		"ten minutes before":       {k, now.Add(-10 * time.Minute), "b", testOrigin, false},
		"another browser":          {k, now, "c", testOrigin, false},
		"another scheme":           {k, now, "b", web.Origin{Scheme: "http", Host: testOrigin.Host}, false},
		"another host":             {k, now, "b", web.Origin{Scheme: "https", Host: "b.example.com"}, false},
		"another path of the site": {k, now, "b", web.Origin{Scheme: "https", Host: testOrigin.Host, Prefix: "/x"}, true},
		"another account":          {&other, now, "b", testOrigin, false},
		"another secret":           {&secret, now, "b", testOrigin, false},
	} {
		st := c.keys.Parse(s)
		if got := c.keys.Verify(&st, c.now, c.binding, c.at); got != c.want {
			t.Errorf("%s: %v", rule, got)
		}
	}
}

func TestEveryBitOfAStateCounts(t *testing.T) {
	k, now := testKeys(t), time.Now()
	raw, _ := decodeBase62(k.NewState(now, 1, false, "b", testOrigin))
	for bit := range stateBytes * 8 {
		flipped := raw
		flipped[bit/8] ^= 1 << (bit % 8)
		st := k.Parse(encodeBase62(flipped))
		if k.Verify(&st, now, "b", testOrigin) {
			t.Errorf("bit %d may be flipped", bit)
		}
		if bit/8 < headerMACEnd && st.Shape == OwnState {
			t.Errorf("bit %d of the header may be flipped without a key", bit)
		}
	}
}

func TestTheAttemptOfAForgedStateCounts(t *testing.T) {
	k := testKeys(t)
	raw, _ := decodeBase62(k.NewState(time.Now(), 3, false, "b", testOrigin))
	raw[headerEnd]++
	if st := k.Parse(encodeBase62(raw)); st.Shape != ForgedState || st.Attempt != 3 {
		t.Errorf("%+v", st)
	}
	raw[6]++
	if st := k.Parse(encodeBase62(raw)); st.Shape != ForeignState || st.Attempt != 0 {
		t.Errorf("another account's is not of our shape: %+v", st)
	}
	raw[6]--
	raw[0]++
	if st := k.Parse(encodeBase62(raw)); st.Shape != ForeignState || st.Attempt != 0 {
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

func TestTheBindingCookieCountsLogins(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	b := NewBinding()
	for i := range 5 {
		b = b.WithLogin(now.Add(time.Duration(i)*time.Second), "")
	}
	back, ok := ParseBinding(b.String())
	if !ok || back.ID != b.ID || len(back.logins) != MaxRecent || back.RecentLogins(now, "") != MaxRecent || back.RecentLogins(now.Add(2*time.Minute), "") != 0 {
		t.Errorf("%v %v", ok, back)
	}
	if len(b.String()) > 80 {
		t.Errorf("%d bytes", len(b.String()))
	}
	for _, bad := range []string{"", "short", b.ID + ".", b.ID + ".-1", b.ID + ".1.2.3.4", b.ID[1:] + "!", b.ID + ".zzzzzzzzzzzzzzzzz"} {
		if _, ok := ParseBinding(bad); ok {
			t.Errorf("%q is not one of ours", bad)
		}
	}
}

func TestAFormerSecretVerifiesAndNeverSigns(t *testing.T) {
	now := time.Now()
	keys := func(secret string, previous ...string) *Keys {
		k, err := NewKeys("wx0123456789abcdef", secret, previous...)
		if err != nil {
			t.Fatal(err)
		}
		return &k
	}
	both := keys("now", "another", "former")
	verified := func(k *Keys, state, binding string) bool {
		st := k.Parse(state)
		return k.Verify(&st, now, binding, testOrigin)
	}
	former := keys("former").NewState(now, 2, true, "b", testOrigin)
	if st := both.Parse(former); st.Shape != OwnState || st.Attempt != 2 || !st.Prompt || !verified(both, former, "b") {
		t.Errorf("rule: a state of a former secret is read and verified: %+v", st)
	}
	if verified(both, former, "c") {
		t.Error("rule: a former secret's state is for one browser as well")
	}
	if !verified(keys("now"), both.NewState(now, 1, false, "b", testOrigin), "b") {
		t.Error("rule: only the present secret signs")
	}
	if verified(keys("now", "another"), former, "b") || verified(keys("former"), both.NewState(now, 1, false, "b", testOrigin), "b") {
		t.Error("rule: a secret that is not listed verifies nothing")
	}
}
