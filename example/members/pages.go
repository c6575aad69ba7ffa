package main

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

//go:embed page
var files embed.FS

// pages renders. It is safe for concurrent use.
type pages struct {
	templates map[string]*template.Template // by language
	style     template.CSS
	policy    string
}

// view is what a page is made of.
type view struct {
	Page      string // "home", "members" or "profile"
	Number    string // home: of who is logged in; "" for nobody
	Member    *Member
	Renewal   renewal // profile: what became of the button
	Name      string
	Account   string // where the account can be followed by hand, or ""
	Simulator string
	Style     template.CSS
}

// newPages lets pictures in from https, where WeChat's avatars are, and from the
// simulator.
func newPages(simulator string) *pages {
	css, err := files.ReadFile("page/style.css")
	if err != nil {
		panic(err) // not in the binary: it would not have been built
	}
	sum := sha256.Sum256(css)
	return &pages{
		templates: map[string]*template.Template{"zh": parse("zh"), "en": parse("en")},
		style:     template.CSS(css),
		policy: "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; img-src https: data: " + simulator +
			"; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
	}
}

func (a *app) show(c *gin.Context, status int, v view) {
	v.Name, v.Account, v.Simulator, v.Style = a.name, a.account, a.simulator, a.pages.style
	var b bytes.Buffer
	if err := a.pages.templates[language(c.GetHeader("Accept-Language"))].ExecuteTemplate(&b, "layout.html", v); err != nil {
		panic(err) // the templates are in the binary and tested
	}
	for name, value := range map[string]string{
		"Content-Security-Policy": a.pages.policy,
		"Content-Type":            "text/html; charset=utf-8",
		"Cache-Control":           "no-store", // they show a member: after a logout, "back" must not
		"Referrer-Policy":         "same-origin",
		"X-Content-Type-Options":  "nosniff",
	} {
		c.Header(name, value)
	}
	c.Status(status)
	c.Writer.Write(b.Bytes())
}

// language is "en" or "zh", whichever the visitor names first; Chinese for everybody
// else.
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
	t := func(zh, en string) string {
		if lang == "en" {
			return en
		}
		return zh
	}
	return template.Must(template.New("").Funcs(template.FuncMap{
		"t": t, "day": day, "initial": initial,
		"followedBy": func(scene string) string { w := wordsFor(scene); return t(w[0], w[1]) },
	}).ParseFS(files, "page/*.html"))
}

// beijing is where the account's people are; a container seldom has time zones.
var beijing = time.FixedZone("CST", 8*60*60)

func day(t time.Time) string { return t.In(beijing).Format("2006-01-02 15:04") }

// initial stands in for an avatar.
func initial(nickname string) string {
	for _, r := range strings.ToUpper(nickname) {
		return string(r)
	}
	return ""
}

// wordsFor says where somebody began to follow (subscribe_scene, getUserInfo). WeChat
// adds new ones.
func wordsFor(scene string) [2]string {
	switch scene {
	case "ADD_SCENE_SEARCH":
		return [2]string{"在微信里搜索", "a search in WeChat"}
	case "ADD_SCENE_QR_CODE":
		return [2]string{"扫描二维码", "a QR code"}
	case "ADD_SCENE_PROFILE_CARD":
		return [2]string{"朋友分享的名片", "a card that a friend shared"}
	case "ADD_SCENE_PROFILE_LINK", "ADD_SCENE_PROFILE_ITEM":
		return [2]string{"公众号主页", "the account's page"}
	case "ADD_SCENE_WECHAT_ADVERTISEMENT":
		return [2]string{"微信广告", "an advertisement"}
	}
	return [2]string{"其他途径", "another way"}
}
