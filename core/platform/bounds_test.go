package platform

import (
	"errors"
	"fmt"
	"testing"
)

func platformAlone(t *testing.T) *Platform {
	t.Helper()
	p, err := New(Config{AppID: platformID, AppSecret: platformSecret, Token: platformToken, EncodingAESKey: platformKey, Store: NewMemoryStore()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

func TestUnknownAccountsThatStrangersAskForAreBounded(t *testing.T) {
	p := platformAlone(t)
	for i := range 3*maxUnknown + 1 {
		if _, err := p.Find(t.Context(), fmt.Sprintf("wx%016x", i)); !errors.Is(err, ErrUnknown) {
			t.Fatalf("rule: an account that never agreed is unknown: %v", err)
		}
		if n := len(p.unknown); n > maxUnknown {
			t.Fatalf("rule: at most %d unknown app ids are remembered: %d", maxUnknown, n)
		}
	}
	if len(p.unknown) == 0 {
		t.Error("rule: an unknown app id is remembered")
	}
}

func TestTheRecordOfSpentCodesIsBounded(t *testing.T) {
	p := platformAlone(t)
	for i := range maxCodes + 10 {
		if _, mine, err := p.claim(t.Context(), fmt.Sprint("code ", i)); err != nil || !mine {
			t.Fatalf("rule: a code that nobody spends is claimed: %v %v", mine, err)
		}
	}
	var r codesRecord
	if _, _, err := p.records.load(t.Context(), codesName, &r); err != nil || len(r.Codes) != maxCodes {
		t.Errorf("rule: the latest %d spent codes are remembered: %d %v", maxCodes, len(r.Codes), err)
	}
	if _, mine, _ := p.claim(t.Context(), fmt.Sprint("code ", maxCodes+9)); mine {
		t.Error("rule: the latest code is among them")
	}
}
