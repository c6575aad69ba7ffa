package platform

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed467724c4/wechat/core/wxapi"
)

func TestSpentCodesAreForgottenWithTheCodes(t *testing.T) {
	p, now := platformAlone(t), time.Now()
	p.now = func() time.Time { return now }
	p.claim(t.Context(), "old")
	now = now.Add(codeLife)
	p.claim(t.Context(), "new")
	var r codesRecord
	if _, _, err := p.records.load(t.Context(), codesName, &r); err != nil || len(r.Codes) != 1 || r.Codes[0].Hash != "new" {
		t.Errorf("rule: a spent code is remembered for as long as WeChat knows it: %+v %v", r.Codes, err)
	}
}

// busy is a store in which another node is always faster.
type busy struct {
	Store
	loads, swaps atomic.Int64
}

func (b *busy) Load(ctx context.Context, key string) ([]byte, error) {
	b.loads.Add(1)
	return b.Store.Load(ctx, key)
}

func (b *busy) Swap(context.Context, string, []byte, []byte) (bool, error) {
	return false, endless(b.swaps.Add(1))
}

// endless is an error after so many that a test would not end.
func endless(swaps int64) error {
	if swaps > 10*maxSwaps {
		return errors.New("without end")
	}
	return nil
}

func TestARecordThatChangesTooFastIsAnError(t *testing.T) {
	p, store := platformAlone(t), &busy{Store: NewMemoryStore()}
	p.records.store = store
	if _, _, err := p.claim(t.Context(), "code"); err == nil || store.swaps.Load() != maxSwaps {
		t.Errorf("rule: a record is read again %d times at most: %d, %v", maxSwaps, store.swaps.Load(), err)
	}
}

func TestWhatIsNoAppIDReachesNoStore(t *testing.T) {
	p, store := platformAlone(t), &busy{Store: NewMemoryStore()}
	p.records.store = store
	for _, appID := range []string{"", "a/b", "../x", "a b", "a\n", strings.Repeat("a", 65), "店"} {
		if _, err := p.Find(t.Context(), appID); !errors.Is(err, ErrUnknown) {
			t.Errorf("rule: what is no app id is unknown: %q %v", appID, err)
		}
	}
	if n := store.loads.Load(); n != 0 || len(p.unknown) != 0 {
		t.Errorf("rule: what is no app id is neither looked up nor remembered: %d, %d", n, len(p.unknown))
	}
}

func TestANonceIsShort(t *testing.T) {
	if !isNonce(strings.Repeat("a", 32)) || isNonce(strings.Repeat("a", 33)) {
		t.Error("rule: a nonce has 32 characters at most, so that no long text is hashed for a stranger")
	}
}

func TestATokenLivesFromAMinuteToTwoHours(t *testing.T) {
	at := time.Unix(1_800_000_000, 0)
	for told, want := range map[time.Duration]time.Duration{0: time.Minute, -time.Hour: time.Minute, time.Hour: time.Hour, 1000 * time.Hour: 2 * time.Hour} {
		if got := newTokenRecord("t", told, at).Expires - at.Unix(); got != int64(want/time.Second) {
			t.Errorf("rule: a token for which WeChat says %v lives %v: %d s", told, want, got)
		}
	}
}

func TestTheListOfAccountsHasAnEnd(t *testing.T) {
	const one = `{"authorizer_appid":"wx00000000000000aa","refresh_token":"refreshtoken@@@x"}`
	for rule, c := range map[string]struct {
		list  string
		pages int64
	}{
		"a total that is never reached ends after 200 pages": {one, maxPages},
		"an empty page is the last one":                      {"", 1},
	} {
		var pages atomic.Int64
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if pages.Add(1) > 2*maxPages {
				w.WriteHeader(http.StatusBadGateway)
				return
			}
			fmt.Fprintf(w, `{"total_count":1000000,"list":[%s]}`, c.list)
		}))
		p, err := New(Config{AppID: platformID, AppSecret: platformSecret, Token: platformToken, EncodingAESKey: platformKey, Store: NewMemoryStore(), APIURL: server.URL})
		if err != nil {
			t.Fatal(err)
		}
		p.component.current.Store(&tokenRecord{Token: "t", RenewAt: 1 << 40, Expires: 1 << 40})
		err = p.eachListed(t.Context(), func(wxapi.Authorization) error { return nil })
		if n := pages.Load(); err != nil || n != c.pages {
			t.Errorf("rule: %s: %d pages, %v", rule, n, err)
		}
		p.Close()
		server.Close()
	}
}
