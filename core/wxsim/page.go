package wxsim

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"github.com/seed467724c4/wechat/core/wxsim/internal/timeline"
)

//go:embed page
var pageFiles embed.FS

// pages are the parsed templates and what all of them share.
type pages struct {
	all       *template.Template
	style     template.CSS
	script    template.JS
	home      template.JS
	csp       string
	framedCSP string // of the page that wxLogin.js shows in a frame
}

// named is an account or a person: what pages call it depends on their language.
type named interface{ nameIn(lang string) string }

// newPages panics if an embedded file is broken, which no Config can cause.
func newPages() *pages {
	p := &pages{style: template.CSS(mustRead("page/style.css")), script: template.JS(mustRead("page/qrconnect.js")),
		home: template.JS(mustRead("page/home.js") + mustRead("page/home_copy.js") + mustRead("page/home_find.js"))}
	p.all = template.Must(template.New("").Funcs(template.FuncMap{
		"t":          tr,
		"local":      func(avatar string) bool { return strings.HasPrefix(avatar, "/") },
		"initial":    initial,
		"name":       func(lang string, who named) string { return who.nameIn(lang) },
		"style":      func() template.CSS { return p.style },
		"script":     func() template.JS { return p.script },
		"homeScript": func() template.JS { return p.home },
		"copied":     func(lang, what string) copied { return copied{lang, what} },
		"direction":  direction,
		"outcome":    outcomeIn,
		"pretty":     pretty,
	}).ParseFS(pageFiles, "page/*.html"))
	// Nothing but this style sheet, this script and the simulator's own
	// pictures. No form-action: browsers apply it to the redirect after the form
	// as well.
	p.framedCSP = "default-src 'none'; img-src 'self' data:; style-src '" + hashOf(string(p.style)) +
		"'; script-src '" + hashOf(string(p.script)) + "' '" + hashOf(string(p.home)) + "'; connect-src 'self'; base-uri 'none'"
	p.csp = p.framedCSP + "; frame-ancestors 'none'"
	return p
}

func mustRead(name string) string {
	raw, err := pageFiles.ReadFile(name)
	if err != nil {
		panic("wxsim: " + err.Error())
	}
	return string(raw)
}

// hashOf is a text's hash as a Content-Security-Policy names it.
func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// frame is what every page shares.
type frame struct {
	Lang        string
	NoFollowers bool // the account has none, so nobody is called one
}

const langCookie = "wxsim_lang"

// newFrame takes the language from the home page's switch, its cookie, or else from
// the browser.
func newFrame(r *http.Request) frame {
	asked := ""
	if r.URL.Path == "/" {
		asked = r.URL.Query().Get("lang")
	}
	if c, err := r.Cookie(langCookie); err == nil && asked == "" {
		asked = c.Value
	}
	if asked == "zh" || asked == "en" {
		return frame{Lang: asked}
	}
	return frame{Lang: language(r.Header.Get("Accept-Language"))}
}

// direction says who asked whom in a row of the timeline.
func direction(lang string, kind timeline.Kind) string {
	switch kind {
	case timeline.API:
		return tr(lang, "应用→微信", "app→WeChat")
	case timeline.Page:
		return tr(lang, "浏览器→微信", "browser→WeChat")
	case timeline.Push:
		return tr(lang, "微信→应用", "WeChat→app")
	}
	return tr(lang, "你→模拟器", "you→simulator")
}

// outcomeIn is a row's outcome for people. Codes and statuses are the same in both
// languages, and the exported timeline has the English words.
func outcomeIn(lang, outcome string) string {
	words := map[string]string{"ok": "成功", "page": "页面", "done": "完成", "not done": "未完成", "gone": "已离开", "closed": "已断开", "dropped": "已断开",
		"reset": "已重置", "no cookies": "不带 Cookie", "delivered": "已送达", "not delivered": "未送达", "no push address": "没有推送地址", "too late": "太晚"}
	return tr(lang, cmp.Or(words[outcome], outcome), outcome)
}

// pretty sets JSON in lines. Any other text stays as it is.
func pretty(text string) string {
	var out bytes.Buffer
	if json.Indent(&out, []byte(text), "", "  ") != nil {
		return text
	}
	return strings.ReplaceAll(out.String(), `\/`, "/")
}

func (s *Sim) page(name string, data any) reply {
	var buf bytes.Buffer
	if err := s.pages.all.ExecuteTemplate(&buf, name, data); err != nil {
		return reply{status: http.StatusInternalServerError, contentType: "text/plain; charset=utf-8",
			body: []byte("wxsim: " + err.Error() + "\n"), outcome: "500"}
	}
	return reply{status: http.StatusOK, contentType: "text/html; charset=utf-8", body: buf.Bytes(),
		csp: s.pages.csp, outcome: "page"}
}

// errorPage shows a failure with status 200, as WeChat does.
func (s *Sim) errorPage(r *http.Request, f failure) reply {
	a := s.page("error.html", struct {
		frame
		failure
	}{newFrame(r), f})
	a.pageError = f.id()
	a.outcome = f.id()
	a.why = f.words()
	return a
}

func tr(lang, zh, en string) string {
	if lang == "en" {
		return en
	}
	return zh
}

// language picks "zh" or "en" from an Accept-Language header; Chinese when
// neither is asked for, or both alike.
func language(header string) string {
	best, weight := "zh", 0.0
	for _, part := range strings.Split(header, ",") {
		tag, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		lang, _, _ := strings.Cut(strings.ToLower(tag), "-")
		q := 1.0
		if v, ok := strings.CutPrefix(strings.TrimSpace(params), "q="); ok {
			if n, err := strconv.ParseFloat(v, 64); err == nil {
				q = n
			}
		}
		if (lang == "zh" || lang == "en") && (q > weight || q == weight && q > 0 && lang == "zh") {
			best, weight = lang, q
		}
	}
	return best
}

// initial is shown in place of a missing avatar.
func initial(nickname string) string {
	for _, r := range nickname {
		return string(unicode.ToUpper(r)) // a small "l" alone looks like a bar
	}
	return "?"
}

func hostOf(address string) string {
	if u, err := url.Parse(address); err == nil {
		return u.Host
	}
	return ""
}
