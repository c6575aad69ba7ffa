package proof

import (
	"testing"
	"time"

	"github.com/seed467724c4/wechat/core/internal/web"
)

func screenKeys(t testing.TB, appID, secret string, previous ...string) *ScreenKeys {
	t.Helper()
	k, err := NewScreenKeys(appID, secret, previous...)
	if err != nil {
		t.Fatal(err)
	}
	return &k
}

func testScreenKeys(t testing.TB) *ScreenKeys {
	return screenKeys(t, "wx0123456789abcdef", "0123456789abcdef0123456789abcdef")
}

var (
	shownAt    = time.Unix(1_700_000_000, 0)
	testScreen = Screen{Browser: web.Firefox, System: web.Linux, Prompt: true}
)

func TestAnIDTellsWhatTheScreenIs(t *testing.T) {
	k := testScreenKeys(t)
	for browser := range web.Browsers {
		for system := range web.Systems {
			for _, prompt := range []bool{false, true} {
				want := Screen{browser, system, prompt}
				id, ok := k.Parse(k.NewID(shownAt, want, "b", testOrigin), testOrigin)
				if !ok || id.Screen != want || !id.ShownAt.Equal(shownAt) || !k.IsShownBy(id, "b", testOrigin) {
					t.Errorf("rule: an id carries scope, browser, system and time: %+v, want %+v", id, want)
				}
			}
		}
	}
	if web.Browsers > familyMask+1 || web.Systems > familyMask+1 {
		t.Error("rule: every family has a number that fits")
	}
}

func TestAnIDIsNeverAStateAndAStateIsNeverAnID(t *testing.T) {
	states, screens := testKeys(t), testScreenKeys(t)
	id := screens.NewID(shownAt, testScreen, "b", testOrigin)
	if len(id) != stateDigits {
		t.Errorf("rule: an id has 53 digits: %q", id)
	}
	if st := states.Parse(id); st != (State{}) {
		t.Errorf("rule: an id is foreign to states: %+v", st)
	}
	if _, ok := screens.Parse(states.NewState(shownAt, 1, false, "b", testOrigin), testOrigin); ok {
		t.Error("rule: a state is no id")
	}
	// With the version changed, the keys still tell them apart.
	raw, _ := decodeBase62(id)
	raw[0] = stateVersion
	if st := states.Parse(encodeBase62(raw)); st.Shape == OwnState {
		t.Error("rule: states and ids have keys of their own")
	}
}

func TestAllTabsOfABrowserShowOneID(t *testing.T) {
	k := testScreenKeys(t)
	id := k.NewID(shownAt, testScreen, "b", testOrigin)
	parsed, _ := k.Parse(id, testOrigin)
	if id != k.NewID(shownAt.Add(999*time.Millisecond), testScreen, "b", testOrigin) {
		t.Error("rule: the same browser and second make the same id")
	}
	name := func(since time.Time, s Screen, binding string, at web.Origin) string {
		other, _ := k.Parse(k.NewID(since, s, binding, at), at)
		return other.Name()
	}
	silent := testScreen
	silent.Prompt = false
	if name(shownAt, silent, "b", testOrigin) != parsed.Name() {
		t.Error("rule: tabs that need other scopes share what is noted")
	}
	for rule, other := range map[string]string{
		"another second":  name(shownAt.Add(time.Second), testScreen, "b", testOrigin),
		"another browser": name(shownAt, testScreen, "c", testOrigin),
		"another host":    name(shownAt, testScreen, "b", web.Origin{Scheme: "https", Host: "b.example.com"}),
		"another scheme":  name(shownAt, testScreen, "b", web.Origin{Scheme: "http", Host: testOrigin.Host}),
	} {
		if other == parsed.Name() || len(other) != len(parsed.Name()) {
			t.Errorf("rule: %s has a name of its own", rule)
		}
	}
}

func TestOnlyTheScreenThatShowsAnIDOwnsIt(t *testing.T) {
	k := testScreenKeys(t)
	id := k.NewID(shownAt, testScreen, "b", testOrigin)
	elsewhere := web.Origin{Scheme: "https", Host: "b.example.com"}
	for rule, c := range map[string]struct {
		keys        *ScreenKeys
		binding     string
		at          web.Origin
		parsed, own bool
	}{
		"its own browser":                  {k, "b", testOrigin, true, true},
		"another path of the site":         {k, "b", web.Origin{Scheme: "https", Host: testOrigin.Host, Prefix: "/x"}, true, true},
		"another browser":                  {k, "c", testOrigin, true, false},
		"a browser without a cookie":       {k, "", testOrigin, true, false},
		"another site of the account":      {k, "b", elsewhere, false, false},
		"another scheme":                   {k, "b", web.Origin{Scheme: "http", Host: testOrigin.Host}, false, false},
		"another account":                  {screenKeys(t, "wxother", "0123456789abcdef0123456789abcdef"), "b", testOrigin, false, false},
		"another secret":                   {screenKeys(t, "wx0123456789abcdef", "another"), "b", testOrigin, false, false},
		"a secret that was replaced by it": {screenKeys(t, "wx0123456789abcdef", "now", "older", "0123456789abcdef0123456789abcdef"), "b", testOrigin, true, true},
	} {
		parsed, ok := c.keys.Parse(id, c.at)
		if ok != c.parsed || ok && c.keys.IsShownBy(parsed, c.binding, c.at) != c.own {
			t.Errorf("rule: %s: parsed %v", rule, ok)
		}
	}
	parsed, _ := k.Parse(id, testOrigin)
	if k.IsShownBy(parsed, "b", elsewhere) || k.IsShownBy(ScreenID{}, "b", testOrigin) {
		t.Error("rule: the full MAC covers the origin too, and no id is nobody's")
	}
}

func TestEveryBitOfAnIDIsCovered(t *testing.T) {
	k := testScreenKeys(t)
	raw, _ := decodeBase62(k.NewID(shownAt, testScreen, "b", testOrigin))
	for bit := range stateBytes * 8 {
		flipped := raw
		flipped[bit/8] ^= 1 << (bit % 8)
		id, ok := k.Parse(encodeBase62(flipped), testOrigin)
		if ok && k.IsShownBy(id, "b", testOrigin) {
			t.Errorf("bit %d may be flipped", bit)
		}
		if bit/8 < headerMACEnd && ok {
			t.Errorf("bit %d of the header may be flipped without a key", bit)
		}
	}
}

func TestAConsentIsForOneFormOfOnePerson(t *testing.T) {
	k := testScreenKeys(t)
	id, _ := k.Parse(k.NewID(shownAt, testScreen, "screen", testOrigin), testOrigin)
	other, _ := k.Parse(k.NewID(shownAt, testScreen, "another", testOrigin), testOrigin)
	form := k.Consent(id, shownAt, "phone", "o-mei")
	replaced := screenKeys(t, "wx0123456789abcdef", "now", "0123456789abcdef0123456789abcdef")
	for rule, c := range map[string]struct {
		keys            *ScreenKeys
		form            string
		id              ScreenID
		now             time.Time
		binding, openID string
		want            bool
	}{
		"the form as it was shown":        {k, form, id, shownAt, "phone", "o-mei", true},
		"120 seconds later":               {k, form, id, shownAt.Add(120 * time.Second), "phone", "o-mei", true},
		"later than 120 seconds":          {k, form, id, shownAt.Add(120*time.Second + 1), "phone", "o-mei", false},
		"a clock that is 2 minutes ahead": {k, form, id, shownAt.Add(-ClockSkew), "phone", "o-mei", true},
		"from the future":                 {k, form, id, shownAt.Add(-ClockSkew - 1), "phone", "o-mei", false},
		"another id":                      {k, form, other, shownAt, "phone", "o-mei", false},
		"another browser":                 {k, form, id, shownAt, "screen", "o-mei", false},
		"a browser without a cookie":      {k, k.Consent(id, shownAt, "", "o-mei"), id, shownAt, "", "o-mei", false},
		"the phone has another person":    {k, form, id, shownAt, "phone", "o-jun", false},
		"before the secret was replaced":  {replaced, form, id, shownAt, "phone", "o-mei", true},
		"nothing":                         {k, "", id, shownAt, "phone", "o-mei", false},
		"one byte less":                   {k, form[1:], id, shownAt, "phone", "o-mei", false},
		"another time":                    {k, "AAAA" + form[4:], id, time.Unix(0, 0), "phone", "o-mei", false},
		"a device cookie":                 {k, k.Device(shownAt, "o-mei", testOrigin), id, shownAt, "phone", "o-mei", false},
	} {
		if got := c.keys.VerifyConsent(c.form, c.id, c.now, c.binding, c.openID); got != c.want {
			t.Errorf("rule: %s: %v", rule, got)
		}
	}
}

func TestADeviceIsOnePersonsForNinetyDays(t *testing.T) {
	k := testScreenKeys(t)
	cookie := k.Device(shownAt, "o-mei", testOrigin)
	if !web.IsWord(cookie) || len(cookie) != 27 {
		t.Errorf("rule: a device cookie is short and needs no quotes: %q", cookie)
	}
	for rule, c := range map[string]struct {
		keys           *ScreenKeys
		cookie, openID string
		now            time.Time
		at             web.Origin
		want           bool
	}{
		"its person":                    {k, cookie, "o-mei", shownAt, testOrigin, true},
		"after 90 days":                 {k, cookie, "o-mei", shownAt.Add(90 * 24 * time.Hour), testOrigin, true},
		"after more":                    {k, cookie, "o-mei", shownAt.Add(90*24*time.Hour + 1), testOrigin, false},
		"another person":                {k, cookie, "o-jun", shownAt, testOrigin, false},
		"nobody":                        {k, k.Device(shownAt, "", testOrigin), "", shownAt, testOrigin, false},
		"another site":                  {k, cookie, "o-mei", shownAt, web.Origin{Scheme: "https", Host: "b.example.com"}, false},
		"after the secret was replaced": {screenKeys(t, "wx0123456789abcdef", "now", "0123456789abcdef0123456789abcdef"), cookie, "o-mei", shownAt, testOrigin, false},
		"another account":               {screenKeys(t, "wxother", "0123456789abcdef0123456789abcdef"), cookie, "o-mei", shownAt, testOrigin, false},
		"no cookie":                     {k, "", "o-mei", shownAt, testOrigin, false},
		"an altered cookie":             {k, cookie[:26] + "!", "o-mei", shownAt, testOrigin, false},
	} {
		if got := c.keys.IsDeviceOf(c.cookie, c.openID, c.now, c.at); got != c.want {
			t.Errorf("rule: %s: %v", rule, got)
		}
	}
}
