package fiberwechat_test

import (
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/gofiber/fiber/v2"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/fiberwechat"
)

// keeping is a store that keeps the tokens it is asked for, as a map does.
type keeping struct {
	mu    sync.Mutex
	asked []string
}

func (k *keeping) Find(token string) ([]byte, bool, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.asked = append(k.asked, token)
	return nil, false, nil
}
func (k *keeping) Commit(string, []byte, time.Time) error { return nil }
func (k *keeping) Delete(string) error                    { return nil }

// fasthttp reads the next request on a connection into the same bytes.
func TestAStoreMayKeepTheTokensItIsAskedFor(t *testing.T) {
	store := &keeping{}
	auth, err := core.New(core.Config{
		AppID: "wx0123456789abcdef", AppSecret: "secret", PublicURL: "http://127.0.0.1", Logger: slog.New(slog.DiscardHandler),
		Sessions: &scs.SessionManager{Store: store, Codec: scs.GobCodec{}, Cookie: scs.SessionCookie{Name: "session"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer auth.Close()
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	app.Use(fiberwechat.Require(auth))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go app.Listener(l)
	defer app.Shutdown()

	tokens := []string{strings.Repeat("a", 43), strings.Repeat("b", 43), strings.Repeat("c", 43)}
	one := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 1}}
	defer one.CloseIdleConnections()
	for _, token := range tokens {
		r, _ := http.NewRequest("GET", "http://"+l.Addr().String()+"/", nil)
		r.Header.Set("Cookie", "session="+token)
		answer, err := one.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
	}
	each := len(store.asked) / len(tokens) // once for who may be known, once more for all others
	if each == 0 {
		t.Fatal("the store was not asked")
	}
	for i, asked := range store.asked {
		if want := tokens[i/each]; asked != want {
			t.Errorf("rule: a token is the store's to keep: %q was %q", asked, want)
		}
	}
}
