// Package site is what the example sites have in common: their pages, their log
// and how they start. What an application writes itself stands in each main.go.
package site

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"log/slog"
	"runtime/debug"
	"strings"
	"time"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/push"
)

// Page is one of the pages.
type Page string

// The pages, named as in <body data-page>.
const (
	Home    Page = "home"
	Me      Page = "me"
	Profile Page = "profile"
	Members Page = "members"
)

// places says under which path a page is mounted and what guards it there.
var places = map[Page]struct{ path, guard string }{
	Home:    {"/", "Optional(auth)"},
	Me:      {"/me", "Require(auth)"},
	Profile: {"/profile", "Require(auth, Prompt)"},
	Members: {"/members", "Require(auth, MustFollow)"},
}

// Site renders the pages and writes the log of one example. It is safe for
// concurrent use.
type Site struct {
	framework string
	simulator string // its address; "" where there is none
	push      push.Config
	log       *slog.Logger
	screens   bool   // desktop browsers log in through a phone
	website   string // app id of the website application; "" without scan login
}

// New is for [Run] and tests. framework is the name to show; simulator is the
// address of the one that plays WeChat, if any; push is what [Site.Push] returns.
func New(framework, simulator string, messages push.Config, log *slog.Logger) *Site {
	return &Site{framework: framework, simulator: simulator, push: messages, log: log}
}

// Scans is the site with scan login by a website application; "" is none.
func (s *Site) Scans(website string) *Site {
	scans := *s
	scans.website = website
	return &scans
}

// WithScreens is the site whose front page says how desktop browsers log in through a
// phone, if on.
func (s *Site) WithScreens(on bool) *Site {
	through := *s
	through.screens = on
	return &through
}

// Push is how messages from WeChat are checked. Its Token is "" where none is known:
// then there are no messages, and the site mounts nothing to receive them.
func (s *Site) Push() push.Config { return s.push }

//go:embed page
var files embed.FS

var (
	style     = read("page/style.css")
	templates = map[string]*template.Template{"zh": parse("zh"), "en": parse("en")}
	headers   = map[string]string{
		// Nothing from outside but pictures: WeChat's avatars are https, the
		// simulator's are on this machine.
		"Content-Security-Policy": "default-src 'none'; style-src " + hash(style) +
			"; img-src 'self' data: https: http://127.0.0.1:*; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
		"Content-Type": "text/html; charset=utf-8",
		// The pages show who is logged in: after a logout, "back" must not.
		"Cache-Control": "no-store",
		// Not no-referrer: browsers would send the logout form with "Origin: null",
		// which is what a form of another site looks like.
		"Referrer-Policy":        "same-origin",
		"X-Content-Type-Options": "nosniff",
	}
)

// Headers are those of every page. They belong to the pages alone: what the
// library answers (redirects, its own pages) brings its own, and a browser obeys
// two policies both.
func Headers() map[string]string { return headers }

type view struct {
	Page                              Page
	Path, Guard, Framework, Simulator string
	User                              *core.User // nil for nobody
	Prompted, Messages, Screens       bool
	Website                           string // app id of the website application; "" without scan login
	AtScreen                          bool   // the user's open id is the website application's
	Scanned                           bool   // logged in at a desktop browser, either way
	Style                             template.CSS
}

// HTML is a page as this visitor, who may be nobody, is to see it.
func (s *Site) HTML(page Page, acceptLanguage string, user *core.User) []byte {
	var b bytes.Buffer
	err := templates[language(acceptLanguage)].ExecuteTemplate(&b, "layout.html", view{
		Page: page, Path: places[page].path, Guard: places[page].guard,
		Framework: s.framework, Simulator: s.simulator,
		User: user, Prompted: user != nil && user.Scope == core.Prompt, Messages: s.push.Token != "", Screens: s.screens,
		Website: s.website, AtScreen: s.isWebsites(user), Scanned: s.isWebsites(user) || user != nil && user.Screen,
		Style: template.CSS(style),
	})
	if err != nil {
		panic(err) // the templates are in the binary and tested; no visitor's data gets here
	}
	return b.Bytes()
}

// isWebsites tells whether a user logged in with the website application.
func (s *Site) isWebsites(user *core.User) bool {
	return user != nil && s.website != "" && user.AppID == s.website
}

// Served writes the access log's line. It is given the path and not the URL: the
// query of a visitor who comes back from WeChat holds a code.
func (s *Site) Served(method, path string, status int, took time.Duration) {
	s.log.Info("served", "method", method, "path", path, "status", status, "took", took.Round(time.Microsecond))
}

// Panicked logs what a handler panicked with and where, and nothing of the
// request: its cookies are the visitor's keys.
func (s *Site) Panicked(value any) {
	s.log.Error("panic", "value", fmt.Sprint(value), "stack", string(debug.Stack()))
}

// language is "en" or "zh", whichever the visitor names first; Chinese for
// everybody else.
func language(acceptLanguage string) string {
	for tag := range strings.SplitSeq(strings.ToLower(acceptLanguage), ",") {
		switch tag = strings.TrimSpace(tag); {
		case strings.HasPrefix(tag, "zh"):
			return "zh"
		case strings.HasPrefix(tag, "en"):
			return "en"
		}
	}
	return "zh"
}

func parse(lang string) *template.Template {
	return template.Must(template.New("").Funcs(template.FuncMap{
		"t": func(zh, en string) string {
			if lang == "en" {
				return en
			}
			return zh
		},
		"initial": initial,
	}).ParseFS(files, "page/*.html"))
}

// initial stands in for an avatar.
func initial(nickname string) string {
	for _, r := range strings.ToUpper(nickname) {
		return string(r)
	}
	return ""
}

func read(name string) string {
	b, err := files.ReadFile(name)
	if err != nil {
		panic(err) // not in the binary: it would not have been built
	}
	return string(b)
}

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
