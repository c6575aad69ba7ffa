package wxsim

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// The paths the simulator answers, for [Sim.Calls] and [Sim.Fail].
const (
	PathAuthorize      = "/connect/oauth2/authorize"
	PathAuthorizeReply = "/connect/oauth2/authorize_reply"
	PathQRConnect      = "/connect/qrconnect"
	PathQRCode         = "/connect/qrcode/" // and the uuid
	PathQRPoll         = "/connect/l/qrconnect"
	PathConfirm        = "/connect/confirm"
	PathProfile        = "/mp/profile_ext"

	PathAccessToken  = "/sns/oauth2/access_token"
	PathRefreshToken = "/sns/oauth2/refresh_token"
	PathAuth         = "/sns/auth"
	PathUserInfo     = "/sns/userinfo"
	PathSession      = "/sns/jscode2session"

	PathToken       = "/cgi-bin/token"
	PathStableToken = "/cgi-bin/stable_token"
	PathFollower    = "/cgi-bin/user/info"
	PathFollowers   = "/cgi-bin/user/info/batchget"
	PathUserGet     = "/cgi-bin/user/get"
	PathTicket      = "/cgi-bin/ticket/getticket"
	PathCallbackIP  = "/cgi-bin/getcallbackip"
	PathDomainIP    = "/cgi-bin/get_api_domain_ip"
	PathQRCreate    = "/cgi-bin/qrcode/create"
	PathShowQRCode  = "/cgi-bin/showqrcode"
	PathCustomSend  = "/cgi-bin/message/custom/send"
	PathMenuCreate  = "/cgi-bin/menu/create"
	PathMenuGet     = "/cgi-bin/menu/get"
	PathMenuDelete  = "/cgi-bin/menu/delete"
	PathClearQuota  = "/cgi-bin/clear_quota"
	PathQuotaGet    = "/cgi-bin/openapi/quota/get"
	PathRIDGet      = "/cgi-bin/openapi/rid/get"
)

// Limits of a request. WeChat documents none; a client under test comes nowhere
// near.
const (
	maxBody  = 64 << 10 // bytes of a body
	maxQuery = 32 << 10 // bytes of a query
)

// routeKind says how a path answers a wrong method.
type routeKind int

const (
	pageRoute routeKind = iota // 405
	snsRoute                   // errcode 43001
	cgiRoute                   // errcode 43001 or 43002
)

type route struct {
	kind    routeKind
	methods []string
	handle  func(*http.Request) reply
}

// newRoutes is the table of all paths, except those that end in an id.
func (s *Sim) newRoutes() map[string]route {
	page := func(handle func(*http.Request) reply, methods ...string) route {
		return route{pageRoute, methods, handle}
	}
	sns := func(handle func(*http.Request) reply, methods ...string) route {
		return route{snsRoute, methods, handle}
	}
	cgi := func(method string, handle func(*http.Request) reply) route {
		return route{cgiRoute, []string{method}, handle}
	}
	const get, post = http.MethodGet, http.MethodPost
	routes := map[string]route{
		"/": page(s.home, get, post),

		PathAuthorize:      page(s.authorize, get),
		PathAuthorizeReply: page(s.authorizeReply, post),
		PathQRConnect:      page(s.qrConnect, get, post),
		PathQRPoll:         page(s.qrPoll, get),
		PathConfirm:        page(s.confirm, get, post),
		PathProfile:        page(s.profile, get, post),

		PathAccessToken:  sns(s.exchange, get, post),
		PathRefreshToken: sns(s.renew, get),
		PathAuth:         sns(s.auth, get),
		PathUserInfo:     sns(s.userinfo, get),
		PathSession:      sns(s.session, get),

		PathToken:       cgi(get, s.accountToken),
		PathStableToken: cgi(post, s.stableToken),
		PathFollower:    cgi(get, s.follower),
		PathFollowers:   cgi(post, s.followers),
		PathUserGet:     cgi(get, s.userGet),
		PathTicket:      cgi(get, s.ticket),
		PathCallbackIP:  cgi(get, s.serverIPs),
		PathDomainIP:    cgi(get, s.serverIPs),
		PathQRCreate:    cgi(post, s.qrCreate),
		PathShowQRCode:  page(s.showQRCode, get),
		PathCustomSend:  cgi(post, s.customSend),
		PathMenuCreate:  cgi(post, s.menuCreate),
		PathMenuGet:     cgi(get, s.menuGet),
		PathMenuDelete:  cgi(get, s.menuDelete),
		PathClearQuota:  cgi(post, s.clearQuota),
		PathQuotaGet:    cgi(post, s.quotaGet),
		PathRIDGet:      cgi(post, s.ridGet),
	}
	maps.Copy(routes, s.componentRoutes())
	return routes
}

// ServeHTTP answers one request as WeChat would.
func (s *Sim) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if a, ok := s.knowsHost(r); !ok {
		a.write(w)
		return
	}
	body := &capture{ReadCloser: http.MaxBytesReader(w, r.Body, maxBody)}
	r.Body = body
	switch {
	case r.URL.Path == livePath:
		s.live(w, r)
		return
	case strings.HasPrefix(r.URL.Path, controlPrefix):
		a := s.control(r)
		s.recordControl(r, a, body)
		a.write(w)
		return
	}
	began := time.Now()
	// Counted before it is answered: a client that has its answer sees the count.
	fault := s.countCall(r.URL.Path)
	var a reply
	if fault == nil {
		a = s.answer(r)
	} else {
		a = s.perform(r, fault)
		a.faulty = true
	}
	s.record(r, a, body, time.Since(began))
	w.Header().Set("Date", s.now().Add(a.ahead).UTC().Format(http.TimeFormat)) // net/http would take the machine's
	a.write(w)
}

// answer is the reply without any fault.
func (s *Sim) answer(r *http.Request) reply {
	if len(r.URL.RawQuery) > maxQuery {
		return textReply(http.StatusBadRequest, fmt.Sprintf("wxsim: the query has %d bytes, at most %d are taken", len(r.URL.RawQuery), maxQuery))
	}
	if found, ok := s.routes[r.URL.Path]; ok {
		a := s.allowed(r, found)
		if s.cfg.JSONContentType && found.kind == cgiRoute {
			a.contentType = "application/json; encoding=utf-8"
		}
		return a
	}
	for prefix, handle := range map[string]func(*http.Request) reply{
		avatarPrefix: s.avatar, PathQRCode: s.qrCode, qrLinkPrefix: s.profile,
	} {
		if strings.HasPrefix(r.URL.Path, prefix) {
			return s.allowed(r, route{pageRoute, []string{http.MethodGet}, handle})
		}
	}
	return s.unknownPath(r)
}

// allowed runs the handler of a route, or answers a wrong method.
func (s *Sim) allowed(r *http.Request, found route) reply {
	switch {
	case slices.Contains(found.methods, r.Method):
		return found.handle(r)
	case found.kind == snsRoute:
		return s.apiError(codeWantGet)
	case found.kind == cgiRoute && found.methods[0] == http.MethodPost:
		return s.cgiError(codeWantPost)
	case found.kind == cgiRoute:
		return s.cgiError(codeWantGet)
	}
	a := textReply(http.StatusMethodNotAllowed, "wxsim: method not allowed, use "+strings.Join(found.methods, " or "))
	a.allow = strings.Join(found.methods, ", ")
	return a
}

// unknownPath answers errcode 40066 as JSON, as api.weixin.qq.com does, and 404
// where a browser asks open.weixin.qq.com or mp.weixin.qq.com for a page.
func (s *Sim) unknownPath(r *http.Request) reply {
	for _, page := range []string{"/connect/", "/mp/", "/wxaopen/", "/safe/", "/mmopen/", "/q/", "/favicon.ico", "/robots.txt"} {
		if strings.HasPrefix(r.URL.Path, page) {
			return textReply(http.StatusNotFound, "wxsim: no such page")
		}
	}
	return s.cgiError(codeURL)
}
