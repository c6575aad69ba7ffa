// Package drive puts an app beside a WeChat simulator, in this process, and drives it as
// a visitor's browser does. It sees what the app's calls to WeChat and its log hold.
package drive

import (
	"bytes"
	"io"
	"log"
	"log/slog"
	"net/http"
	"sync"

	"github.com/gin-gonic/gin"

	"github.com/seed467724c4/wechat/core/wxsim"
	"github.com/seed467724c4/wechat/example/compare/shop"
)

// What the simulator knows, and where the app is.
const (
	AppID         = "wx0123456789abcdef"
	Secret        = "0123456789abcdef0123456789abcdef"
	WebsiteAppID  = "wxfedcba9876543210"
	WebsiteSecret = "fedcba9876543210fedcba9876543210"
	Host          = "app.example.com"
	Site          = "https://" + Host
)

// World is one app and one simulator.
type World struct {
	Sim *wxsim.Sim
	App http.Handler
	// Users is the app's table, which outlives an app that is replaced by another.
	Users *shop.Users
	// Calls are the app's own calls to WeChat.
	Calls *Calls
	// Log is what the app has logged.
	Log *Log

	website    bool
	apiURL     string // "" where calls stay in this process
	former     http.RoundTripper
	formerSlog *slog.Logger
	formerOut  io.Writer
}

// New makes a world without an app. http.DefaultTransport and the default loggers are the
// process's, and most apps use them: so there is one world at a time, until Close.
func New(website bool) (*World, error) {
	sim, err := wxsim.New(wxsim.Config{
		Accounts: []wxsim.Account{
			{AppID: AppID, Secret: Secret, Domain: Host},
			{AppID: WebsiteAppID, Secret: WebsiteSecret, Domain: Host, Website: true},
		},
		Seed: 1,
	})
	if err != nil {
		return nil, err
	}
	w := &World{Sim: sim, Users: &shop.Users{}, Calls: &Calls{next: sim.Transport()}, Log: &Log{}, website: website}
	gin.SetMode(gin.ReleaseMode)
	w.former, w.formerSlog, w.formerOut = http.DefaultTransport, slog.Default(), log.Writer()
	http.DefaultTransport = w.Calls
	slog.SetDefault(slog.New(slog.NewTextHandler(w.Log, nil)))
	log.SetOutput(w.Log)
	return w, nil
}

// Close gives the process its transport and loggers back.
func (w *World) Close() {
	http.DefaultTransport = w.former
	slog.SetDefault(w.formerSlog)
	log.SetOutput(w.formerOut)
}

// Settings are what the app is configured with.
func (w *World) Settings() shop.Settings {
	s := shop.Settings{
		AppID: AppID, Secret: Secret, PublicURL: Site, Key: []byte("made-up-key-of-thirty-two-bytes!"),
		Users: w.Users, HTTPClient: &http.Client{Transport: w.Calls},
	}
	if w.apiURL != "" {
		s.HTTPClient, s.APIURL = nil, w.apiURL
	}
	if w.website {
		s.AppID, s.Secret = WebsiteAppID, WebsiteSecret
	}
	return s
}

// OpenID is a person's id for the app.
func (w *World) OpenID(person string) string { return w.Sim.OpenID(w.Settings().AppID, person) }

// Calls carries the app's calls to the simulator and looks at them.
type Calls struct {
	next http.RoundTripper

	mu       sync.Mutex
	endless  int
	codeless int
}

// RoundTrip implements http.RoundTripper.
func (c *Calls) RoundTrip(r *http.Request) (*http.Response, error) {
	c.mu.Lock()
	if _, ends := r.Context().Deadline(); !ends {
		c.endless++
	}
	if r.URL.Path == wxsim.PathAccessToken && r.URL.Query().Get("code") == "" {
		c.codeless++
	}
	c.mu.Unlock()
	return c.next.RoundTrip(r)
}

// Endless is how many calls were made without a deadline.
func (c *Calls) Endless() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.endless
}

// Codeless is how many exchanges were tried without a code.
func (c *Calls) Codeless() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.codeless
}

// Log keeps what is logged.
type Log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (l *Log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

// String is everything so far.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
