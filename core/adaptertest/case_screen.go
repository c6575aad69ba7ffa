package adaptertest

import (
	"errors"
	"fmt"
	"html"
	"net/url"
	"regexp"
	"strings"

	"github.com/seed467724c4/wechat/core/adaptertest/internal/rawhttp"
	"github.com/seed467724c4/wechat/core/adaptertest/internal/report"
)

var screenRules = []rule{
	{
		name: "screens",
		text: "a screen logs in through a phone: the handler of Screens, mounted the way the framework mounts a handler of net/http, gets codes, forms and cookies whole, and its pages, redirects and cookies are sent as they are",
		try:  screenLogin, screens: true,
	},
	{
		name: "screens of others",
		text: "that handler sees who sent a form: one of another site, one without proof and one of another browser log no screen in",
		try:  foreignScreens, screens: true,
	},
}

const (
	screenPath  = "/wechat/screen"
	deskAgent   = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0"
	formType    = "Content-Type: application/x-www-form-urlencoded"
	screenPage  = "/apart/route?x=1&y=%E4%B8%AD%2F"
	foreignSite = "Origin: https://evil.example"
)

// desk is a browser that is not in WeChat.
func (f *fixture) desk() *browser {
	b := f.browser("mei")
	b.agent = deskAgent
	return b
}

var (
	screenLink   = regexp.MustCompile(`<a class="code" id="wx-screen" href="([^"]*)"`)
	screenNumber = regexp.MustCompile(`<output id="wx-number">(\d{4})</output>`)
	hiddenField  = regexp.MustCompile(`<input type="hidden" name="(\w+)" value="([^"]*)">`)
)

// code is the target of the code on a waiting page.
func (f *fixture) code(a *rawhttp.Answer) (string, error) {
	m := screenLink.FindSubmatch(a.Body)
	if a.Status != 403 || m == nil {
		return "", fmt.Errorf("want a page with a code, got %v", a)
	}
	base, target, err := f.split(html.UnescapeString(string(m[1])))
	if err != nil || base != f.appURL || !strings.HasPrefix(target, screenPath+"?") {
		return "", fmt.Errorf("a code leads to %q", m[1])
	}
	return target, nil
}

// sendForm sends the form of a page.
func (b *browser) sendForm(page *rawhttp.Answer, field, value string, extra ...string) (*rawhttp.Answer, error) {
	form := url.Values{}
	for _, hidden := range hiddenField.FindAllSubmatch(page.Body, -1) {
		form.Set(string(hidden[1]), html.UnescapeString(string(hidden[2])))
	}
	if len(form) == 0 {
		return nil, fmt.Errorf("want a page with a form, got %v", page)
	}
	form.Set(field, value)
	return b.send(b.fixture.appURL, "POST", screenPath, form.Encode(), append(extra, formType)...)
}

// allowed is a screen whose code a phone has allowed, its page with a form, and the
// digits.
func (f *fixture) allowed() (desk *browser, page *rawhttp.Answer, digits string, err error) {
	desk, phone := f.desk(), f.browser("mei")
	waiting, err := desk.ask("GET", screenPage)
	if err != nil {
		return nil, nil, "", err
	}
	code, err := f.code(waiting)
	if err != nil {
		return nil, nil, "", err
	}
	asked, err := phone.open(code)
	if err != nil {
		return nil, nil, "", err
	}
	if foreign, err := phone.sendForm(asked, "answer", "allow", foreignSite); err != nil || foreign.Status != 403 {
		return nil, nil, "", fmt.Errorf("another site's form: %v, %w", foreign, err)
	}
	if bare, err := phone.sendForm(asked, "proof", "none"); err != nil || bare.Status != 403 {
		return nil, nil, "", fmt.Errorf("a form without proof: %v, %w", bare, err)
	}
	answer, err := phone.sendForm(asked, "answer", "allow", "Origin: "+f.appURL)
	if err != nil {
		return nil, nil, "", err
	}
	m := screenNumber.FindSubmatch(answer.Body)
	if answer.Status != 200 || m == nil || answer.Header.Get("Referrer-Policy") == "" {
		return nil, nil, "", fmt.Errorf("want the digits, got %v", answer)
	}
	page, err = desk.ask("GET", screenPage)
	return desk, page, string(m[1]), err
}

func screenLogin(f *fixture) error {
	desk, page, digits, err := f.allowed()
	if err != nil {
		return err
	}
	wrong := "0000"
	if digits == wrong {
		wrong = "0001"
	}
	again, err := desk.sendForm(page, "number", wrong)
	if err != nil || again.Status != 403 || !strings.HasPrefix(again.Header.Get("Content-Type"), "text/html") {
		return fmt.Errorf("wrong digits: want the page once more, got %v, %w", again, err)
	}
	end, err := desk.sendForm(again, "number", digits)
	if err != nil {
		return err
	}
	if end.Status != 303 || end.Header.Get("Location") != f.appURL+screenPage {
		return fmt.Errorf("the digits end on %q: %v", end.Header.Get("Location"), end)
	}
	seen, err := desk.ask("GET", screenPage)
	if err != nil {
		return err
	}
	r, err := report.Of(seen)
	if err != nil {
		return err
	}
	if r.Context.OpenID != f.openID("mei") || string(r.Target) != screenPage {
		return fmt.Errorf("behind the gate: %+v", r)
	}
	return nil
}

func foreignScreens(f *fixture) error {
	desk, page, digits, err := f.allowed()
	if err != nil {
		return err
	}
	other := f.desk()
	if _, err := other.ask("GET", screenPage); err != nil {
		return err
	}
	if a, err := other.sendForm(page, "number", digits); err != nil || a.Status != 403 {
		return fmt.Errorf("another browser with code and digits: %v, %w", a, err)
	}
	if a, err := desk.sendForm(page, "number", digits, foreignSite); err != nil || a.Status != 403 {
		return fmt.Errorf("another site with code and digits: %v, %w", a, err)
	}
	for _, b := range []*browser{desk, other} {
		a, err := b.ask("GET", screenPage)
		if err != nil {
			return err
		}
		if a.Status != 403 {
			return errors.New("a screen is logged in by what others have sent")
		}
	}
	return nil
}
