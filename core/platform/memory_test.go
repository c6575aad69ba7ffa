package platform

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/seed467724c4/wechat/core"
)

func TestAnIdleAccountOfAPlatformCostsLittle(t *testing.T) {
	const accounts = 200
	p, err := New(Config{
		AppID: platformID, AppSecret: platformSecret, Token: platformToken, EncodingAESKey: platformKey, Store: NewMemoryStore(),
		Settings: func(Account) core.Config { return core.Config{PublicURL: "https://" + saas} },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	appIDs := make([]string, accounts)
	for i := range appIDs {
		appIDs[i] = fmt.Sprintf("wx%016x", i)
		if _, err := update(t.Context(), &p.records, accountPrefix+appIDs[i], func(r *accountRecord, _ bool) bool {
			*r = accountRecord{AppID: appIDs[i], Name: "茶舍", OriginalID: fmt.Sprintf("gh_%012x", i), Permissions: []int{1, 2, 4}, Connected: true, Refresh: "refreshtoken@@@made-up"}
			return true
		}); err != nil {
			t.Fatal(err)
		}
	}
	handler := p.MessageHandler(nil).(*messageHandler)
	before, routines := heap(), runtime.NumGoroutine()
	for _, appID := range appIDs {
		if _, err := p.Account(t.Context(), appID); err != nil {
			t.Fatal(err)
		}
	}
	alone := (heap() - before) / accounts
	for _, appID := range appIDs {
		auth, err := p.Account(t.Context(), appID)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := handler.handlerOf(auth, Account{AppID: appID}); err != nil {
			t.Fatal(err)
		}
	}
	each := (heap() - before) / accounts
	if each > 64<<10 {
		t.Errorf("rule: an idle account takes less than 64 KiB, with its handler for messages: %d bytes", each)
	}
	if now := runtime.NumGoroutine(); now > routines {
		t.Errorf("rule: an idle account has no goroutine: %d before, %d now", routines, now)
	}
	t.Logf("an idle account takes %d bytes, and %d with its handler for messages", alone, each)
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
