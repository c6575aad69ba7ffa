package core

import (
	"reflect"
	"testing"
	"time"
)

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
