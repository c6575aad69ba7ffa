package drive

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
)

// User agents: WeChat's browser on a phone, and a desktop browser.
const (
	InWeChat  = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.60(0x18003c2f) NetType/WIFI Language/zh_CN"
	OnDesktop = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
)

// maxSteps is where a browser gives up: "too many redirects".
const maxSteps = 20

// Browser is one person's browser. It keeps cookies, follows redirects and answers
// WeChat's page with Answer.
type Browser struct {
	world  *World
	person string
	jar    *cookiejar.Jar

	unheard bool // the next answer is lost

	// Answer is what the person does on WeChat's page: "allow=1", "refuse=state".
	Answer string
	// NoCookies makes a browser that keeps no cookies of the site.
	NoCookies bool
	// Elsewhere opens pages where the app's login is not meant for: outside WeChat, or for a
	// website application inside it.
	Elsewhere bool
	// Sent counts the requests to the site.
	Sent int
	// Consents counts the pages of WeChat's that the person had to answer.
	Consents int
}

// Page is where a navigation ended.
type Page struct {
	URL    *url.URL
	Status int
	Header http.Header
	Body   string
	// Steps are the site's answers on the way, redirects and the last one.
	Steps []Step
	// Left is the foreign host that a redirect of the site led to, "" for none.
	Left string
	// Looped says that the browser gave up.
	Looped bool
}

// Step is one answer of the site.
type Step struct {
	URL    *url.URL
	Status int
	Header http.Header
	Body   string
}

// Browser makes a browser for a person, on the device that the app's login is for.
func (w *World) Browser(person string) *Browser {
	jar, _ := cookiejar.New(nil) // never an error
	b := &Browser{world: w, person: person, jar: jar, Answer: "allow=1"}
	b.Switch(person)
	return b
}

// Switch makes it the browser of another person: WeChat's account changes, the site's
// cookies stay.
func (b *Browser) Switch(person string) {
	b.person = person
	b.jar.SetCookies(&url.URL{Scheme: "https", Host: "open.weixin.qq.com", Path: "/"}, []*http.Cookie{{Name: "wxsim_person", Value: person, Path: "/", Secure: true}})
}

// Open navigates to an address of the site, or to a whole one, to the end.
func (b *Browser) Open(address string) Page { return b.follow(address, nil) }

// OpenUntilBack navigates until WeChat sends the browser back with a code, and returns
// the address of that callback without asking for it.
func (b *Browser) OpenUntilBack(address string) string {
	page := b.follow(address, isCallback)
	if !isCallback(page.URL) {
		return ""
	}
	return page.URL.String()
}

// isCallback knows the way back by its code and state, wherever it lands.
func isCallback(u *url.URL) bool {
	return u.Host == Host && u.Query().Get("code") != "" && u.Query().Has("state")
}

// follow follows redirects. It stops in front of an address for which stop is true.
func (b *Browser) follow(address string, stop func(*url.URL) bool) Page {
	at := resolve(&url.URL{Scheme: "https", Host: Host, Path: "/"}, address)
	page := Page{URL: at}
	var form url.Values
	for range maxSteps {
		if at.Host != Host && !strings.HasSuffix(at.Host, ".weixin.qq.com") {
			page.Left, page.URL = at.Host, at
			return page
		}
		var res *http.Response
		if form == nil {
			res = b.send(http.MethodGet, at, "", nil)
		} else {
			res = b.send(http.MethodPost, at, form.Encode(), http.Header{"Content-Type": {"application/x-www-form-urlencoded"}})
		}
		form = nil
		body := readAll(res)
		page.URL, page.Status, page.Header, page.Body = at, res.StatusCode, res.Header, body
		if at.Host == Host {
			page.Steps = append(page.Steps, Step{at, res.StatusCode, res.Header, body})
		}
		switch uuid := consentUUID.FindStringSubmatch(body); {
		case res.StatusCode >= 300 && res.StatusCode < 400:
			at = resolve(at, res.Header.Get("Location"))
		case at.Host != Host && uuid != nil && b.Answer != "":
			b.Consents++
			form, _ = url.ParseQuery("uuid=" + uuid[1] + "&person=" + b.person + "&" + b.Answer)
			at = at.ResolveReference(&url.URL{Path: replyPath(at.Path)})
		case at.Host == Host && strings.Contains(body, `<meta http-equiv="refresh" content="0">`):
			// the same address once more
		default:
			return page
		}
		if stop != nil && stop(at) {
			page.URL = at
			return page
		}
	}
	page.Looped = true
	return page
}

// consentUUID finds the number of a login on WeChat's pages.
var consentUUID = regexp.MustCompile(`name="uuid" value="([0-9A-Za-z]+)"`)

func replyPath(page string) string {
	if page == "/connect/oauth2/authorize" {
		return "/connect/oauth2/authorize_reply"
	}
	return page
}

// resolve reads a Location as browsers do (WHATWG URL): a backslash is a slash, tabs and
// line ends are dropped.
func resolve(base *url.URL, location string) *url.URL {
	location = strings.Map(func(r rune) rune {
		if r == '\t' || r == '\n' || r == '\r' {
			return -1
		}
		return r
	}, location)
	path, query, hasQuery := strings.Cut(location, "?")
	path = strings.ReplaceAll(path, `\`, "/")
	if hasQuery {
		path += "?" + query
	}
	u, err := url.Parse(path)
	if err != nil {
		return base
	}
	u = base.ResolveReference(u)
	u.Fragment = ""
	return u
}

// Request sends one request to the site and follows nothing. Headers replace a page
// navigation's; cookies are the browser's.
func (b *Browser) Request(method, address, body string, header http.Header) *http.Response {
	return b.send(method, resolve(&url.URL{Scheme: "https", Host: Host, Path: "/"}, address), body, header)
}

// Unheard sends a navigation whose answer the browser never sees.
func (b *Browser) Unheard(address string) {
	b.unheard = true
	b.Request(http.MethodGet, address, "", nil)
	b.unheard = false
}

// Fetch sends what a script of the site's own page sends.
func (b *Browser) Fetch(method, address, body string) *http.Response {
	return b.Request(method, address, body, http.Header{
		"Accept": {"*/*"}, "Sec-Fetch-Mode": {"cors"}, "Sec-Fetch-Dest": {"empty"}, "Sec-Fetch-Site": {"same-origin"}, "Origin": {Site}, "Content-Type": {"application/json"},
	})
}

// CrossSiteForm is a form that a page of another site sends. Lax cookies stay at home;
// what the answer sets is kept.
func (b *Browser) CrossSiteForm(address string) *http.Response {
	kept := b.NoCookies
	b.NoCookies = true
	res := b.Request(http.MethodPost, address, "", http.Header{
		"Content-Type": {"application/x-www-form-urlencoded"}, "Origin": {"https://evil.example"}, "Sec-Fetch-Site": {"cross-site"}, "Sec-Fetch-Mode": {"navigate"}, "Sec-Fetch-Dest": {"document"},
	})
	b.NoCookies = kept
	b.jar.SetCookies(&url.URL{Scheme: "https", Host: Host, Path: "/"}, res.Cookies())
	return res
}

func (b *Browser) send(method string, at *url.URL, body string, header http.Header) *http.Response {
	r := httptest.NewRequest(method, at.String(), strings.NewReader(body))
	r.RequestURI = requestTarget(at)
	if method == http.MethodGet {
		r.Body = http.NoBody
	}
	r.Header.Set("User-Agent", InWeChat)
	if b.world.website != b.Elsewhere {
		r.Header.Set("User-Agent", OnDesktop)
	}
	r.Header.Set("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
	r.Header.Set("Accept-Language", "zh-CN,zh;q=0.9")
	for name, values := range header {
		r.Header[name] = values
	}
	own := at.Host == Host
	if !own || !b.NoCookies {
		for _, c := range b.jar.Cookies(at) {
			r.AddCookie(c)
		}
	}
	w := httptest.NewRecorder()
	if own {
		b.Sent++
		b.world.App.ServeHTTP(w, r)
	} else {
		b.world.Sim.ServeHTTP(w, r)
	}
	res := w.Result()
	if !b.unheard && (!own || !b.NoCookies) {
		b.jar.SetCookies(at, res.Cookies())
	}
	return res
}

// requestTarget is the address as it stands in a request line: the query byte for byte.
func requestTarget(u *url.URL) string {
	target := u.EscapedPath()
	if target == "" {
		target = "/"
	}
	if u.RawQuery != "" || u.ForceQuery {
		target += "?" + u.RawQuery
	}
	return target
}

// Cookies are the site's cookies.
func (b *Browser) Cookies() []*http.Cookie {
	return b.jar.Cookies(&url.URL{Scheme: "https", Host: Host, Path: "/"})
}

// SetCookies puts cookies into the browser, as whoever has its device could.
func (b *Browser) SetCookies(cookies []*http.Cookie) {
	for _, c := range cookies {
		b.jar.SetCookies(&url.URL{Scheme: "https", Host: Host, Path: "/"}, []*http.Cookie{{Name: c.Name, Value: c.Value, Path: "/", Secure: true, HttpOnly: true}})
	}
}

// Forget drops the site's cookies.
func (b *Browser) Forget() {
	b.jar, _ = cookiejar.New(nil) // never an error
	b.Switch(b.person)
}

// Who asks the site who the visitor is, without starting a login: "" for nobody.
func (b *Browser) Who() string {
	res := b.Fetch(http.MethodGet, "/api/me", "")
	body := readAll(res)
	if res.StatusCode != http.StatusOK {
		return ""
	}
	return openIDIn(body)
}

// Shows says whether a page is the one that was asked for, with a person logged in.
func (p Page) Shows(address, openID string) bool {
	return p.Status == http.StatusOK && p.Left == "" && !p.Looped && p.URL.Host == Host && requestTarget(p.URL) == address && openIDIn(p.Body) == openID && openID != ""
}

// Serves says whether a page is at the path that was asked for, with a person logged in;
// what is left in its query does not matter.
func (p Page) Serves(path, openID string) bool {
	return p.URL.Host == Host && p.Shows(requestTarget(p.URL), openID) && p.URL.Path == path
}

// String says where a navigation ended.
func (p Page) String() string {
	switch {
	case p.Looped:
		return "the browser gives up: too many redirects"
	case p.Left != "":
		return "the browser is sent to " + p.Left
	}
	said := firstLine(p.Body)
	if id := openIDIn(p.Body); id != "" || strings.HasPrefix(said, "{\"OpenID\"") {
		said = "logged in"
	}
	return fmt.Sprintf("%d at %s, %.60s", p.Status, p.URL.Path, said)
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}

// openIDIn reads a page of the shop's.
func openIDIn(body string) string {
	m := openIDField.FindStringSubmatch(body)
	if m == nil {
		return ""
	}
	return m[1]
}

var openIDField = regexp.MustCompile(`"OpenID":"([^"]*)"`)

func readAll(res *http.Response) string {
	defer res.Body.Close()
	var b bytes.Buffer
	io.Copy(&b, res.Body)
	return b.String()
}
