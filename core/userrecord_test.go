package core

import (
	"reflect"
	"testing"
	"time"
)

// testApps are an instance with a website application.
var testApps = applications{testAppID, testWebsiteID}

func TestARecordComesBackAsItWas(t *testing.T) {
	u := User{AppID: testAppID, OpenID: "oABC", UnionID: "oU", Scope: Prompt, Nickname: "小明🎉", Avatar: "https://x/132", Sex: 2,
		Country: "c", Province: "p", City: "ci", Privilege: []string{"chinaunicom", ""}, LoggedInAt: time.Unix(1_700_000_000, 0), AppUserID: "42"}
	for _, u := range []User{u, {AppID: testAppID, OpenID: "o", Scope: Silent, LoggedInAt: time.Unix(1, 0)}} {
		in := record{user: u, touched: 77}
		b, err := in.encode(testApps)
		if err != nil {
			t.Fatal(err)
		}
		out, ok := decodeRecord(string(b), testApps)
		if !ok || !reflect.DeepEqual(in, out) {
			t.Errorf("%v\n%+v\n%+v", ok, in, out)
		}
		for cut := range b {
			if _, ok := decodeRecord(string(b[:cut]), testApps); ok {
				t.Errorf("cut at %d it is still a user", cut)
			}
		}
		if _, ok := decodeRecord(string(b)+"\x00", testApps); ok {
			t.Error("a byte too many is accepted")
		}
		b[1] = 9
		if _, ok := decodeRecord(string(b), testApps); ok {
			t.Error("an unknown scope is accepted")
		}
	}
}

func TestOnlyAWholeRecordOfThisVersionIsAUser(t *testing.T) {
	good := record{user: User{OpenID: "oABC", Scope: Silent, Privilege: []string{"p"}}, touched: 1}
	for rule, change := range map[string]func(*record, []byte) []byte{
		"version 0 is unknown":          func(_ *record, b []byte) []byte { b[0] = 0; return b },
		"a later version is unknown":    func(_ *record, b []byte) []byte { b[0] = extendedVersion + 1; return b },
		"the last version is unknown":   func(_ *record, b []byte) []byte { b[0] = 255; return b },
		"a user has an open id":         func(r *record, _ []byte) []byte { r.user.OpenID = ""; b, _ := r.encode(testApps); return b },
		"a user without scope is none":  func(_ *record, b []byte) []byte { b[1] = 0; return b },
		"an unknown scope is none":      func(_ *record, b []byte) []byte { b[1] = 3; return b },
		"lengths beyond the end":        func(_ *record, b []byte) []byte { b[lengthsAt]++; return b },
		"more privileges than there is": func(_ *record, b []byte) []byte { b[19]++; return b },
		"nothing":                       func(*record, []byte) []byte { return nil },
	} {
		r := good
		b, err := r.encode(testApps)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := decodeRecord(string(change(&r, b)), testApps); ok {
			t.Errorf("rule: %s: %+v", rule, got.user)
		}
	}
}
