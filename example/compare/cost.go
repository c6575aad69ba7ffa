package main

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gin-contrib/sessions"
	"github.com/gin-gonic/gin"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/example/compare/internal/drive"
	"github.com/seed467724c4/wechat/example/compare/peers/casdoor"
	"github.com/seed467724c4/wechat/example/compare/shop"
	"github.com/seed467724c4/wechat/ginwechat"
)

// site is what a request is sent to: an app with one visitor who is logged in.
type site struct {
	framework, who string
	app            http.Handler
	cookies        []*http.Cookie
}

const bare = "no login at all"

// sites opens every app and logs a visitor in. They stay open as long as the process.
func sites() ([]site, error) {
	gin.SetMode(gin.ReleaseMode)
	someone := shop.User{OpenID: "o-mei", Nickname: "Mei", Avatar: "https://thirdwx.qlogo.cn/mmopen/vi_32/x/132"}
	mux, engine := http.NewServeMux(), gin.New()
	shop.Mount(mux, func(h http.Handler) http.Handler { return h }, func(*http.Request) shop.User { return someone })
	shop.MountGin(engine, func(*gin.Context) {}, func(*gin.Context) shop.User { return someone })
	all := []site{{"net/http", bare, mux, nil}, {"gin", bare, engine, nil}}
	for _, c := range append(contestants(), contestant{name: ours + " in gin", open: oursInGin}) {
		s, err := loggedIn(c)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	door, err := withCasdoor()
	return append(all, door), err
}

// loggedIn logs a visitor in to a contestant.
func loggedIn(c contestant) (site, error) {
	w, err := drive.New(c.website)
	if err != nil {
		return site{}, err
	}
	defer w.Close()
	s := &stage{World: w, contestant: c}
	if c.store != nil {
		s.kept = c.store(w.Settings().Key)
	}
	if err := s.restart(); err != nil {
		return site{}, err
	}
	b := w.Browser("mei")
	if page := b.Open("/me"); !page.Shows("/me", w.OpenID("mei")) {
		return site{}, fmt.Errorf("%s: no login: %v", c.name, page)
	}
	framework, who := "net/http", c.name
	switch c.name {
	case "silenceper + cookie", "silenceper + server":
		framework = "gin"
	case ours + " in gin":
		framework, who = "gin", ours
	}
	return site{framework, who, w.App, b.Cookies()}, nil
}

func oursInGin(s shop.Settings, _ sessions.Store) (http.Handler, error) {
	auth, err := core.New(core.Config{AppID: s.AppID, AppSecret: s.Secret, PublicURL: s.PublicURL, HTTPClient: s.HTTPClient})
	if err != nil {
		return nil, err
	}
	r := gin.New()
	shop.MountGin(r, ginwechat.Require(auth, ginwechat.Prompt), func(c *gin.Context) shop.User {
		u := ginwechat.User(c)
		return shop.User{OpenID: u.OpenID, Nickname: u.Nickname, Avatar: u.Avatar}
	})
	return r, nil
}

// withCasdoor has a visitor with a token as Casdoor signs it: RS256, the user in it.
func withCasdoor() (site, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return site{}, err
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return site{}, err
	}
	certificate := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})
	app, err := casdoor.New(shop.Settings{AppID: "id", Secret: "made-up", PublicURL: drive.Site, Users: &shop.Users{}}, "https://door.example.com", string(certificate))
	if err != nil {
		return site{}, err
	}
	claims, err := json.Marshal(map[string]any{
		"owner": "shop", "name": "mei", "id": "o-mei", "displayName": "Mei", "avatar": "https://thirdwx.qlogo.cn/mmopen/vi_32/x/132",
		"exp": time.Now().Add(time.Hour).Unix(),
	})
	if err != nil {
		return site{}, err
	}
	text := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." + base64.RawURLEncoding.EncodeToString(claims)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		return site{}, err
	}
	token := text + "." + base64.RawURLEncoding.EncodeToString(signature)
	return site{"net/http", "Casdoor, its Go SDK", app, []*http.Cookie{{Name: "casdoor_token", Value: token}}}, nil
}

// bench asks for a page as a visitor who is logged in. Each request is a copy, because
// gorilla's sessions are remembered in the request.
func (s site) bench(b *testing.B) {
	r := httptest.NewRequest(http.MethodGet, "/me", nil)
	r.Host = drive.Host
	r.Header.Set("User-Agent", drive.InWeChat)
	r.Header.Set("Accept", "text/html")
	for _, c := range s.cookies {
		r.AddCookie(c)
	}
	w := &discard{header: http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		w.status = 0
		clear(w.header)
		copied := *r
		s.app.ServeHTTP(w, &copied)
		if w.status != 0 && w.status != http.StatusOK {
			b.Fatalf("%s: %d", s.who, w.status)
		}
	}
}

// discard is a response writer that keeps its memory.
type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) WriteHeader(status int)      { d.status = status }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }

// cost is a row: what a login adds to a request.
type cost struct {
	site
	over   float64 // ns over the bare framework
	times  float64 // of what this library adds
	allocs int64   // over the bare framework's
}

// costs measures every site once in each round and takes each site's best round: others
// on the machine only ever make a round longer.
func costs(rounds int) ([]cost, error) {
	all, err := sites()
	if err != nil {
		return nil, err
	}
	best := make([]testing.BenchmarkResult, len(all))
	for range rounds {
		for i, s := range all {
			if r := testing.Benchmark(s.bench); best[i].N == 0 || ns(r) < ns(best[i]) {
				best[i] = r
			}
		}
	}
	at := map[string]testing.BenchmarkResult{}
	for i, s := range all {
		at[s.framework+s.who] = best[i]
	}
	var rows []cost
	for i, s := range all {
		base, we := at[s.framework+bare], at[s.framework+ours]
		added := ns(best[i]) - ns(base)
		rows = append(rows, cost{s, added, added / (ns(we) - ns(base)), best[i].AllocsPerOp() - base.AllocsPerOp()})
	}
	return rows, nil
}

func ns(r testing.BenchmarkResult) float64 { return float64(r.T.Nanoseconds()) / float64(r.N) }
