package main

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"strings"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/platform"
)

//go:embed page
var pageFiles embed.FS

var pages = template.Must(template.New("").Funcs(template.FuncMap{
	"t": func(lang, zh, en string) string {
		if lang == "en" {
			return en
		}
		return zh
	},
	"shops": func() string { return shopsPath },
}).ParseFS(pageFiles, "page/*.html"))

type homePage struct{ Shops []platform.Account }

type connectPage struct{ Link string }

type shopPage struct {
	User    *core.User
	Account platform.Account
	Base    string
}

// show writes a page. Its Referrer-Policy tells WeChat's consent page the host that the
// click came from, and no more.
func (a *app) show(w http.ResponseWriter, r *http.Request, status int, name string, data any) {
	lang := "zh-CN"
	if strings.HasPrefix(strings.ToLower(r.Header.Get("Accept-Language")), "en") {
		lang = "en"
	}
	var html bytes.Buffer
	if err := pages.ExecuteTemplate(&html, name+".html", struct {
		Lang string
		Page any
	}{lang, data}); err != nil {
		a.log.ErrorContext(r.Context(), "a page cannot be made", "page", name, "error", err)
		http.Error(w, "out of order", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self' http: https: data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	w.WriteHeader(status)
	html.WriteTo(w)
}

func serveStyle(w http.ResponseWriter, r *http.Request) {
	http.ServeFileFS(w, r, pageFiles, "page/style.css")
}
