package core

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/seed467724c4/wechat/core/internal/proof"
	"github.com/seed467724c4/wechat/core/internal/screen"
	"github.com/seed467724c4/wechat/core/internal/session"
	"github.com/seed467724c4/wechat/core/internal/web"
)

const (
	// defaultScreenPath is Config.ScreenPath where it is not set.
	defaultScreenPath = "/wechat/screen"
	// screenSessionLife is how long a session lives that began at a screen. A screen may be
	// in an office or a library, so it is a quarter of a phone's.
	screenSessionLife = 7 * 24 * time.Hour
	// phoneMaxAge is how old a phone's login may be when its person allows a screen. WeChat
	// then says anew who uses the phone, without a page.
	phoneMaxAge = 5 * time.Minute
)

// screens is what an instance with Config.ScreenLogin has.
type screens struct {
	keys   proof.ScreenKeys
	codes  *screen.Codes
	memory *session.Memory // the codes' store without Config.Cache
	path   string
	shown  string // name of the cookie in which a screen keeps which codes it shows
	device string // name of the device cookie

	mounted atomic.Bool // the app has called Screens
	phones  *Gate       // for phones that open a code
	desks   *Gate       // for what a waiting page asks and sends
}

// newScreens returns nil without Config.ScreenLogin.
func newScreens(c *Config, from keyMaterial, public web.Origin, now func() time.Time) (*screens, error) {
	if !c.ScreenLogin {
		return nil, nil
	}
	keys, err := proof.NewScreenKeys(from.name, from.secret, from.previous...)
	if err != nil {
		return nil, err
	}
	tag := web.AccountTag(from.name, public.Prefix)
	s := &screens{keys: keys, path: c.screenPath(), shown: screen.CookieName(tag), device: proof.DeviceCookieName(tag)}
	store := c.Cache
	if store == nil {
		s.memory = session.NewMemory()
		store = s.memory
	}
	s.codes, err = screen.New(screen.Config{
		AppID: from.name, AppSecret: from.secret, PreviousSecrets: from.previous, Store: store, Now: now,
	})
	return s, err
}

// sweep drops what is over.
func (s *screens) sweep(now time.Time) {
	if s == nil {
		return
	}
	s.codes.Sweep()
	if s.memory != nil {
		s.memory.Sweep(now)
	}
}

// held is how much there is to sweep.
func (s *screens) held() int {
	if s == nil {
		return 0
	}
	n := s.codes.Len()
	if s.memory != nil {
		n += s.memory.Held()
	}
	return n
}

func (c *Config) screenPath() string {
	if c.ScreenPath == "" {
		return defaultScreenPath
	}
	return c.ScreenPath
}

// checkScreens reports what screen login cannot work with.
func (c *Config) checkScreens(public web.Origin, wrong func(format string, args ...any)) {
	if t, ok := web.ParseTarget(c.screenPath()); !ok || t.HasQuery || !web.IsLocal(c.screenPath()) || c.screenPath() == "/" {
		wrong("ScreenPath is not a path of this site: set Config.ScreenPath to something like %s", defaultScreenPath)
	}
	if !c.ScreenLogin {
		return
	}
	if public.Host != "" && !isSafe(public) {
		wrong("ScreenLogin with a PublicURL of plain http: anybody on the way could take over the screen; use https")
	}
	if c.Cache == nil && c.Sessions != nil && !session.InMemory(c.Sessions.Store) {
		wrong("ScreenLogin with Sessions that several nodes share and without Cache: a screen and its phone may reach two nodes; set Config.Cache to a store that all nodes share")
	}
}

// isSafe holds for an origin on which a session may be handed to a screen: nobody on the
// way reads what is sent.
func isSafe(at web.Origin) bool {
	return at.IsHTTPS() || loopback(at.String())
}

// errNoScreens is what the operator reads.
var errNoScreens = errors.New("Config.ScreenLogin is on and the app never called auth.Screens(): mount it at Config.ScreenPath, or leave ScreenLogin out")

var _ scs.Store = (*session.Memory)(nil)

// siteName is the site's name as visitors know it.
func (v *visit) siteName() string {
	if name := v.auth.config.SiteName; name != "" {
		return name
	}
	return v.at.Host
}

// codeURL is the address in the QR code of a screen.
func (v *visit) codeURL(id string) string {
	return v.at.URL(web.Target{Path: v.auth.screens.path, Query: codeParam + "=" + id, HasQuery: true})
}

// secureHere logs once a minute why no screen logs in over plain http.
func (v *visit) secureHere() bool {
	if isSafe(v.at) {
		return true
	}
	v.auth.watch.tell(v.ctx, Event{Name: ConfigWarning, Reason: "http"}, line{
		level: slog.LevelError, kind: "screens over http", more: []slog.Attr{slog.String("host", v.at.Host)},
		text: "wechat: no screen login over plain http, because anybody on the way could take over the screen: set Config.PublicURL to the site's https address (logged once a minute)",
	})
	return false
}

// browserNames and systemNames are what people call what is in front of them. They are
// the same in every language. An id has three bits for each.
var (
	browserNames = [8]string{web.Chrome: "Chrome", web.Edge: "Edge", web.Firefox: "Firefox", web.Safari: "Safari", web.Opera: "Opera"}
	systemNames  = [8]string{web.Windows: "Windows", web.MacOS: "macOS", web.Linux: "Linux", web.ChromeOS: "ChromeOS", web.Android: "Android", web.IPadOS: "iPadOS"}
)

// deviceName is the screen's system and browser, such as "Windows · Chrome"; "" where
// neither is known.
func deviceName(s proof.Screen) string {
	var known []string
	for _, name := range []string{systemNames[s.System&7], browserNames[s.Browser&7]} {
		if name != "" {
			known = append(known, name)
		}
	}
	return strings.Join(known, " · ")
}

// screenTrouble is the error of a store that fails.
func screenTrouble(err error) error { return unavailableFor(fmt.Errorf("screen login: %w", err)) }
