package wxapi

import (
	"bytes"
	"crypto/aes"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

const (
	pushToken  = "pamtest"
	pushAESKey = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	pushAppID  = "wxb11529c136998cb6"
	pushNonce  = "xxxxxx"
	pushEvent  = `<xml><ToUserName><![CDATA[gh_21ee2dc92d7d]]></ToUserName><FromUserName><![CDATA[os-IKuHd9pJ6xsn4mS7GyL4HxqI4]]></FromUserName><CreateTime>1457752147</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[subscribe]]></Event><EventKey><![CDATA[]]></EventKey></xml>`
)

// pushVectors are WeChat's demo, and what its algorithm makes of other messages.
var pushVectors = []struct{ rule, message, timestamp, encrypted, signature string }{
	{"WeChat's demo", "我是中文abcd123", "1409304348", "jn1L23DB+6ELqJ+6bruv21Y6MD7KeIfP82D6gU39rmkgczbWwt5+3bnyg5K55bgVtVzd832WzZGMhkP72vVOfg==",
		"82c962d39941aa48552f90ef55aa323dc620cc10"},
	{"an event", pushEvent, "1457752147", "jn1L23DB+6ELqJ+6bruv27f6bJLdOO8Vu+tLTnsEt+BiE7YjyucHVl/2NZjShtalu/Gy2ovBUmq2cJIpkSFMZOX3mldyyshZJlmHTwYxcBsif7FGVC+3CTuwauvFBFiFs1/7yY73OQJ7CzfXMYZPL9wPggO12/gM1h21CjHrRWSUdxF28KygtIuR3/diYoVZMtYVInCC/WgHmm8tzCL9NdKes2osUxTnmoILkjo5/rkHxXfuTIQ4AFEPO1PDj3c5diKAGoBwR0VPdudKRfEyD/IxT9dxAoGGoRbNlA5mikgOdyGdEVyRK03JYSve+XXl5QTuqKYZG3CzQn4YveZOBBTjYU07bCgpZfO90ZuE+FIn2LUODQ9A9kTEIvRg2nj6IEr6+jreDqqPxYdFxdiLTX0v+/JNZoEFSptrykPUey4=",
		"a0fa0e0d8c9865eded24a367101d141f917e8cf5"},
	{"a whole block of padding", strings.Repeat("x", 26), "1409304348", "jn1L23DB+6ELqJ+6bruv2whn1fDIMpmLPYOiQU5ZlCf5ISusdxHOJKY4l/VvGZXv1gdIWBk2mReXBoyRsZWbYWp3WTghbH/zS/0xHsPUs416Ez/Wti2iAH72px6IwxBl", ""},
}

func pushKey(t testing.TB, appID, key string) *PushKey {
	t.Helper()
	k, err := NewPushKey(appID, key)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func random16(s string) (b [pushRandom]byte) { copy(b[:], s); return b }

func TestPushVectors(t *testing.T) {
	k := pushKey(t, pushAppID, pushAESKey)
	if got := PushSignature(pushToken, "1409304348", pushNonce, ""); got != "76480565cbe296026c53aaacd1ad523a1ddba24f" {
		t.Errorf("rule: a plain push is signed over token, timestamp and nonce: %s", got)
	}
	for _, v := range pushVectors {
		if got := k.encryptWith(random16("aaaabbbbccccdddd"), []byte(v.message)); got != v.encrypted {
			t.Errorf("rule: %s is encrypted as WeChat does it: %s", v.rule, got)
		}
		if got, err := k.Decrypt(v.encrypted); string(got) != v.message || err != nil {
			t.Errorf("rule: %s is decrypted: %q, %v", v.rule, got, err)
		}
		signature := PushSignature(pushToken, v.timestamp, pushNonce, v.encrypted)
		if v.signature != "" && signature != v.signature {
			t.Errorf("rule: %s is signed as WeChat does it: %s", v.rule, signature)
		}
		if got, err := k.Open(pushToken, signature, v.timestamp, pushNonce, v.encrypted); string(got) != v.message || err != nil {
			t.Errorf("rule: %s is opened: %q, %v", v.rule, got, err)
		}
	}
	real := pushKey(t, "wx49f0ab532d5d035a", "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR")
	got, err := real.Open("123456", "74d92dfeb87ba7c714f89d98870ae5eb62dff26d", "1411525903", "461056294",
		"RgqEoJj5A4EMYlLvWO1F86ioRjZfaex/gePD0gOXTxpsq5Yj4GNglrBb8I2BAJVODGajiFnXBu7mCPatfjsu6IHCrsTyeDXzF6Bv283dGymzxh6ydJRvZsryDyZbLTE7rhnus50qGPMfp2wASFlzEgMW9z1ef/RD8XzaFYgm7iTdaXpXaG4+BiYyolBug/gYNx410cvkKR2/nPwBiT+P4hIiOAQqGp/TywZBtDh1yCF2KOd0gpiMZ5jSw3e29mTvmUHzkVQiMS6td7vXUaWOMZnYZlF3So2SjHnwh4jYFxdgpkHHqIrH/54SNdshoQgWYEvccTKe7FS709/5t6NMxuGhcUGAPOQipvWTT4dShyqio7mlsl5noTrb++x6En749zCpQVhDpbV6GDnTbcX2e8K9QaNWHp91eBdCRxthuL0=")
	if err != nil || !bytes.Contains(got, []byte("messense")) || !bytes.Contains(got, []byte("test")) {
		t.Errorf("rule: a real push is opened: %q, %v", got, err)
	}
}

func TestPushRoundTrip(t *testing.T) {
	k := pushKey(t, pushAppID, pushAESKey)
	seen := map[string]bool{}
	for n := range 200 {
		message := bytes.Repeat([]byte("m"), n)
		encrypted := k.Encrypt(message)
		if got, err := k.Decrypt(encrypted); !bytes.Equal(got, message) || err != nil {
			t.Errorf("rule: a message of any length comes back: %d: %q, %v", n, got, err)
		}
		if seen[encrypted[:20]] || k.Encrypt(message) == encrypted {
			t.Error("rule: no two messages begin alike")
		}
		seen[encrypted[:20]] = true
	}
}

func TestPushKeys(t *testing.T) {
	for rule, key := range map[string]string{
		"42 characters are no key": pushAESKey[1:], "44 characters are no key": pushAESKey + "A", "an empty key is none": "",
		"a line end is no part of a key": pushAESKey[1:] + "\n", "two line ends are none": pushAESKey[2:] + "\r\n", "a line end behind a key is none": pushAESKey + "\n", "a padded key is none": pushAESKey[1:] + "=", "the other base64 is none": pushAESKey[1:] + "-",
	} {
		if k, err := NewPushKey(pushAppID, key); err == nil || k != nil || strings.Contains(err.Error(), "abcdef") {
			t.Errorf("rule: %s: %v", rule, err)
		}
	}
	if _, err := NewPushKey("", pushAESKey); err == nil {
		t.Error("rule: without an app id nothing can be checked")
	}
	// G is 6, of which the last two bits count for nothing.
	for _, last := range "EFGH" {
		k := pushKey(t, pushAppID, pushAESKey[:42]+string(last))
		if got, err := k.Decrypt(pushVectors[0].encrypted); err != nil || string(got) != pushVectors[0].message {
			t.Errorf("rule: the stray bits of the last character do not matter: %c: %v", last, err)
		}
	}
	if _, err := pushKey(t, pushAppID, pushAESKey[:42]+"A").Decrypt(pushVectors[0].encrypted); err != ErrPush {
		t.Errorf("rule: the others do: %v", err)
	}
}

// sealedAs encrypts what is not packed as it should be.
func sealedAs(k *PushKey, plain string) string {
	b := []byte(plain)
	k.encrypter().CryptBlocks(b, b)
	return base64.StdEncoding.EncodeToString(b)
}

func TestBadPushes(t *testing.T) {
	k := pushKey(t, pushAppID, pushAESKey)
	const head = "aaaabbbbccccdddd"
	pad := func(n int) string { return strings.Repeat(string(rune(n)), n) }
	good := head + "\x00\x00\x00\x05hello" + pushAppID + pad(21)
	if got, err := k.Decrypt(sealedAs(k, good)); string(got) != "hello" || err != nil {
		t.Fatalf("the pattern of the bad ones is good: %v", err)
	}
	vector := pushVectors[0].encrypted
	tests := map[string]string{
		"nothing is none":                       "",
		"what is not base64 is none":            "!!!!",
		"a line end inside is none":             vector[:8] + "\n" + vector[8:],
		"a line end behind is none":             vector + "\r\n",
		"stray bits before the padding":         vector[:len(vector)-3] + "h==",
		"without its padding it is none":        strings.TrimRight(vector, "="),
		"half a block is none":                  base64.StdEncoding.EncodeToString(make([]byte, 63)),
		"a block of AES alone is none":          base64.StdEncoding.EncodeToString(make([]byte, 16)),
		"three blocks of AES are none":          base64.StdEncoding.EncodeToString(make([]byte, 48)),
		"a block too short for an app id":       sealedAs(k, head+"\x00\x00\x00\x00"+pad(12)),
		"padding of 0":                          sealedAs(k, good[:63]+"\x00"),
		"padding of 33 behind an app id":        sealedAs(k, head+"\x00\x00\x00\x19"+strings.Repeat("m", 25)+pushAppID+pad(33)),
		"a good message in three blocks of AES": sealedAs(k, head+"\x00\x00\x00\x00"+pushAppID+pad(10)),
		"padding of 33":                         sealedAs(k, good[:31]+pad(33)),
		"padding of 255":                        sealedAs(k, good[:63]+"\xff"),
		"padding longer than the message":       sealedAs(k, head+"\x00\x00\x00\x00"+pushAppID[:12]+pad(32)),
		"padding with one byte wrong":           sealedAs(k, good[:43]+"\x14"+good[44:]),
		"padding with its second byte wrong":    sealedAs(k, good[:44]+"\x16"+good[45:]),
		"another app id":                        sealedAs(k, head+"\x00\x00\x00\x05hello"+"wxb11529c136998cb7"+pad(21)),
		"an app id with more behind it":         sealedAs(k, head+"\x00\x00\x00\x05hello"+pushAppID+"x"+pad(20)),
		"an app id with less":                   sealedAs(k, head+"\x00\x00\x00\x05hello"+pushAppID[:17]+pad(22)),
		"no app id":                             sealedAs(k, head+"\x00\x00\x00\x17hello"+pushAppID+pad(21)),
		"a length too great by one":             sealedAs(k, head+"\x00\x00\x00\x06hello"+pushAppID+pad(21)),
		"a length too small by one":             sealedAs(k, head+"\x00\x00\x00\x04hello"+pushAppID+pad(21)),
		"a length of 4 GiB":                     sealedAs(k, head+"\xff\xff\xff\xffhello"+pushAppID+pad(21)),
		"a length with the sign of an int32":    sealedAs(k, head+"\x80\x00\x00\x05hello"+pushAppID+pad(21)),
		"a message encrypted with another key":  pushKey(t, pushAppID, "b"+pushAESKey[1:]).Encrypt([]byte("hello")),
		"a message for another account":         pushKey(t, testAppID, pushAESKey).Encrypt([]byte("hello")),
	}
	for rule, encrypted := range tests {
		if got, err := k.Decrypt(encrypted); err != ErrPush || got != nil {
			t.Errorf("rule: every fault is the one error and nothing else: %s: %q, %v", rule, got, err)
		}
	}
	signed := func(token, ts, nonce, encrypted string) string { return PushSignature(token, ts, nonce, encrypted) }
	opens := map[string][5]string{
		"an empty signature":        {pushToken, "", "1", "n", vector},
		"a signature in upper case": {pushToken, strings.ToUpper(signed(pushToken, "1", "n", vector)), "1", "n", vector},
		"the plain signature":       {pushToken, signed(pushToken, "1", "n", ""), "1", "n", vector},
		"another token's signature": {pushToken, signed("other", "1", "n", vector), "1", "n", vector},
		"another time's signature":  {pushToken, signed(pushToken, "2", "n", vector), "1", "n", vector},
		"another nonce's signature": {pushToken, signed(pushToken, "1", "m", vector), "1", "n", vector},
		"an empty token":            {"", signed("", "1", "n", vector), "1", "n", vector},
	}
	for rule, o := range opens {
		if got, err := k.Open(o[0], o[1], o[2], o[3], o[4]); err != ErrPush || got != nil {
			t.Errorf("rule: every fault is the one error and nothing else: %s: %q, %v", rule, got, err)
		}
	}
	if Classify(fmt.Errorf("a: %w", ErrPush)) != ClassNone || !strings.HasPrefix(ErrPush.Error(), "wechat: ") {
		t.Error("rule: nothing helps against a forged push")
	}
}

// mutate changes a message so that its bytes, or their spelling, are others.
func mutate(r *rand.Rand, encrypted string) string {
	raw, _ := base64.StdEncoding.DecodeString(encrypted)
	switch r.IntN(6) {
	case 0: // a bit
		raw[r.IntN(len(raw))] ^= 1 << r.IntN(8)
	case 1: // cut
		raw = raw[:r.IntN(len(raw))]
	case 2: // blocks exchanged
		n := len(raw) / aes.BlockSize
		a, b := r.IntN(n)*aes.BlockSize, r.IntN(n)*aes.BlockSize
		for i := range aes.BlockSize {
			raw[a+i], raw[b+i] = raw[b+i], raw[a+i]
		}
	case 3: // a block twice
		at := r.IntN(len(raw)/aes.BlockSize) * aes.BlockSize
		raw = append(raw, raw[at:at+aes.BlockSize]...)
	case 4: // some other bytes
		for range 1 + r.IntN(32) {
			raw[r.IntN(len(raw))] = byte(r.Uint32())
		}
	case 5: // another spelling
		at := r.IntN(len(encrypted))
		return encrypted[:at] + string("\n =A-_+\x00"[r.IntN(8)]) + encrypted[at+r.IntN(2):]
	}
	return base64.StdEncoding.EncodeToString(raw)
}

func TestMutatedPushes(t *testing.T) {
	k := pushKey(t, pushAppID, pushAESKey)
	r := rand.New(rand.NewPCG(1, 2))
	accepted, bare := 0, 0
	for n := range 10_000 {
		v := pushVectors[n%len(pushVectors)]
		signature := PushSignature(pushToken, v.timestamp, pushNonce, v.encrypted)
		changed := mutate(r, v.encrypted)
		if changed == v.encrypted {
			continue
		}
		got, err := k.Open(pushToken, signature, v.timestamp, pushNonce, changed)
		if err == nil {
			accepted++
		}
		if (got == nil) == (err == nil) || err != nil && err != ErrPush {
			t.Fatalf("rule: a message or the one error: %q, %v", got, err)
		}
		if got, err = k.Decrypt(changed); err == nil {
			bare++
			if string(got) == v.message && !bytes.Equal(got, nil) && sameBytes(changed, v.encrypted) {
				t.Errorf("rule: one message has one spelling: %q", changed)
			}
		} else if err != ErrPush {
			t.Fatalf("rule: there is one error: %v", err)
		}
	}
	if accepted > 0 {
		t.Errorf("rule: no changed push is opened: %d", accepted)
	}
	t.Logf("without the signature, %d of 10,000 changed messages decrypt to something", bare)
}

func sameBytes(a, b string) bool {
	x, _ := base64.StdEncoding.DecodeString(a)
	y, _ := base64.StdEncoding.DecodeString(b)
	return bytes.Equal(x, y)
}

// FuzzPush holds what may never happen, whatever is pushed.
func FuzzPush(f *testing.F) {
	for _, v := range pushVectors {
		f.Add(v.encrypted, []byte(v.message))
	}
	k := pushKey(f, pushAppID, pushAESKey)
	f.Fuzz(func(t *testing.T, encrypted string, message []byte) {
		got, err := k.Decrypt(encrypted)
		if err != nil && (err != ErrPush || got != nil) {
			t.Fatalf("rule: a message or the one error: %q, %v", got, err)
		}
		if err == nil {
			raw, _ := base64.StdEncoding.DecodeString(encrypted)
			random := make([]byte, len(raw))
			k.decrypter().CryptBlocks(random, raw)
			if again := k.encryptWith(random16(string(random[:pushRandom])), got); again != encrypted {
				t.Fatalf("rule: what is read is what was written, to the last bit: %q, %q", again, encrypted)
			}
		}
		if len(message) < 1<<16 {
			if got, err := k.Decrypt(k.Encrypt(message)); !bytes.Equal(got, message) || err != nil {
				t.Fatalf("rule: what is written can be read: %q, %v", got, err)
			}
		}
	})
}
