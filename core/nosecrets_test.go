package core

import (
	"bytes"
	"encoding/binary"
	"encoding/gob"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/seed467724c4/wechat/core/internal/session"
	"github.com/seed467724c4/wechat/core/internal/vault"
	"github.com/seed467724c4/wechat/core/push"
)

const (
	testToken  = "t0ken-canary"
	testAESKey = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
)

// holdings is every byte that reflection reaches from a value, through unexported fields,
// pointers, maps and interfaces, as printers such as go-spew and debuggers' dumps do. A
// function's variables are out of its reach.
type holdings struct {
	seen map[uintptr]bool
	text bytes.Buffer
}

func (h *holdings) collect(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() && !h.seen[v.Pointer()] {
			h.seen[v.Pointer()] = true
			h.collect(v.Elem())
		}
	case reflect.Interface:
		h.collect(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			h.collect(v.Field(i))
		}
	case reflect.Map:
		for each := v.MapRange(); each.Next(); {
			h.collect(each.Key())
			h.collect(each.Value())
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			h.collect(v.Index(i))
		}
		h.text.WriteByte(0)
	case reflect.String:
		h.text.WriteString(v.String())
	case reflect.Uint8:
		h.text.WriteByte(byte(v.Uint()))
	case reflect.Uint32:
		binary.Write(&h.text, binary.BigEndian, uint32(v.Uint()))
	}
}

func reachable(values ...any) []byte {
	h := &holdings{seen: map[uintptr]bool{}}
	for _, v := range values {
		h.collect(reflect.ValueOf(v))
	}
	return h.text.Bytes()
}

// keyBytes is what must not be found, by what it is.
func keyBytes(t *testing.T) map[string][]byte {
	secrets := map[string][]byte{"AppSecret": []byte(testSecret), "a previous secret": []byte(formerSecret), "a push token": []byte(testToken), "an AES key": []byte(testAESKey)}
	purposes := []string{"state", "state header", "user hash"}
	for _, sealed := range []string{"remembered logins", "session notes", "push", "refresh tokens", "followers", "secret marker"} {
		purposes = append(purposes, sealed, sealed+", names")
	}
	for i, secret := range []string{testSecret, formerSecret} {
		for _, purpose := range purposes {
			key, err := vault.Derive(testAppID, secret, purpose)
			if err != nil {
				t.Fatal(err)
			}
			secrets[fmt.Sprintf("the key of %s, secret %d", purpose, i)] = key[:16] // AES keeps its key in parts of 16 bytes or more
		}
	}
	return secrets
}

func TestReflectionFindsNoSecret(t *testing.T) {
	r := newRig(t, func(c *Config) {
		c.Cache, c.KeepTokens, c.PreviousSecrets = session.NewMemory(), true, []string{formerSecret}
	})
	handler, err := r.auth.PushHandler(push.Config{Token: testToken, EncodingAESKey: testAESKey})
	if err != nil {
		t.Fatal(err)
	}
	gate := r.gate(ModeRequire)
	r.browser().get(gate, "/me")
	r.auth.Close()    // what is walked must stand still
	type app struct { // as an app keeps them: no method of ours is called on unexported fields
		auth    *Auth
		gate    *Gate
		handler any
	}
	mine := app{r.auth, gate, handler}
	var written bytes.Buffer
	_ = gob.NewEncoder(&written).Encode(&mine)
	printed := ""
	for _, verb := range []string{"%v", "%+v", "%#v", "%x"} {
		for _, v := range []any{mine, r.auth.keys, r.auth.logins, r.auth.sessions, r.auth.followers, r.auth.messages} {
			printed += fmt.Sprintf(verb, v)
		}
	}
	found := reachable(mine)
	for what, key := range keyBytes(t) {
		if bytes.Contains(found, key) {
			t.Errorf("rule: reflection finds no secret: it finds %s", what)
		}
		if bytes.Contains(written.Bytes(), key) || strings.Contains(printed, string(key)) || strings.Contains(printed, fmt.Sprintf("%x", key)) || strings.Contains(printed, strings.Trim(fmt.Sprint(key), "[]")) {
			t.Errorf("rule: no secret is printed or written: %s is", what)
		}
	}
}

func TestTheSearchForSecretsFindsThemWhereTheyAre(t *testing.T) {
	type inner struct {
		text  string
		bytes []byte
		words [4]uint32
	}
	v := struct{ in any }{&inner{"hidden-text", []byte("hidden-bytes"), [4]uint32{0x68696465, 0x20617320, 0x776f7264, 0x73000000}}}
	found := reachable(v)
	for _, want := range []string{"hidden-text", "hidden-bytes", "hide as words"} {
		if !bytes.Contains(found, []byte(want)) {
			t.Errorf("%q is not found", want)
		}
	}
}
