package proof

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash"
	"math/big"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/seed467724c4/wechat/core/internal/web"
)

func TestAStateLivesTenMinutesToTheSecond(t *testing.T) {
	if StateLife != 10*time.Minute || ClockSkew != 2*time.Minute || BindingLife != 24*time.Hour || RecentWindow != time.Minute || MaxRecent != 3 {
		t.Error("rule: these numbers are promised to apps and their visitors")
	}
	k, issued := testKeys(t), time.Unix(1_700_000_000, 0)
	s := k.NewState(issued, 1, false, "b", testOrigin)
	for rule, c := range map[string]struct {
		now  time.Time
		want bool
	}{
		"the last moment of its life counts":               {issued.Add(StateLife), true},
		"a nanosecond later it is over":                    {issued.Add(StateLife + 1), false},
		"two clocks may differ by all that is allowed":     {issued.Add(-ClockSkew), true},
		"a state from further in the future was not asked": {issued.Add(-ClockSkew - 1), false},
	} {
		st := k.Parse(s)
		if k.Verify(&st, c.now, "b", testOrigin) != c.want {
			t.Errorf("rule: %s", rule)
		}
	}
}

func TestAStateThatIsNotOursIsNeverVerified(t *testing.T) {
	k, now := testKeys(t), time.Now()
	st := k.Parse(k.NewState(now, 1, false, "b", testOrigin))
	for _, shape := range []Shape{ForeignState, ForgedState} {
		st.Shape = shape // the MACs hold all the same
		if k.Verify(&st, now, "b", testOrigin) {
			t.Errorf("rule: only a state with our header MAC is verified: shape %d is", shape)
		}
	}
}

// A text that is no base62 number can decode to bytes that look like ours.
func TestATextThatIsNotDecodedHasNoShape(t *testing.T) {
	k := testKeys(t)
	own := k.NewState(time.Now(), 2, false, "b", testOrigin)
	for rule, s := range map[string]string{
		"a digit that is none":      own[:stateDigits-1] + "-",
		"the byte behind 'z'":       own[:stateDigits-1] + "{",
		"the byte behind 'Z'":       own[:stateDigits-1] + "[",
		"the byte behind '9'":       own[:stateDigits-1] + ":",
		"the byte before '0'":       own[:stateDigits-1] + "/",
		"the byte before 'A'":       own[:stateDigits-1] + "@",
		"the byte before 'a'":       own[:stateDigits-1] + "`",
		"one digit less":            own[:stateDigits-1],
		"one digit more":            own + "0",
		"a zero more in front":      "0" + own,
		"more than 39 bytes can be": "z" + own[1:],
	} {
		if st := k.Parse(s); st != (State{}) {
			t.Errorf("rule: %s makes a text foreign: %+v", rule, st)
		}
		if b, ok := decodeBase62(s); ok || k.Parse(s).Attempt != 0 {
			t.Errorf("rule: %s is not decoded: %x", rule, b)
		}
	}
}

// 53 digits hold a little more than 39 bytes.
func TestANumberThatIsTooLargeIsNotCutToOurs(t *testing.T) {
	k := testKeys(t)
	raw, _ := decodeBase62(k.NewState(time.Now(), 2, false, "b", testOrigin))
	n := new(big.Int).SetBytes(raw[:])
	n.Add(n, new(big.Int).Lsh(big.NewInt(1), 8*stateBytes))
	digits := make([]byte, stateDigits)
	for i := stateDigits - 1; i >= 0; i-- {
		rest := new(big.Int)
		n.DivMod(n, big.NewInt(62), rest)
		digits[i] = base62[rest.Int64()]
	}
	if st := k.Parse(string(digits)); n.Sign() != 0 || st != (State{}) {
		t.Errorf("rule: a larger number that ends like a state of ours is foreign: %+v", st)
	}
}

// The layout is a contract between nodes of two releases.
func TestTheLayoutOfAStateStays(t *testing.T) {
	k, issued := testKeys(t), time.Unix(0x65432100, 0)
	b, ok := decodeBase62(k.NewState(issued, 3, true, "b", testOrigin))
	if !ok || b[0] != 1 || b[1] != 0x83 || string(b[2:6]) != "\x65\x43\x21\x00" || b[6] != sha256sum("wx0123456789abcdef")[0] {
		t.Errorf("rule: version, flags, time and account stand in front: %x", b[:7])
	}
	nonces := [8]map[byte]bool{}
	for range 64 {
		b, _ := decodeBase62(k.NewState(issued, 3, true, "b", testOrigin))
		for i := range nonces {
			if nonces[i] == nil {
				nonces[i] = map[byte]bool{}
			}
			nonces[i][b[7+i]] = true
		}
	}
	for i, seen := range nonces {
		if len(seen) < 16 {
			t.Errorf("rule: each of the nonce's 8 bytes is random: byte %d had %d values in 64 states", i, len(seen))
		}
	}
	header := k.signers[0].header(append([]byte{}, b[:15]...))
	if string(header[:8]) != string(b[15:23]) {
		t.Error("rule: the header MAC is over the first 15 bytes, and has 8")
	}
	full := k.signers[0].full([]byte(string(b[:23]) + "b\x00wx0123456789abcdef\x00https\x00app.example.com\x00"))
	if string(full[:16]) != string(b[23:]) {
		t.Error("rule: the full MAC is over the first 23 bytes, binding, app id, scheme and host, and has 16")
	}
}

func sha256sum(s string) []byte { sum := sha256.Sum256([]byte(s)); return sum[:] }

func TestTheAttemptStopsCountingBelowTheFlags(t *testing.T) {
	k := testKeys(t)
	for attempt, want := range map[int]int{0: 0, 15: 15, 16: 0, 0x83: 3} {
		if st := k.Parse(k.NewState(time.Now(), attempt, false, "b", testOrigin)); st.Attempt != want || st.Prompt {
			t.Errorf("rule: an attempt never sets another flag: %d is read as %d, prompt %v", attempt, st.Attempt, st.Prompt)
		}
	}
}

// uncloned is a hash as the FIPS 140 module of Go 1.24 has it.
type uncloned struct{ hash.Hash }

func TestAMACIsHMACSHA256OfItsKey(t *testing.T) {
	key, text := []byte("0123456789abcdef0123456789abcdef"), "text"
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	want := string(h.Sum(nil))
	m := newMAC(key)
	for i := range 3 {
		if got := string(m([]byte(text))); got != want {
			t.Errorf("rule: every use is a MAC of its own: use %d gives %x", i, got)
		}
	}
	if allocs := testing.AllocsPerRun(100, func() { m([]byte(text)) }); allocs > 8 {
		t.Errorf("rule: a clone costs half of what a new hash costs: %v allocations", allocs)
	}
	if got := string(macFrom(uncloned{hmac.New(sha256.New, key)}, key)([]byte(text))); got != want {
		t.Errorf("rule: where hashes cannot be cloned, the MAC is the same: %x", got)
	}
	if fresh(uncloned{h}) != nil {
		t.Error("rule: a hash that cannot be cloned is not taken for a clone")
	}
	if c := fresh(hmac.New(sha256.New, key)); c == nil {
		t.Error("rule: a hash that can be cloned is")
	} else if c.Write([]byte(text)); string(c.Sum(nil)) != want {
		t.Error("rule: a clone has read the key")
	}
}

// In Go's FIPS 140-only mode a short secret makes no key.
func TestKeysThatCannotBeMadeAreAnError(t *testing.T) {
	if os.Getenv("PROOF_TEST_AGAIN") == "" {
		again := exec.Command(os.Args[0], "-test.run=^TestKeysThatCannotBeMadeAreAnError$")
		again.Env = append(os.Environ(), "GODEBUG=fips140=only", "PROOF_TEST_AGAIN=1")
		if out, err := again.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	const long = "0123456789abcdef0123456789abcdef"
	for rule, secrets := range map[string][]string{
		"a secret that makes no key":                   {"short"},
		"a former secret that makes no key, behind it": {long, "short"},
	} {
		k, err := NewKeys("wx", secrets[0], secrets[1:]...)
		if err == nil || !strings.HasPrefix(err.Error(), "wechat: derive keys: ") || k.appID != "" || k.signers != nil {
			t.Errorf("rule: %s is an error, and there are no keys: %v", rule, err)
		}
		s, err := NewScreenKeys("wx", secrets[0], secrets[1:]...)
		if err == nil || !strings.HasPrefix(err.Error(), "wechat: derive keys: ") || s.appID != "" || s.signers != nil {
			t.Errorf("rule: %s is an error, and there are no keys for screens: %v", rule, err)
		}
	}
	if k, err := NewKeys("wx", long, long); err != nil || len(k.signers) != 2 || k.appID != "wx" {
		t.Errorf("rule: secrets of WeChat's length make keys: %v", err)
	}
}

func TestTheBindingCookieIsReadToTheByte(t *testing.T) {
	id := NewBinding().ID
	now := time.Unix(1_700_000_000, 0)
	if other := NewBinding(); other.ID == id || len(id) != 22 || !web.IsWord(id) {
		t.Errorf("rule: every browser gets 128 random bits: %q and %q", id, other.ID)
	}
	full := Binding{ID: id}
	for range MaxRecent + 2 {
		full = full.WithLogin(now, "").WithLostReturn(now, "")
	}
	if full.ID != id || full.String() != id+strings.Repeat(".s44we8", 3)+strings.Repeat(".Ls44we8", 3) {
		t.Errorf("rule: three times of each kind are kept, in base 36: %s", full)
	}
	twelve := ""
	for _, account := range []string{"aaaa", "bbbb", "cccc", "dddd"} {
		twelve += strings.Repeat(".0~"+account, 3)
	}
	for text, want := range map[string]struct {
		ok           bool
		logins, lost int
	}{
		id:                                  {true, 0, 0},
		id + ".0":                           {true, 1, 0},
		id + ".L0":                          {true, 0, 1},
		id + ".0.1.2.L0.L1.L2":              {true, 3, 3},
		id + ".L0.1.L2":                     {true, 1, 2},
		full.String():                       {true, 3, 3},
		id + ".1y2p0ij32e8e7":               {true, 1, 0}, // the largest int64
		id + ".1y2p0ij32e8e8":               {},
		id + ".0.1.2.3":                     {},
		id + ".L0.L1.L2.L3":                 {},
		id + ".-1":                          {},
		id + ".L-1":                         {},
		id + ".":                            {},
		id + ".!":                           {},
		id[:21]:                             {},
		id + "A":                            {},
		id[:21] + "é":                       {},
		id[:21] + "+":                       {},
		id + "." + strings.Repeat("0", 13):  {true, 1, 0},
		id + "." + strings.Repeat("0", 14):  {}, // longer than any number
		id + ".0~abcd.L1~abcd":              {true, 1, 1},
		id + ".0~abcd.1~abcd.2~abcd.3~efgh": {true, 4, 0},
		id + ".0~abcd.1~abcd.2~abcd.3~abcd": {},
		id + ".0~abc":                       {},
		id + ".0~abcde":                     {},
		id + ".0~ab.d":                      {},
		id + ".0~":                          {},
		id + twelve:                         {true, 12, 0},
		id + twelve + ".0~zzzz":             {}, // more than any of ours
	} {
		b, ok := ParseBinding(text)
		if ok != want.ok || len(b.logins) != want.logins || len(b.lost) != want.lost || ok && b.ID != id || !ok && b.ID != "" {
			t.Errorf("rule: %q is read as %v, %+v", text, ok, b)
		}
	}
}

func TestTimesCountWithinTheirWindow(t *testing.T) {
	at := time.Unix(1_700_000_000, 0)
	b := NewBinding().WithLogin(at, "").WithLostReturn(at, "").WithLostReturn(at, "")
	for rule, c := range map[string]struct {
		now  time.Time
		want int // of logins; there are twice as many returns
	}{
		"at once":                  {at, 1},
		"to the end of the window": {at.Add(RecentWindow - 1), 1},
		"not at its end":           {at.Add(RecentWindow), 0},
		"from another node, whose clock is ahead":   {at.Add(-RecentWindow + 1), 1},
		"not from the future, which nobody noted":   {at.Add(-RecentWindow), 0},
		"not from years ahead, which somebody made": {at.Add(-1000 * RecentWindow), 0},
	} {
		if b.RecentLogins(c.now, "") != c.want || b.LostReturns(c.now, "") != 2*c.want {
			t.Errorf("rule: a time counts %s: %d logins, %d returns", rule, b.RecentLogins(c.now, ""), b.LostReturns(c.now, ""))
		}
	}
}

func TestAccountsThatShareTheCookieAreCountedApart(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	b := NewBinding()
	for _, account := range []string{"aaaa", "bbbb", "cccc", "dddd", "eeee", "ffff"} {
		for range MaxRecent {
			b = b.WithLogin(now, account).WithLostReturn(now, account)
		}
		if n := b.RecentLogins(now, account); n != MaxRecent {
			t.Errorf("rule: an account's own logins count: %d of %s", n, account)
		}
		if n := b.RecentLogins(now, "zzzz") + b.LostReturns(now, "zzzz") + b.RecentLogins(now, ""); n != 0 {
			t.Errorf("rule: the logins of other accounts do not count: %d", n)
		}
		if again, ok := ParseBinding(b.String()); !ok || again.String() != b.String() || len(b.String()) > 400 {
			t.Errorf("rule: the cookie stays short, and is read as it was written: %v %d bytes", ok, len(b.String()))
		}
	}
	if b.RecentLogins(now, "aaaa") != 0 || b.RecentLogins(now, "cccc") != MaxRecent {
		t.Errorf("rule: the oldest logins make room: %s", b)
	}
	for i := range 3 {
		b = b.WithLogin(now.Add(time.Duration(i+1)*RecentWindow), "ffff")
	}
	if b.RecentLogins(now.Add(3*RecentWindow), "ffff") != 1 || b.RecentLogins(now, "cccc") != MaxRecent {
		t.Errorf("rule: an account's new login takes the place of its own oldest one: %s", b)
	}
}
