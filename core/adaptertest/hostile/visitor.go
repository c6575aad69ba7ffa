package hostile

import (
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/seed467724c4/wechat/core/adaptertest/internal/rawhttp"
)

// visitor is one browser at the public address. It keeps the site's cookies, as
// browsers do, and sends every request as bytes to the node it was balanced to.
type visitor struct {
	person string // who WeChat takes it for
	node   string
	jar    rawhttp.Jar
}

func (st *site) visitor(person string) *visitor {
	return &visitor{person: person, node: st.nodes[0], jar: rawhttp.Jar{}}
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
	if q.method == "" {
		q.method = http.MethodGet
	}
	if q.host == "" {
		q.host = publicHost
	}
	if q.cookie == "" {
		q.cookie = v.jar.Line()
	}
	return rawhttp.Request{
		Method: q.method, Target: q.target, Host: q.host, Cookie: q.cookie, Lines: q.head, Body: q.body, Tail: q.tail,
		Usual: [][2]string{{"User-Agent", rawhttp.WeChatAgent}, {"Accept", "text/html,application/xhtml+xml"}, {"X-Forwarded-Proto", "https"}},
	}.String()
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

func ourCookie(name string) bool {
	return strings.Contains(name, bindingCookie) || strings.Contains(name, sessionCookie)
}

// shot is one request and its answer.
type result struct {
	*rawhttp.Answer
	outcome string
	sent    string
	took    time.Duration
	err     error // instead of an answer
}

// roundTrip sends bytes to a node and makes of them what came of it.
func (st *site) roundTrip(node, raw string) *result {
	begin := time.Now()
	a, err := rawhttp.Once(rawhttp.Host(node), raw)
	s := &result{Answer: a, sent: raw, took: time.Since(begin), err: err}
	if err != nil {
		s.Answer = &rawhttp.Answer{Header: http.Header{}}
	}
	s.outcome = st.outcome(s)
	return s
}
