package wxsim

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sort"
	"strings"
	"sync"
	"testing"
)

const pushToken = "tokenOfThePushes"

// delivery is one request at a receiver.
type delivery struct {
	method string
	query  url.Values
	kind   string // Content-Type
	raw    string
	plain  string // decrypted
	closes bool   // the connection ends with the answer
}

// receiver is an application's push address. It shares no code with the
// simulator: what both get wrong alike would show nowhere else.
type receiver struct {
	t      *testing.T
	aesKey string // "": plain mode
	answer http.HandlerFunc

	mu  sync.Mutex
	got []delivery
	url string
}

func newReceiver(t *testing.T, aesKey string) *receiver {
	t.Helper()
	v := &receiver{t: t, aesKey: aesKey, answer: func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "success")
	}}
	server := httptest.NewServer(v)
	t.Cleanup(server.Close)
	v.url = server.URL + "/wechat?from=test"
	return v
}

func (v *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(r.Body)
	q := r.URL.Query()
	d := delivery{method: r.Method, query: q, kind: r.Header.Get("Content-Type"), raw: string(raw), closes: r.Close}
	if got := sha(pushToken, q.Get("timestamp"), q.Get("nonce")); got != q.Get("signature") || q.Get("from") != "test" {
		v.t.Errorf("rule: every push is signed and keeps the address's own query; got %s", r.URL.RawQuery)
	}
	if r.Method == http.MethodPost {
		d.plain = d.raw
		if v.aesKey != "" {
			d.plain = v.open(q, raw)
		}
	}
	v.mu.Lock()
	v.got = append(v.got, d)
	v.mu.Unlock()
	v.answer(w, r)
}

// open checks msg_signature and decrypts.
func (v *receiver) open(q url.Values, raw []byte) string {
	var m struct{ ToUserName, Encrypt string }
	if err := xml.Unmarshal(raw, &m); err != nil || m.ToUserName == "" {
		v.t.Errorf("rule: an encrypted push names whom it is for; got %s", raw)
	}
	if sha(pushToken, q.Get("timestamp"), q.Get("nonce"), m.Encrypt) != q.Get("msg_signature") || q.Get("encrypt_type") != "aes" {
		v.t.Errorf("rule: an encrypted push says so and signs what is encrypted; got %v", q)
	}
	key, _ := base64.RawStdEncoding.DecodeString(v.aesKey)
	text, err := base64.StdEncoding.DecodeString(m.Encrypt)
	if err != nil || len(text)%32 != 0 {
		v.t.Errorf("rule: what is encrypted is whole blocks of 32; got %d bytes, %v", len(text), err)
		return ""
	}
	block, _ := aes.NewCipher(key)
	cipher.NewCBCDecrypter(block, key[:16]).CryptBlocks(text, text)
	text = text[16 : len(text)-int(text[len(text)-1])]
	size := int(text[0])<<24 | int(text[1])<<16 | int(text[2])<<8 | int(text[3])
	if of := string(text[4+size:]); of != app {
		v.t.Errorf("rule: behind the message stands the AppID; got %q", of)
	}
	return string(text[4 : 4+size])
}

func sha(parts ...string) string {
	sort.Strings(parts)
	return fmt.Sprintf("%x", sha1.Sum([]byte(strings.Join(parts, ""))))
}

// all are the requests so far.
func (v *receiver) all() []delivery {
	v.mu.Lock()
	defer v.mu.Unlock()
	return append([]delivery(nil), v.got...)
}

// one is the only request so far.
func (v *receiver) one() delivery {
	v.t.Helper()
	got := v.all()
	if len(got) != 1 {
		v.t.Fatalf("rule: what is delivered at once is sent once; got %d requests", len(got))
	}
	return got[0]
}

// sealedReply is an encrypted message to answer with; key, token and AppID may
// be wrong ones.
func sealedReply(aesKey, token, of, message string) string {
	key, _ := base64.RawStdEncoding.DecodeString(aesKey)
	plain := append([]byte("0123456789abcdef\x00\x00\x00"+string(rune(len(message)))), message+of...)
	pad := 32 - len(plain)%32
	plain = append(plain, bytes.Repeat([]byte{byte(pad)}, pad)...)
	block, _ := aes.NewCipher(key)
	cipher.NewCBCEncrypter(block, key[:16]).CryptBlocks(plain, plain)
	sealed := base64.StdEncoding.EncodeToString(plain)
	return "<xml><Encrypt><![CDATA[" + sealed + "]]></Encrypt><MsgSignature><![CDATA[" + sha(token, "1", "n", sealed) +
		"]]></MsgSignature><TimeStamp>1</TimeStamp><Nonce><![CDATA[n]]></Nonce></xml>"
}

// pushRig is a rig that pushes to a receiver.
func pushRig(t *testing.T, aesKey string, change ...func(*Config)) (*rig, *receiver) {
	t.Helper()
	g, v := newRig(t, change...), newReceiver(t, aesKey)
	if err := g.SetPush(app, v.url, pushToken, aesKey); err != nil {
		t.Fatalf("SetPush: %v", err)
	}
	return g, v
}
