package clients

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/nethttp"
)

// TestOurWebsiteLogin takes this project's own login through the same page and the same
// endings as the clients of others. It tells visitors no number of WeChat's; the app
// reads it from the observer. After a code that was used or has expired it shows WeChat's
// QR code again by itself, where the clients of others show an error.
func TestOurWebsiteLogin(t *testing.T) {
	s := startSimulator(t)
	s.agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
	told := &errcode{}
	site := httptest.NewServer(ourSite(t, s, told))
	defer site.Close()
	base := strings.Replace(site.URL, "127.0.0.1", "localhost", 1)
	walk(t, s, base, loginClient{name: "ours", website: true, told: told.take})
}

// ourSite logs in in place at /login/ours/login, and with a wrong secret at
// /login/ours/wrong/login. Both answer with the user, as the sites of the others do.
func ourSite(t *testing.T, s *simulator, told *errcode) http.Handler {
	mux := http.NewServeMux()
	for path, secretOfSite := range map[string]string{"/login/ours/login": websiteSecret, "/login/ours/wrong/login": "wrong"} {
		transport := s.transport()
		t.Cleanup(transport.CloseIdleConnections)
		auth, err := core.New(core.Config{
			AppID: appID, AppSecret: secret, Website: core.Website{AppID: websiteAppID, AppSecret: secretOfSite},
			HTTPClient: &http.Client{Transport: transport}, Observer: told, Logger: slog.New(slog.DiscardHandler),
			Pages: func(p core.Page) []byte {
				raw, _ := json.Marshal(result{Error: string(p.Kind)})
				return raw
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { auth.Close() })
		mux.Handle(path, nethttp.Require(auth, nethttp.Prompt)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			user := nethttp.User(r)
			json.NewEncoder(w).Encode(result{OpenID: user.OpenID, Nickname: user.Nickname})
		})))
	}
	return mux
}

// errcode is the last number of WeChat's other than 0 that the observer was told.
type errcode struct {
	mu   sync.Mutex
	last string
}

func (c *errcode) Observe(_ context.Context, e core.Event) {
	if e.Name != core.APICall || e.Errcode == "0" {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = e.Errcode
}

func (c *errcode) take() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	last := c.last
	c.last = ""
	return last
}
