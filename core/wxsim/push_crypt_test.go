package wxsim

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"testing"
)

// What WeChat's demo code is called with, and what it answers.
const (
	demoToken = "pamtest"
	demoKey   = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	demoApp   = "wxb11529c136998cb6"
)

func TestSignatureVectors(t *testing.T) {
	const sealed = "jn1L23DB+6ELqJ+6bruv21Y6MD7KeIfP82D6gU39rmkgczbWwt5+3bnyg5K55bgVtVzd832WzZGMhkP72vVOfg=="
	for rule, tc := range map[string]struct {
		parts []string
		want  string
	}{
		"of an echo":               {[]string{demoToken, "1409304348", "xxxxxx"}, "76480565cbe296026c53aaacd1ad523a1ddba24f"},
		"the order is no matter":   {[]string{"xxxxxx", demoToken, "1409304348"}, "76480565cbe296026c53aaacd1ad523a1ddba24f"},
		"of an encrypted message":  {[]string{demoToken, "1409304348", "xxxxxx", sealed}, "82c962d39941aa48552f90ef55aa323dc620cc10"},
		"of the subscribe message": {[]string{demoToken, "1457752147", "xxxxxx", sealedSubscribe}, "a0fa0e0d8c9865eded24a367101d141f917e8cf5"},
	} {
		if got := sign(tc.parts...); got != tc.want {
			t.Errorf("rule: a signature is that of WeChat's demo, %s; got %s", rule, got)
		}
	}
}

const (
	plainSubscribe  = "<xml><ToUserName><![CDATA[gh_21ee2dc92d7d]]></ToUserName><FromUserName><![CDATA[os-IKuHd9pJ6xsn4mS7GyL4HxqI4]]></FromUserName><CreateTime>1457752147</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[subscribe]]></Event><EventKey><![CDATA[]]></EventKey></xml>"
	sealedSubscribe = "jn1L23DB+6ELqJ+6bruv27f6bJLdOO8Vu+tLTnsEt+BiE7YjyucHVl/2NZjShtalu/Gy2ovBUmq2cJIpkSFMZOX3mldyyshZJlmHTwYxcBsif7FGVC+3CTuwauvFBFiFs1/7yY73OQJ7CzfXMYZPL9wPggO12/gM1h21CjHrRWSUdxF28KygtIuR3/diYoVZMtYVInCC/WgHmm8tzCL9NdKes2osUxTnmoILkjo5/rkHxXfuTIQ4AFEPO1PDj3c5diKAGoBwR0VPdudKRfEyD/IxT9dxAoGGoRbNlA5mikgOdyGdEVyRK03JYSve+XXl5QTuqKYZG3CzQn4YveZOBBTjYU07bCgpZfO90ZuE+FIn2LUODQ9A9kTEIvRg2nj6IEr6+jreDqqPxYdFxdiLTX0v+/JNZoEFSptrykPUey4="
	realPush        = "RgqEoJj5A4EMYlLvWO1F86ioRjZfaex/gePD0gOXTxpsq5Yj4GNglrBb8I2BAJVODGajiFnXBu7mCPatfjsu6IHCrsTyeDXzF6Bv283dGymzxh6ydJRvZsryDyZbLTE7rhnus50qGPMfp2wASFlzEgMW9z1ef/RD8XzaFYgm7iTdaXpXaG4+BiYyolBug/gYNx410cvkKR2/nPwBiT+P4hIiOAQqGp/TywZBtDh1yCF2KOd0gpiMZ5jSw3e29mTvmUHzkVQiMS6td7vXUaWOMZnYZlF3So2SjHnwh4jYFxdgpkHHqIrH/54SNdshoQgWYEvccTKe7FS709/5t6NMxuGhcUGAPOQipvWTT4dShyqio7mlsl5noTrb++x6En749zCpQVhDpbV6GDnTbcX2e8K9QaNWHp91eBdCRxthuL0="
)

func TestEncryptionVectors(t *testing.T) {
	key, ok := aesKey(demoKey)
	if !ok || hex.EncodeToString(key) != "69b71d79f8218a39259a7a29aabb2dbafc31cb3d35db7e39ebbf3d0010831051" {
		t.Fatalf("rule: the key is that of WeChat's demo; got %x", key)
	}
	for message, want := range map[string]string{
		"我是中文abcd123":           "jn1L23DB+6ELqJ+6bruv21Y6MD7KeIfP82D6gU39rmkgczbWwt5+3bnyg5K55bgVtVzd832WzZGMhkP72vVOfg==",
		plainSubscribe:          sealedSubscribe,
		strings.Repeat("x", 26): "jn1L23DB+6ELqJ+6bruv2whn1fDIMpmLPYOiQU5ZlCf5ISusdxHOJKY4l/VvGZXv1gdIWBk2mReXBoyRsZWbYWp3WTghbH/zS/0xHsPUs416Ez/Wti2iAH72px6IwxBl",
	} {
		if got := seal(key, "aaaabbbbccccdddd", []byte(message), demoApp); got != want {
			t.Errorf("rule: %q is encrypted as WeChat's demo does; got %s", message, got)
		}
		if got, of, err := unseal(key, want); err != nil || string(got) != message || of != demoApp {
			t.Errorf("rule: what the demo encrypts is read; got %q of %q, %v", got, of, err)
		}
	}
	key, _ = aesKey("kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR")
	if got, of, err := unseal(key, realPush); err != nil || of != "wx49f0ab532d5d035a" || !strings.Contains(string(got), "<![CDATA[test]]>") {
		t.Errorf("rule: a message WeChat once pushed is read; got %q of %q, %v", got, of, err)
	}
}

func TestUnsealRefuses(t *testing.T) {
	key, _ := aesKey(demoKey)
	lie := []byte("aaaabbbbccccdddd\x00\x00\x00\x00")
	binary.BigEndian.PutUint32(lie[16:], 1<<31)
	for rule, sealed := range map[string]string{
		"nothing at all":                "",
		"what is no base64":             "?",
		"half a block":                  sealBlocks(key, "aaaabbbbccccdddd\x00\x00\x00\x00"+strings.Repeat("x", 12)+strings.Repeat("\x10", 16)),
		"padding of no byte":            sealBlocks(key, strings.Repeat("\x00", 64)),
		"padding of more than a block":  sealBlocks(key, strings.Repeat("!", 64)),
		"padding that is not all alike": sealBlocks(key, strings.Repeat("\x00", 62)+"\x01\x02"),
		"what another key made":         realPush,
		"a length beyond the end":       sealBlocks(key, string(lie)+strings.Repeat("\x0c", 12)),
		"less than a length":            sealBlocks(key, strings.Repeat("\x20", 32)),
	} {
		if got, _, err := unseal(key, sealed); err == nil {
			t.Errorf("rule: %s is not read; got %q", rule, got)
		}
	}
	for rule, encoded := range map[string]string{
		"42 characters":       demoKey[1:],
		"44 characters":       demoKey + "A",
		"other than letters":  demoKey[1:] + "+",
		"nothing":             "",
		"a padding character": demoKey[1:] + "=",
	} {
		if _, ok := aesKey(encoded); ok {
			t.Errorf("rule: an EncodingAESKey is 43 letters and digits, not %s", rule)
		}
	}
}

// sealBlocks encrypts what is no message.
func sealBlocks(key []byte, plain string) string {
	out := []byte(plain)
	block, _ := aes.NewCipher(key)
	cipher.NewCBCEncrypter(block, key[:16]).CryptBlocks(out, out)
	return base64.StdEncoding.EncodeToString(out)
}
