package adaptertest

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// visitor is one browser at the public address. It keeps the site's cookies, as
// browsers do, and sends every request as bytes to the node it was balanced to.
type visitor struct {
	person string // who WeChat takes it for
	node   string
	jar    map[string]string
}

func (st *stage) visitor(person string) *visitor {
	return &visitor{person: person, node: st.nodes[0], jar: map[string]string{}}
}

// request is what a browser is made to send. Empty fields are what it sends on a
// plain navigation.
type request struct {
	method, target, host string
	cookie               string // instead of the jar's; "-" for none
	head                 []string
	body, tail           string
}

func (v *visitor) raw(q request) string {
	var s strings.Builder
	line := func(name, value string) { s.WriteString(name + ": " + value + "\r\n") }
	if q.method == "" {
		q.method = http.MethodGet
	}
	if q.host == "" {
		q.host = publicHost
	}
	s.WriteString(q.method + " " + q.target + " HTTP/1.1\r\n")
	if q.host != "-" {
		line("Host", q.host)
	}
	usual := [][2]string{{"User-Agent", wechatAgent}, {"Accept", "text/html,application/xhtml+xml"}, {"X-Forwarded-Proto", "https"}}
	for _, h := range usual {
		if !slices.ContainsFunc(q.head, func(l string) bool { return strings.HasPrefix(l, h[0]+":") }) {
			line(h[0], h[1])
		}
	}
	cookies := q.cookie
	if cookies == "" {
		cookies = v.cookies()
	}
	if cookies != "" && cookies != "-" {
		line("Cookie", cookies)
	}
	for _, l := range q.head {
		s.WriteString(l + "\r\n")
	}
	if q.body != "" || q.method == http.MethodPost {
		line("Content-Length", strconv.Itoa(len(q.body)))
	}
	s.WriteString("\r\n" + q.body + q.tail)
	return s.String()
}

func (v *visitor) cookies() string {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(v.jar)) {
		pairs = append(pairs, name+"="+v.jar[name])
	}
	return strings.Join(pairs, "; ")
}

func (v *visitor) keep(h http.Header) {
	for _, c := range cookiesIn(h) {
		if c.MaxAge < 0 {
			delete(v.jar, c.Name)
		} else {
			v.jar[c.Name] = c.Value
		}
	}
}

// forget drops the cookies whose names hold a text.
func (v *visitor) forget(part string) {
	maps.DeleteFunc(v.jar, func(name, _ string) bool { return strings.Contains(name, part) })
}

// pair is the cookie whose name holds a text, as "name=value".
func (v *visitor) pair(part string) string {
	for name, value := range v.jar {
		if strings.Contains(name, part) {
			return name + "=" + value
		}
	}
	return ""
}

const (
	bindingCookie = "wechat_login_"
	sessionCookie = "session"
)

func cookiesIn(h http.Header) []*http.Cookie {
	var all []*http.Cookie
	for _, line := range h["Set-Cookie"] {
		if c, err := http.ParseSetCookie(line); err == nil {
			all = append(all, c)
		}
	}
	return all
}

func ourCookie(name string) bool {
	return strings.Contains(name, bindingCookie) || strings.Contains(name, sessionCookie)
}

// shot is one request and its answer.
type shot struct {
	*answer
	outcome string
	sent    string
	took    time.Duration
	err     error // instead of an answer
}

// fire sends bytes to a node and makes of them what came of it.
func (st *stage) fire(node, raw string) *shot {
	begin := time.Now()
	a, err := once(hostOf(node), raw)
	s := &shot{answer: a, sent: raw, took: time.Since(begin), err: err}
	if err != nil {
		s.answer = &answer{header: http.Header{}}
	}
	s.outcome = st.outcome(s)
	return s
}
