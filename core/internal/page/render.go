package page

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"strings"
	"sync"

	"github.com/seed467724c4/wechat/core/internal/web"
)

// ContentType is the content type of every page.
const ContentType = "text/html; charset=utf-8"

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

//go:embed wait.js
var waitJS string

// Renderer makes pages. It is made once per instance and safe for concurrent use.
type Renderer struct {
	template  *template.Template
	languages []string // the fallback first
	words     map[string]words
	policy    string
}

// New makes a renderer. anyStyle is for pages of the app's own, whose inline styles
// we do not know; without it the policy allows our own style sheet alone.
func New(anyStyle bool) *Renderer {
	style := "'unsafe-inline'"
	if !anyStyle {
		style = hashOf(pageCSS)
	}
	files := embedded()
	return &Renderer{
		template:  files.template,
		languages: files.languages,
		words:     files.words,
		policy:    "default-src 'none'; style-src " + style + "; base-uri 'none'; form-action 'none'",
	}
}

// files are the embedded files, parsed: never changed, and the same for every instance.
type files struct {
	template  *template.Template
	languages []string
	words     map[string]words
}

// embedded parses once: a process with many accounts would hold 40 KiB for each.
var embedded = sync.OnceValue(func() files {
	languages, tables, err := loadWords()
	if err != nil {
		panic(err) // a mistake in an embedded file, which every test would meet
	}
	return files{template.Must(template.New("page").Parse(pageHTML)), languages, tables}
})

// waitHash lets in the one script that pages of this package have.
var waitHash = hashOf(waitJS)

// hashOf is the source expression for an inline style or script.
func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// Language is the language that a visitor reads, by Accept-Language: "zh-CN", "zh-TW",
// "en" or the tag of a further file in words/. Default: "zh-CN".
func (r *Renderer) Language(acceptLanguage string) string {
	return web.Language(acceptLanguage, r.languages)
}

// HTML renders a page. An unknown language is the default one.
func (r *Renderer) HTML(v View) []byte {
	w, known := r.words[v.Lang]
	if !known {
		v.Lang = fallback
		w = r.words[fallback]
	}
	s := w.of(v)
	data := struct {
		View
		CSS    template.CSS
		Text   said
		Name   template.HTML
		QRCode template.URL
		Script template.JS // "" on pages that do not wait
		State  string      // what a page that waits shows
		Reload bool        // the page asks for its own address once more, by itself
	}{
		View: v, CSS: template.CSS(pageCSS), Text: s,
		Name:   template.HTML(strings.ReplaceAll(template.HTMLEscapeString(s.Name), "{account}", string(v.Account))),
		QRCode: template.URL(v.QRCode), // drawn by QRCode, or the operator's
		Reload: v.Kind == Continue,
	}
	if waits(v.Kind) {
		data.Script, data.State = template.JS(waitJS), "waiting"
		if v.Kind == ScreenScanned {
			data.State = "scanned"
		}
	}
	var b bytes.Buffer
	if err := r.template.Execute(&b, data); err != nil {
		// The template is ours and its data are strings, so only a mistake here ends
		// in an error. A visitor is then better off with the bare title.
		return []byte(template.HTMLEscapeString(s.Title))
	}
	return b.Bytes()
}

// Policy is the Content-Security-Policy of a page. pictures is the source of the
// follow page's QR code, " 'self'" or " https://img.example.com", or "".
//
// The frame page may stand in a frame, because that is where it is shown, and so may
// the page about a form, which may have been sent in one. Their links open the whole
// window.
//
// The pages of a screen that waits have a script, and two pages of screen login have a
// form: browsers then hold the redirect after the form to this site, too.
func (r *Renderer) Policy(kind Kind, pictures string) string {
	switch kind {
	case Frame, LogInAgain:
		return r.policy + "; img-src data:"
	case ScreenNumber, PhoneAllow:
		return strings.Replace(r.policy, "form-action 'none'", "form-action 'self'", 1) + "; img-src data:; frame-ancestors 'none'"
	case ScreenWait, ScreenScanned:
		return r.policy + "; script-src " + waitHash + "; connect-src 'self'; img-src data:; frame-ancestors 'none'"
	case Follow:
		return r.policy + "; img-src data:" + pictures + "; frame-ancestors 'none'"
	}
	return r.policy + "; img-src data:; frame-ancestors 'none'"
}
