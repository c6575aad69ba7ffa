package core

import (
	"context"
	"html"
	"net/http"
	"net/url"

	"github.com/seed467724c4/wechat/core/internal/page"
	"github.com/seed467724c4/wechat/core/internal/web"
)

// problem answers scripts, forms, streams and sockets with a 401 problem document (RFC
// 9457), because a redirect to another site would break them.
func (v *visit) problem() *Outcome {
	v.auth.watch.challenged(v.ctx, v.request)
	if v.gate.api {
		if out := v.appsOwn(ErrLoginRequired); out != nil {
			return out
		}
	}
	challenge, loginURL := page.Challenge(v.gate.challenge(v.request, v.at, v.askedPage()))
	v.add("Www-Authenticate", challenge)
	if web.IsHTMX(v.request.Header) {
		v.add("Hx-Redirect", loginURL)
	}
	return v.problemWith(http.StatusUnauthorized, page.LoginRequired(loginURL), nil)
}

// refusal is the answer of a fast refusal, with its header values and, where it fits,
// its body in one allocation.
type refusal struct {
	outcome Outcome
	values  [4]string
	body    [448]byte
}

// refuse is problem without a visit. Both use the same challenge and body;
// TestTheFastRefusalDecidesAsTheStateMachine holds them equal.
func (g *Gate) refuse(ctx context.Context, r *Request, asked web.Target) *Outcome {
	g.auth.watch.challenged(ctx, r)
	challenge, loginURL := page.Challenge(g.challenge(r, g.auth.public, asked))
	a := &refusal{values: [4]string{challenge, page.ProblemType, "no-store", "no-referrer"}}
	header := http.Header{
		"Www-Authenticate": a.values[0:1:1],
		"Content-Type":     a.values[1:2:2],
		"Cache-Control":    a.values[2:3:3],
		"Referrer-Policy":  a.values[3:4:4],
	}
	a.outcome = Outcome{
		Context: ctx, Header: header, Status: http.StatusUnauthorized,
		Body: page.AppendLoginRequired(a.body[:0], loginURL), ownHeader: true,
	}
	return &a.outcome
}

// problemHeader goes with every problem document; shared, never changed.
func problemHeader() http.Header {
	return http.Header{"Content-Type": {page.ProblemType}, "Cache-Control": {"no-store"}, "Referrer-Policy": {"no-referrer"}}
}

// problemWith shares its headers with all others, unless the answer has headers of
// its own.
func (v *visit) problemWith(status int, body []byte, err error) *Outcome {
	h := v.gate.problemHeader
	if v.header != nil {
		v.addHeader(h)
		h = v.header
	}
	return v.outcomeOf(h, status, body, err)
}

func (v *visit) problemFor(p Page, err error) *Outcome {
	return v.problemWith(p.Status, v.auth.pages.builtIn.Problem(page.Kind(p.Kind), p.Status, p.Reference, html.UnescapeString(string(p.MessageHTML))), err)
}

// challenge is the login URL between page.ChallengeStart and page.ChallengeEnd.
func (g *Gate) challenge(r *Request, at web.Origin, asked web.Target) string {
	return challengeOf(at, g.loginTarget(r, at, asked))
}

// challengeOf writes at.URL(t) between the two in one allocation.
func challengeOf(at web.Origin, t web.Target) string {
	prefix := at.Prefix
	if at.HasPrefix(t) {
		prefix = ""
	}
	if !t.HasQuery {
		return page.ChallengeStart + at.Scheme + "://" + at.Host + prefix + t.Path + page.ChallengeEnd
	}
	return page.ChallengeStart + at.Scheme + "://" + at.Host + prefix + t.Path + "?" + t.Query + page.ChallengeEnd
}

// loginTarget is the target of login_url. With Config.LoginPath it is that path with
// the page that the script runs on. Otherwise it is the address that was asked for. If
// a browser cannot open that address as a page (a form's, a web socket's, an API's), it
// is the page that sent the request, or the front page.
func (g *Gate) loginTarget(r *Request, at web.Origin, asked web.Target) web.Target {
	path := g.auth.config.LoginPath
	switch {
	case g.mode == ModeLogin:
		return asked
	case path != "":
		return web.Target{Path: path, Query: "to=" + url.QueryEscape(pageOf(r, at)), HasQuery: true}
	case g.api || r.Method != http.MethodGet && r.Method != http.MethodHead || web.IsWebSocket(r.Header):
		t, _ := web.ParseTarget(pageOf(r, at))
		return t
	}
	return asked
}

// pageOf is the page of this site that sent the request; "/" if another site sent it or
// the browser does not say.
func pageOf(r *Request, at web.Origin) string {
	if from := web.LocalReferer(r.Header, at); from != "" {
		return from
	}
	return "/"
}
