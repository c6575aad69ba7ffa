package proof

import (
	"math/big"
	"strings"
	"testing"
	"time"
)

// What one release has made, the next one reads: nodes of two releases run side by side,
// and a device cookie lives for months. The texts below were made at shownAt for the keys,
// the origin and the screen of the other tests.
const (
	madeState   = "01uQRkMkDhpPjARcTQxrNsOp67CEdArun0UXV9sLqhXNDaRjsuqc0"
	madeWebsite = "02DgVWUyyruabbKg1hWzCvMKfFtRxWcMfzhNNpiuHqFgkbq2Frijr"
	madeID      = "03PMGRfpVhFyVT0YIfSuUva2FidXHZtt6wtnuEHNQkkWQcgKUB2mI"
	madeConsent = "ZVPxAHaPLP7-EDAyJl_Cyi4erXQ"
	madeDevice  = "ZVPxAKsNe-SadxI3cAsKqc3nHgg"
)

func TestWhatAFormerReleaseMadeIsRead(t *testing.T) {
	states, screens := testKeys(t).WithWebsite("wxwebsite"), testScreenKeys(t)
	for text, want := range map[string]struct {
		attempt int
		website bool
	}{madeState: {3, false}, madeWebsite: {2, true}} {
		st := states.Parse(text)
		if st.Attempt != want.attempt || !st.Prompt || st.Website != want.website || !st.IssuedAt.Equal(shownAt) || !states.Verify(&st, shownAt, "b", testOrigin) {
			t.Errorf("rule: a state of a former release is verified: %s: %+v", text, st)
		}
	}
	if made := screens.NewID(shownAt, testScreen, "b", testOrigin); made != madeID {
		t.Errorf("rule: a browser shows one id, whichever release its node has: %s", made)
	}
	id, ok := screens.Parse(madeID, testOrigin)
	if !ok || id.Screen != testScreen || !id.ShownAt.Equal(shownAt) || !screens.IsShownBy(id, "b", testOrigin) || id.Flow() != "a630c4b4745e51c4" {
		t.Errorf("rule: an id of a former release is read: %+v %v", id, ok)
	}
	if made := screens.Consent(id, shownAt, "phone", "o-mei"); made != madeConsent || !screens.VerifyConsent(madeConsent, id, shownAt, "phone", "o-mei") {
		t.Errorf("rule: a form of a former release can be sent: %s", made)
	}
	if made := screens.Device(shownAt, "o-mei", testOrigin); made != madeDevice || !screens.IsDeviceOf(madeDevice, "o-mei", shownAt, testOrigin) {
		t.Errorf("rule: a device stays its person's over an upgrade: %s", made)
	}
	if hash := states.UserHash("o-mei"); hash != "6d8f806c2a89779194e1e4e73c21436c" {
		t.Errorf("rule: a person has one hash in the logs of all releases: %s", hash)
	}
}

func TestLengthsThatAreDocumented(t *testing.T) {
	for what, c := range map[string]struct{ got, want int }{
		"digits of a state": {stateDigits, 53}, "bytes of a state": {stateBytes, 39}, "digits of a flow": {len(FlowOf(madeState)), 16},
		"digits of a user hash": {len(testKeys(t).UserHash("o")), 32}, "seconds of a consent": {int(ConsentLife / time.Second), 120},
		"days of a device": {int(DeviceLife / time.Hour / 24), 90}, "logins that a binding keeps": {maxMoments, 12},
	} {
		if c.got != c.want {
			t.Errorf("rule: %s: %d, want %d", what, c.got, c.want)
		}
	}
	if login, device := CookieName("tag"), DeviceCookieName("tag"); login != "wechat_login_tag" || device != "wechat_device_tag" {
		t.Errorf("rule: cookies keep their names over an upgrade: %s %s", login, device)
	}
}

func TestWithoutAWebsiteApplicationNoWebsiteStateIsVerified(t *testing.T) {
	k := testKeys(t)
	st := k.Parse(k.NewWebsiteState(shownAt, 1, "b", testOrigin)) // its MAC covers an empty app id
	if st.Shape != OwnState || k.Verify(&st, shownAt, "b", testOrigin) {
		t.Errorf("rule: an account without a website application accepts no state of one: %+v", st)
	}
}

func TestAnIDOfAnotherAccountIsNone(t *testing.T) {
	k := testScreenKeys(t)
	for rule, other := range map[string]*ScreenKeys{
		"another account": screenKeys(t, "wxother", "0123456789abcdef0123456789abcdef"),
		"another account whose id has the same byte in front": screenKeys(t, sameAccountByte(t), "0123456789abcdef0123456789abcdef"),
	} {
		if _, ok := k.Parse(other.NewID(shownAt, testScreen, "b", testOrigin), testOrigin); ok {
			t.Errorf("rule: an id belongs to one account: %s", rule)
		}
	}
}

// sameAccountByte is another app id whose hash begins as the tests' one does.
func sameAccountByte(t *testing.T) string {
	want := sha256sum("wx0123456789abcdef")[0]
	for i := range 10_000 {
		if appID := "wx" + strings.Repeat("f", 8) + time.Duration(i).String(); sha256sum(appID)[0] == want {
			return appID
		}
	}
	t.Fatal("no such app id")
	return ""
}

func TestOneLoginMoreDropsOneLogin(t *testing.T) {
	at := func(i int) time.Time { return shownAt.Add(time.Duration(i) * time.Second) }
	b := NewBinding()
	for i := range MaxRecent {
		b = b.WithLogin(at(i), "aaaa").WithLogin(at(i), "bbbb")
	}
	b = b.WithLogin(at(3), "aaaa")
	if a, other := b.RecentLogins(at(3), "aaaa"), b.RecentLogins(at(3), "bbbb"); a != MaxRecent || other != MaxRecent {
		t.Errorf("rule: a fourth login takes the place of its account's oldest, and of no other: %d and %d", a, other)
	}
	for i, account := range []string{"cccc", "cccc", "cccc", "dddd", "dddd", "dddd"} {
		b = b.WithLogin(at(4+i), account)
	}
	for account, want := range map[string]int{"aaaa": 3, "bbbb": 3, "cccc": 3, "dddd": 3} {
		if got := b.RecentLogins(at(10), account); got != want {
			t.Errorf("rule: the latest logins of four accounts are kept: %d of %s", got, account)
		}
	}
	b = b.WithLogin(at(10), "eeee")
	if n := len(b.logins); n != maxMoments || b.RecentLogins(at(10), "bbbb") != 2 {
		t.Errorf("rule: a thirteenth login takes the place of the oldest of all: %d are kept: %s", n, b)
	}
}

func TestACookieThatIsTooLongIsNotLookedInto(t *testing.T) {
	long := NewBinding().ID + strings.Repeat(".0", 10_000)
	if allocs := testing.AllocsPerRun(10, func() { ParseBinding(long) }); allocs != 0 {
		t.Errorf("rule: reading a cookie costs no more than the longest of ours: %v allocations", allocs)
	}
	if b, ok := ParseBinding(long); ok || b.ID != "" {
		t.Errorf("rule: and is not read: %v %q", ok, b.ID)
	}
	most := NewBinding().ID
	for _, kind := range []string{"", lostMark} {
		for _, account := range []string{"aaaa", "bbbb", "cccc", "dddd"} {
			most += strings.Repeat("."+kind+"1z141z3~"+account, MaxRecent)
		}
	}
	if b, ok := ParseBinding(most); !ok || len(b.logins) != 12 || len(b.lost) != 12 {
		t.Errorf("rule: the longest of ours is read: %v %d %d", ok, len(b.logins), len(b.lost))
	}
	if _, ok := ParseBinding(most + ".0~eeee"); ok {
		t.Error("rule: and nothing longer")
	}
}

func TestANumberThatIsTooLargeIsNoID(t *testing.T) {
	k := testScreenKeys(t)
	raw, _ := decodeBase62(madeID)
	n := new(big.Int).SetBytes(raw[:])
	n.Add(n, new(big.Int).Lsh(big.NewInt(1), 8*stateBytes))
	digits := make([]byte, stateDigits)
	for i := stateDigits - 1; i >= 0; i-- {
		rest := new(big.Int)
		n.DivMod(n, big.NewInt(62), rest)
		digits[i] = base62[rest.Int64()]
	}
	for _, text := range []string{string(digits), madeID[1:], madeID + "0", "0" + madeID, madeID[:52] + "-", ""} {
		if id, ok := k.Parse(text, testOrigin); ok || id != (ScreenID{}) {
			t.Errorf("rule: an id is one text: %q is read as %+v", text, id)
		}
	}
}

func TestABrowserWithoutACookieShowsNoID(t *testing.T) {
	k := testScreenKeys(t)
	id, ok := k.Parse(k.NewID(shownAt, testScreen, "", testOrigin), testOrigin)
	if !ok || k.IsShownBy(id, "", testOrigin) {
		t.Errorf("rule: without a binding cookie a browser is not told from others: %+v", id)
	}
}

func TestAStateHasAName(t *testing.T) {
	k := testKeys(t)
	one, two := k.Parse(k.NewState(shownAt, 1, false, "b", testOrigin)), k.Parse(k.NewState(shownAt, 1, false, "b", testOrigin))
	again := k.Parse(madeState)
	if one.ID() == two.ID() || again.ID() != k.Parse(madeState).ID() || len(again.ID()) != 15 {
		t.Errorf("rule: each state has a name of its own: %x %x", one.ID(), two.ID())
	}
	if strings.Contains(again.ID(), string(again.raw[headerEnd:headerMACEnd])) {
		t.Error("rule: its name tells nothing of its MACs")
	}
}
