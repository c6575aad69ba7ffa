package hostile

import (
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/seed467724c4/wechat/core/adaptertest/internal/rawhttp"
)

// visitor is one browser. It keeps the site's cookies and sends every request, byte by
// byte, to the node that the load balancer chose for it.
type visitor struct {
	person string // id of the person in the simulator
	agent  string
	node   string
	jar    rawhttp.Jar
}

func (st *site) visitor(person string) *visitor {
	return &visitor{person: person, agent: st.way.agent, node: st.nodes[0], jar: rawhttp.Jar{}}
}

// request is a request of a browser. Empty fields have the values of a page
// navigation.
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
		Usual: [][2]string{{"User-Agent", v.agent}, {"Accept", "text/html,application/xhtml+xml"}, {"X-Forwarded-Proto", "https"}},
	}.String()
}

// forget drops the cookies whose names contain part.
func (v *visitor) forget(part string) {
	maps.DeleteFunc(v.jar, func(name, _ string) bool { return strings.Contains(name, part) })
}

// pair is the cookie whose name contains part, as "name=value".
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

// result is one request, its answer and the outcome.
type result struct {
	*rawhttp.Answer
	outcome string
	sent    string
	took    time.Duration
	err     error // instead of an answer
}

// roundTrip sends a request to a node and names the outcome.
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
