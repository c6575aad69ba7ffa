package proof

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/seed467724c4/wechat/core/internal/vault"
	"github.com/seed467724c4/wechat/core/internal/web"
)

const (
	fuzzAppID   = "wx0123456789abcdef"
	fuzzWebsite = "wxfedcba9876543210"
	fuzzSecret  = "a secret of this fuzz test"
)

// bytesOf reads 53 digits with math/big: another way than decodeBase62.
func bytesOf(text string) (b []byte, ok bool) {
	if len(text) != 53 {
		return nil, false
	}
	n := new(big.Int)
	for _, c := range []byte(text) {
		at := strings.IndexByte("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", c)
		if at < 0 {
			return nil, false
		}
		n.Add(n.Mul(n, big.NewInt(62)), big.NewInt(int64(at)))
	}
	if n.BitLen() > 8*39 {
		return nil, false
	}
	return n.FillBytes(make([]byte, 39)), true
}

// macOf is the MAC for a purpose, made from the secret alone.
func macOf(t *testing.T, purpose string, parts ...[]byte) []byte {
	t.Helper()
	key, err := vault.Derive(fuzzAppID, fuzzSecret, purpose)
	if err != nil {
		t.Fatal(err)
	}
	h := hmac.New(sha256.New, key)
	h.Write(bytes.Join(parts, nil))
	return h.Sum(nil)
}

// changed is text with one character exchanged or left out, by the fuzzer's choice.
func changed(text string, at uint8, by byte) string {
	i := int(at) % len(text)
	if by == 0 {
		return text[:i] + text[i+1:]
	}
	return text[:i] + string([]byte{by}) + text[i+1:]
}

// FuzzState holds what a state proves: whatever text comes back, it is ours only with a
// MAC of this key; and a state that was made verifies for the same browser, site and time
// and for nothing else.
func FuzzState(f *testing.F) {
	keys, err := NewKeys(fuzzAppID, fuzzSecret)
	if err != nil {
		f.Fatal(err)
	}
	keys = keys.WithWebsite(fuzzWebsite)
	made := time.Unix(1_700_000_000, 0)
	first := keys.NewState(made, 1, true, "K1", web.Origin{Scheme: "https", Host: "app.example.com"})
	for _, text := range []string{
		first, first[:52], first + "0", first + "https://i.maxthon.cn", "", strings.Repeat("0", 53), strings.Repeat("z", 53),
		strings.Repeat("\xff", 53), " " + first[1:], "%" + first[1:],
	} {
		f.Add(text, uint8(1), uint8(1), "K1", "K2", "app.example.com", "evil.example", int64(60), uint8(7), byte('0'))
	}
	f.Add(first, uint8(3), uint8(3), "K1", "", "a", "a:8443", int64(600), uint8(52), byte(0))
	f.Add(first, uint8(255), uint8(2), "", "K", "", "a", int64(601), uint8(0), byte('Z'))
	f.Add(first, uint8(16), uint8(0), "K", "Kx", "xhost", "host", int64(-121), uint8(22), byte('a'))
	f.Fuzz(func(t *testing.T, text string, attempt, kind uint8, browser, otherBrowser, host, otherHost string, age int64, at uint8, by byte) {
		st := keys.Parse(text)
		b, isNumber := bytesOf(text)
		ours := isNumber && b[0] == 1 && b[6] == keys.account
		signed := ours && hmac.Equal(macOf(t, "state header", b[:15])[:8], b[15:23])
		if (st.Shape != ForeignState) != ours || (st.Shape == OwnState) != signed {
			t.Fatalf("rule: a state of our shape is ours, and ours alone with this key's MAC: %q is read as %d", text, st.Shape)
		}
		if st.Shape == ForeignState && (st.Attempt != 0 || st.Prompt || st.Website) || st.Attempt > 15 {
			t.Fatalf("rule: what is not ours says nothing: %+v", st)
		}
		if strings.Contains(browser+otherBrowser+host+otherHost, "\x00") {
			return // no cookie and no host has one
		}

		here, now := web.Origin{Scheme: "https", Host: host}, made.Add(time.Duration(age%100_000)*time.Second)
		issued := keys.NewState(made, int(attempt), kind&1 != 0, browser, here)
		prompt, website := kind&1 != 0, kind&2 != 0
		if website {
			issued, prompt = keys.NewWebsiteState(made, int(attempt), browser, here), true
		}
		got := keys.Parse(issued)
		if got.Shape != OwnState || got.Attempt != int(attempt)&15 || got.Prompt != prompt || got.Website != website || !got.IssuedAt.Equal(made) {
			t.Fatalf("rule: a state says what it was made for: %+v", got)
		}
		fresh := now.Sub(made) <= 10*time.Minute && made.Sub(now) <= 2*time.Minute
		if keys.Verify(&got, now, browser, here) != fresh {
			t.Fatalf("rule: a state holds for ten minutes: made %v ago", now.Sub(made))
		}
		for rule, verifies := range map[string]bool{
			"another browser":     otherBrowser != browser && keys.Verify(&got, made, otherBrowser, here),
			"another host":        otherHost != host && keys.Verify(&got, made, browser, web.Origin{Scheme: "https", Host: otherHost}),
			"another scheme":      keys.Verify(&got, made, browser, web.Origin{Scheme: "http", Host: host}),
			"another application": verifiesWithoutWebsite(t, issued, made, browser, here) && website,
		} {
			if verifies {
				t.Fatalf("rule: a state holds for the browser and site that it was made for, not for %s", rule)
			}
		}
		if other := changed(issued, at, by); other != issued {
			st := keys.Parse(other)
			if keys.Verify(&st, made, browser, here) {
				t.Fatalf("rule: a state that was changed is none: %q became %q", issued, other)
			}
		}
	})
}

// verifiesWithoutWebsite tries a state where there is no website application.
func verifiesWithoutWebsite(t *testing.T, text string, now time.Time, browser string, at web.Origin) bool {
	keys, err := NewKeys(fuzzAppID, fuzzSecret)
	if err != nil {
		t.Fatal(err)
	}
	st := keys.Parse(text)
	return keys.Verify(&st, now, browser, at)
}

// FuzzScreenID holds what the code on a screen proves: whatever text is scanned, it is a
// code only with a MAC of this key for this site; and only the browser that shows a code
// can redeem it.
func FuzzScreenID(f *testing.F) {
	keys, err := NewScreenKeys(fuzzAppID, fuzzSecret)
	if err != nil {
		f.Fatal(err)
	}
	states, err := NewKeys(fuzzAppID, fuzzSecret)
	if err != nil {
		f.Fatal(err)
	}
	site, since := web.Origin{Scheme: "https", Host: "app.example.com"}, time.Unix(1_700_000_000, 0)
	first := keys.NewID(since, Screen{}, "K1", site)
	for _, text := range []string{first, first[:52], first + "0", states.NewState(since, 1, false, "K1", site), "", strings.Repeat("z", 53)} {
		f.Add(text, uint8(0), "K1", "K2", "app.example.com", "evil.example", "oAlice_1", "oBob_1", int64(60), uint8(7), byte('0'))
	}
	f.Add(first, uint8(0xff), "K", "", "a", "a:8443", "o", "oo", int64(121), uint8(52), byte(0))
	f.Fuzz(func(t *testing.T, text string, kind uint8, browser, otherBrowser, host, otherHost, person, otherPerson string, age int64, at uint8, by byte) {
		id, ok := keys.Parse(text, site)
		b, isNumber := bytesOf(text)
		origin := []byte("https\x00app.example.com\x00")
		signed := isNumber && b[0] == 2 && b[6] == keys.account && hmac.Equal(macOf(t, "screen header", b[:15], origin)[:8], b[15:23])
		if ok != signed {
			t.Fatalf("rule: a code is one of this site alone with this key's MAC: %q is read as %v", text, ok)
		}
		if ok && states.Parse(text).Shape != ForeignState {
			t.Fatalf("rule: a code is never a state: %q", text)
		}
		if !ok && (id != ScreenID{}) {
			t.Fatalf("rule: what is no code says nothing: %+v", id)
		}
		if strings.Contains(browser+otherBrowser+host+otherHost+person+otherPerson, "\x00") || browser == "" || person == "" {
			return // no cookie, host or open id is such
		}

		here := web.Origin{Scheme: "https", Host: host}
		want := Screen{Browser: web.Browser(kind & 7), System: web.System(kind >> 3 & 7), Prompt: kind&64 != 0}
		shown := keys.NewID(since, want, browser, here)
		id, ok = keys.Parse(shown, here)
		if !ok || id.Screen != want || !id.ShownAt.Equal(since) || shown != keys.NewID(since, want, browser, here) {
			t.Fatalf("rule: a code says what it was made for, and all tabs show one: %+v", id)
		}
		if !keys.IsShownBy(id, browser, here) || otherBrowser != browser && keys.IsShownBy(id, otherBrowser, here) {
			t.Fatal("rule: a code is redeemed by the browser that shows it, and by no other")
		}
		if elsewhere := (web.Origin{Scheme: "https", Host: otherHost}); otherHost != host {
			if _, ok := keys.Parse(shown, elsewhere); ok || keys.IsShownBy(id, browser, elsewhere) {
				t.Fatalf("rule: a code of %q is nothing on %q", host, otherHost)
			}
		}
		if other := changed(shown, at, by); other != shown {
			if id, ok := keys.Parse(other, here); ok && keys.IsShownBy(id, browser, here) {
				t.Fatalf("rule: a code that was changed is redeemed by nobody: %q became %q", shown, other)
			}
		}

		now := since.Add(time.Duration(age%100_000_000) * time.Second)
		consent := keys.Consent(id, since, browser, person)
		if fresh := now.Sub(since) <= 120*time.Second && since.Sub(now) <= 2*time.Minute; keys.VerifyConsent(consent, id, now, browser, person) != fresh {
			t.Fatalf("rule: a consent holds for two minutes: made %v ago", now.Sub(since))
		}
		device := keys.Device(since, person, here)
		if fresh := now.Sub(since) <= 90*24*time.Hour && since.Sub(now) <= 2*time.Minute; keys.IsDeviceOf(device, person, now, here) != fresh {
			t.Fatalf("rule: a device is known for 90 days: made %v ago", now.Sub(since))
		}
		if otherBrowser != browser && keys.VerifyConsent(consent, id, since, otherBrowser, person) ||
			otherPerson != person && (keys.VerifyConsent(consent, id, since, browser, otherPerson) || keys.IsDeviceOf(device, otherPerson, since, here)) ||
			keys.VerifyConsent(changed(consent, at, by), id, since, browser, person) && changed(consent, at, by) != consent ||
			keys.IsDeviceOf(changed(device, at, by), person, since, here) && changed(device, at, by) != device ||
			keys.VerifyConsent(text, id, since, browser, person) || keys.IsDeviceOf(text, person, since, here) {
			t.Fatal("rule: a consent is one browser's and one person's, and a device is one person's")
		}
	})
}

// FuzzBinding holds what the binding cookie may be: whatever a browser sends, what is read
// is written the same way again, fits a header, and has a bound.
func FuzzBinding(f *testing.F) {
	b, now := NewBinding(), time.Unix(1_700_000_000, 0)
	for _, value := range []string{
		b.String(), b.WithLogin(now, "").WithLogin(now, "abcd").WithLostReturn(now, "").String(), "", b.ID + ".", b.ID + ".L", b.ID + ".-1",
		b.ID + ".00000000000000000001", b.ID + ".1y2p0ij32e8e8", b.ID + ".zz~abc", b.ID + strings.Repeat(".1", 40), `"` + b.ID + `"`, b.ID[1:] + "=",
	} {
		f.Add(value, int64(0), "abcd")
	}
	f.Fuzz(func(t *testing.T, value string, at int64, account string) {
		b, ok := ParseBinding(value)
		if !ok {
			if b.ID != "" || b.logins != nil || b.lost != nil {
				t.Fatalf("rule: what is no binding says nothing: %+v", b)
			}
			return
		}
		text := b.String()
		again, ok := ParseBinding(text)
		if !ok || again.String() != text || !strings.HasPrefix(value, b.ID) || len(b.ID) != 22 || !web.IsWord(b.ID) {
			t.Fatalf("rule: a binding is written as it was read: %q, then %q", value, text)
		}
		if len(text) > 400 || strings.ContainsAny(text, " ;,\"\\\r\n") {
			t.Fatalf("rule: a binding fits a cookie: %d bytes, %q", len(text), text)
		}
		if account != "" && (len(account) != 4 || !web.IsWord(account)) {
			return // of no account
		}
		now := time.Unix(at%100_000_000_000, 0)
		for range 3 * MaxRecent {
			b = b.WithLogin(now, account).WithLostReturn(now, account)
		}
		if n, lost := b.RecentLogins(now, account), b.LostReturns(now, account); n != MaxRecent || lost != MaxRecent {
			t.Fatalf("rule: at most %d moments of an account are kept, and those are: %d and %d", MaxRecent, n, lost)
		}
		if now.Unix() >= 0 {
			if kept, ok := ParseBinding(b.String()); !ok || kept.RecentLogins(now, account) != MaxRecent || len(b.String()) > 400 {
				t.Fatalf("rule: a browser keeps what it was given: %q", b)
			}
		}
	})
}
