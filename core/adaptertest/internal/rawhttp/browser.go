package rawhttp

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// WeChatAgent is the User-Agent of WeChat on an iPhone.
const WeChatAgent = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) MicroMessenger/8.0.50(0x1800323b) NetType/WIFI Language/zh_CN"

// DesktopAgent is the User-Agent of a desktop browser outside WeChat.
const DesktopAgent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/132.0.0.0 Safari/537.36"

var consentForm = regexp.MustCompile(`name="uuid" value="([0-9A-Za-z]+)"`)

// ConsentForm is the body of the form post that allows a login, when page is the
// simulator's consent page.
func ConsentForm(page []byte, person string) (form string, ok bool) {
	uuid := consentForm.FindSubmatch(page)
	if uuid == nil {
		return "", false
	}
	return "uuid=" + string(uuid[1]) + "&person=" + person + "&allow=1", true
}

// Jar holds the cookies of one site: name to value.
type Jar map[string]string

// Line is the value of the Cookie header. The order is always the same, so that
// requests of two browsers have their values at the same places.
func (j Jar) Line() string {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(j)) {
		pairs = append(pairs, name+"="+j[name])
	}
	return strings.Join(pairs, "; ")
}

// Keep sets and deletes cookies as an answer says.
func (j Jar) Keep(h http.Header) {
	for _, c := range SetCookies(h) {
		if c.MaxAge < 0 {
			delete(j, c.Name)
		} else {
			j[c.Name] = c.Value
		}
	}
}

// SetCookies are the cookies that an answer sets or deletes.
func SetCookies(h http.Header) []*http.Cookie {
	var all []*http.Cookie
	for _, line := range h["Set-Cookie"] {
		if c, err := http.ParseSetCookie(line); err == nil {
			all = append(all, c)
		}
	}
	return all
}

// Request is written as it stands. Lines come in a fixed order: Host, the usual
// header lines, Cookie, then Lines.
type Request struct {
	Method, Target string
	Host           string // "-": no Host line
	Cookie         string // "" and "-": no Cookie line
	Usual          [][2]string
	Lines          []string // header lines; one of a usual line's name replaces that line
	Body           string   // sets Content-Length
	Tail           string   // follows the body; not counted
}

// String is the request as bytes.
func (q Request) String() string {
	var s strings.Builder
	line := func(name, value string) { s.WriteString(name + ": " + value + "\r\n") }
	s.WriteString(q.Method + " " + q.Target + " HTTP/1.1\r\n")
	if q.Host != "-" {
		line("Host", q.Host)
	}
	for _, h := range q.Usual {
		if !slices.ContainsFunc(q.Lines, func(l string) bool { return strings.HasPrefix(l, h[0]+":") }) {
			line(h[0], h[1])
		}
	}
	if q.Cookie != "" && q.Cookie != "-" {
		line("Cookie", q.Cookie)
	}
	for _, l := range q.Lines {
		s.WriteString(l + "\r\n")
	}
	if q.Body != "" || q.Method == http.MethodPost {
		line("Content-Length", strconv.Itoa(len(q.Body)))
	}
	s.WriteString("\r\n" + q.Body + q.Tail)
	return s.String()
}
