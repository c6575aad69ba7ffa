package platform

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/wxsim"
	"github.com/seed467724c4/wechat/nethttp"
)

// TestAThousandLoginsWhileMerchantsComeAndGo logs 10 people in to each of 100 accounts
// of one host while other accounts connect, disconnect and connect
// again.
func TestAThousandLoginsWhileMerchantsComeAndGo(t *testing.T) {
	const shops, people, restless = 100, 10, 5
	r := newRig(t, func(c *wxsim.Config) {
		c.Accounts, c.People = nil, nil
		for i := range shops + restless {
			c.Accounts = append(c.Accounts, wxsim.Account{AppID: fmt.Sprintf("wx%016x", i), Secret: "s", Domain: "own.example.com", Name: fmt.Sprint("shop ", i)})
		}
		for i := range people {
			c.People = append(c.People, wxsim.Person{ID: fmt.Sprint("person", i), Nickname: fmt.Sprint("Person ", i)})
		}
	})
	p := r.ready()
	for i := range shops + restless {
		r.connect(fmt.Sprintf("wx%016x", i))
	}
	r.sim.ResetCalls()
	app := http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		appID, _, _ := strings.Cut(strings.TrimPrefix(req.URL.Path, "/"), "/")
		auth, err := p.Account(req.Context(), appID)
		if err != nil {
			http.Error(w, "this shop is closed", http.StatusGone)
			return
		}
		nethttp.Require(auth)(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			u, _ := core.FromContext(req.Context())
			fmt.Fprint(w, u.AppID, " ", u.OpenID)
		})).ServeHTTP(w, req)
	})

	stop, moving := make(chan struct{}), sync.WaitGroup{}
	moves := 0
	moving.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			shop := fmt.Sprintf("wx%016x", shops+i%restless)
			r.sim.Disconnect(t.Context(), platformID, shop)
			r.sim.Connect(t.Context(), platformID, shop)
			moves++
		}
	})
	var mixed, logins, closed atomic.Int64
	var all sync.WaitGroup
	work := make(chan int)
	for range 8 {
		all.Go(func() {
			for person := range work {
				id := fmt.Sprint("person", person%people)
				v := r.visitor(app, id) // one browser for a stretch of shops
				for n := range shops {
					shop := fmt.Sprintf("wx%016x", (n+person*7)%shops)
					status, text := v.page("/" + shop + "/")
					if status != 200 {
						t.Errorf("rule: every visitor of a connected shop is logged in: %d %.120s", status, text)
						continue
					}
					logins.Add(1)
					if text != shop+" "+r.sim.OpenID(shop, id) {
						mixed.Add(1)
						t.Errorf("rule: nobody is ever somebody else: %.200s", text)
					}
					if n%20 == 0 { // a shop whose merchant comes and goes: logged in as oneself, or not at all
						shop := fmt.Sprintf("wx%016x", shops+n%restless)
						switch status, text := v.page("/" + shop + "/"); {
						case status == 200 && strings.HasPrefix(text, "wx") && text != shop+" "+r.sim.OpenID(shop, id):
							mixed.Add(1)
							t.Errorf("rule: nobody is ever somebody else: %.200s", text)
						case status != 200 || !strings.HasPrefix(text, "wx"): // WeChat's own page says that the merchant has left, with status 200
							closed.Add(1)
						}
					}
				}
			}
		})
	}
	for person := range people {
		work <- person
	}
	close(work)
	all.Wait()
	close(stop)
	moving.Wait()
	if mixed.Load() != 0 || logins.Load() != shops*people {
		t.Errorf("rule: nobody is ever somebody else: %d logins, %d mixed", logins.Load(), mixed.Load())
	}
	calls := map[string]int{}
	for _, path := range []string{wxsim.PathAuthorize, wxsim.PathComponentAccessToken, wxsim.PathComponentToken, wxsim.PathQueryAuth,
		wxsim.PathAuthorizerToken, wxsim.PathAuthorizerInfo, wxsim.PathAuthorizerList, wxsim.PathAccessToken, wxsim.PathStableToken, wxsim.PathToken} {
		calls[path] = r.calls(path)
	}
	if calls[wxsim.PathComponentToken] != 0 || calls[wxsim.PathAccessToken]+calls[wxsim.PathStableToken]+calls[wxsim.PathToken] != 0 {
		t.Errorf("rule: logins need the platform's token alone, which is there already: %v", calls)
	}
	if n := calls[wxsim.PathComponentAccessToken]; n < shops*people || n > shops*people+people*5 {
		t.Errorf("rule: a login is one exchange: %d exchanges", n)
	}
	t.Logf("%d logins over %d accounts, %d mixed; %d times a merchant left and came back, %d visits found the shop closed; calls by endpoint: %v",
		logins.Load(), shops, mixed.Load(), moves, closed.Load(), calls)
}
