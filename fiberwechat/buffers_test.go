package fiberwechat_test

import (
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/gofiber/fiber/v2"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/adaptertest/setuptest"
	"github.com/seed467724c4/wechat/fiberwechat"
)

// retainingStore keeps the very strings that it is asked for, as a map does.
type retainingStore struct {
	mu    sync.Mutex
	asked []string
}

func (s *retainingStore) Find(token string) ([]byte, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, token)
	return nil, false, nil
}
func (s *retainingStore) Commit(string, []byte, time.Time) error { return nil }
func (s *retainingStore) Delete(string) error                    { return nil }

// fasthttp reads the next request of a connection into the same bytes, so a token
// that was not copied would change inside the store.
func TestAStoreMayKeepTheTokensItIsAskedFor(t *testing.T) {
	store := &retainingStore{}
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
	baseURL, stop, err := setuptest.Listen(app.Listener, app.Shutdown)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()

	tokens := []string{strings.Repeat("a", 43), strings.Repeat("b", 43), strings.Repeat("c", 43)}
	one := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 1}}
	defer one.CloseIdleConnections()
	for _, token := range tokens {
		r, _ := http.NewRequest("GET", baseURL+"/", nil)
		r.Header.Set("Cookie", "session="+token)
		answer, err := one.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
	}
	each := len(store.asked) / len(tokens) // one look-up by the fast path and one by the gate
	if each == 0 {
		t.Fatal("the store was not asked")
	}
	for i, asked := range store.asked {
		if want := tokens[i/each]; asked != want {
			t.Errorf("rule: a store may keep the token it is asked for\ngot: %q, which was %q", asked, want)
		}
	}
}
