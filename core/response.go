package core

import (
	"context"
	"errors"
	"fmt"
	"html"
	"log/slog"
	"net/http"
	"net/url"

	"github.com/seed467724c4/wechat/core/internal/page"
	"github.com/seed467724c4/wechat/core/internal/proof"
	"github.com/seed467724c4/wechat/core/internal/session"
	"github.com/seed467724c4/wechat/core/internal/web"
)

// retryAfter is the Retry-After for trouble that passes by itself, in seconds.
const retryAfter = "5"

// pass hands the request on, with the app's own user where it wants one.
func (v *visit) pass() *Outcome {
	ctx := v.ctx
	if v.level() == anonymous {
		v.user = nil
	}
	if v.gate.load != nil && v.user != nil {
		var err error
		ctx, err = v.gate.load(ctx, v.user)
		switch {
		case err == nil:
		case errors.Is(err, ErrLogInAgain):
			return v.logInAgain()
		case errors.Is(err, ErrDenied):
			return v.page(DeniedPage, err)
		default:
			return v.page(UnavailablePage, unavailableFor(err))
		}
	}
	if v.state.Shape != proof.ForeignState {
		// The address may hold a code that is not spent: another gate's, or another
		// browser's.
		v.add("Cache-Control", "no-store")
		v.add("Referrer-Policy", "no-referrer")
	}
	p := &passage{Context: ctx, visitor: v.user, info: v.auth.requestInfo(v.at, v.stored.Token)}
	if v.header == nil {
		return v.gate.passing(p, v.gate.passHeader)
	}
	v.addHeader(v.gate.passHeader)
	return v.gate.passing(p, v.header)
}

// answerWith makes an answer of our own: never stored, never a referrer, because the
// address may hold a code.
func (v *visit) answerWith(status int, body []byte, err error) *Outcome {
	v.add("Cache-Control", "no-store")
	v.add("Referrer-Policy", "no-referrer")
	return v.outcomeOf(v.header, status, body, err)
}

func (v *visit) outcomeOf(h http.Header, status int, body []byte, err error) *Outcome {
	v.outcome = Outcome{Context: v.ctx, Header: h, Status: status, Body: body, Err: err}
	return &v.outcome
}

func (v *visit) redirect(status int, to string) *Outcome {
	v.add("Location", to)
	return v.answerWith(status, nil, nil)
}

// start sends the visitor to WeChat, to come back to this very page.
func (v *visit) start() *Outcome {
	if v.binding.ID == "" {
		v.readBinding()
	}
	scope := v.scope
	switch {
	case v.level() >= v.want:
		scope = v.scopeAsked() // this gate has enough; a further one began the login
	case v.user == nil && v.auth.config.Profile != nil:
		scope = Silent // the app may know the profile; see raise
	}
	attempt := v.state.Attempt + 1
	back := v.target
	if v.state.Shape == proof.OwnState {
		back = back.WithoutCallback()
	}
	back = back.ForRedirectURI()
	if n := back.Len(); n > web.MaxTarget {
		return v.page(BadRequestPage, fmt.Errorf("%w: %d bytes are too many to go to WeChat and back", ErrTarget, n))
	}
	returned, _ := v.isLostReturn()
	switch {
	case v.binding.ID == "":
		v.setBinding(proof.NewBinding())
	case returned:
		v.setBinding(v.binding.WithLostReturn(v.now))
	}
	state := v.auth.keys.NewState(v.now, attempt, scope == Prompt, v.binding.ID, v.at)
	if log := v.auth.config.logger(); log.Enabled(v.ctx, slog.LevelDebug) { // its arguments would be made for nothing
		log.DebugContext(v.ctx, "wechat: login started", "scope", string(scope), "attempt", attempt)
	}
	v.auth.prepareLogin(scope)
	wechat := v.auth.wechat.AuthorizeURL(v.at.URL(back), string(scope), state)
	if v.gate.askFirst && scope == Prompt && attempt == 1 {
		v.wechat = wechat
		return v.page(ConsentPage, nil)
	}
	return v.redirect(http.StatusFound, wechat)
}

// problem answers scripts, forms, streams and sockets, which a redirect to
// another site would break (RFC 9457).
func (v *visit) problem() *Outcome {
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

// askedPage is the target without what a login of ours has added to it.
func (v *visit) askedPage() web.Target {
	if v.state.Shape == proof.OwnState {
		return v.target.WithoutCallback()
	}
	return v.target
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

// refusal is the answer of a fast refusal, with its header values and, where it fits,
// its body in one allocation.
type refusal struct {
	outcome Outcome
	values  [4]string
	body    [448]byte
}

// refuse is problem without a visit.
func (g *Gate) refuse(ctx context.Context, r *Request, asked web.Target) *Outcome {
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

// loginTarget is where a script sends its page to log in: the app's Login with the page
// that the script runs on, or else the address that was asked for. An address that no
// browser can open as a page (a form's, a web socket's, an API's) becomes the page that the
// request came from, or the front page.
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

// pageOf is the page of this site that made the request; "/" where another site's did,
// or where the browser does not say.
func pageOf(r *Request, at web.Origin) string {
	if from := web.LocalReferer(r.Header, at); from != "" {
		return from
	}
	return "/"
}

var statusOf = map[PageKind]int{
	LogInAgainPage: http.StatusUnauthorized,
	OutsidePage:    http.StatusForbidden, RefusedPage: http.StatusForbidden, FramePage: http.StatusForbidden,
	DeniedPage: http.StatusForbidden, ContinuePage: http.StatusOK,
	SnapshotPage: http.StatusForbidden, FollowPage: http.StatusForbidden, ForbiddenPage: http.StatusForbidden, ConsentPage: http.StatusForbidden,
	StuckPage: http.StatusBadRequest, BadRequestPage: http.StatusBadRequest,
	UnavailablePage: http.StatusServiceUnavailable,
}

// page shows a visitor what happened; a script gets the same as a problem
// document. What an operator may have to look into is logged with the reference
// that the visitor reads.
func (v *visit) page(kind PageKind, err error) *Outcome {
	if out := v.appsOwn(err); out != nil {
		return out
	}
	p := Page{Kind: kind, Status: statusOf[kind], Lang: v.auth.pages.builtIn.Language(v.request.Header.Get("Accept-Language"))}
	if kind != BadRequestPage && kind != ContinuePage {
		p.Here = page.Address(v.here())
	}
	switch kind {
	case OutsidePage:
		p.QRCode = page.QRCode(p.Here)
	case LogInAgainPage:
		challenge, login := page.Challenge(challengeOf(v.at, v.gate.loginTarget(v.request, v.at, v.askedPage())))
		v.add("Www-Authenticate", challenge)
		p.Here = page.Address(login)
	case ConsentPage:
		p.Here = page.Address(v.wechat)
	case FollowPage:
		code := v.auth.followCode
		p.AccountHTML, p.QRCode, p.Follow = page.Text(v.auth.config.AccountName), page.Address(code.image), page.Address(code.link)
		if code.local {
			p.QRCode = page.Address(v.at.URL(web.Target{Path: code.image}))
		}
		p.Home = v.home()
	case DeniedPage:
		p.Here, p.Home, p.MessageHTML = "", v.home(), page.Text(deniedText(err))
	case RefusedPage:
		if path := v.auth.config.GuestPath; path != "" {
			p.Guest = page.Address(v.at.URL(web.Target{Path: path}))
		}
	case StuckPage:
		p.Fault = v.fault()
	case ForbiddenPage:
		if errors.Is(err, ErrMethod) {
			p.Status = http.StatusMethodNotAllowed
			v.add("Allow", http.MethodPost)
		}
	}
	if kind == UnavailablePage || kind == StuckPage {
		p.Reference = v.report(kind, p.Fault, err)
	}
	if kind == UnavailablePage {
		v.add("Retry-After", retryAfter)
	}
	if v.kind == web.Script && v.gate.mode != ModeLogout {
		return v.problemFor(p, err)
	}
	v.add("Content-Type", page.ContentType)
	v.add("Content-Security-Policy", v.auth.pages.builtIn.Policy(page.Kind(kind), v.auth.followCode.source))
	v.add("X-Content-Type-Options", "nosniff")
	return v.answerWith(p.Status, v.auth.pages.render(p), err)
}

// appsOwn is the answer of the app's OnError, if it has one. Without a status it
// would open the gate, so it is none then. It is copied: the app may hand out the
// same one to many.
func (v *visit) appsOwn(err error) *Outcome {
	if v.gate.onError == nil || err == nil {
		return nil
	}
	var own *Outcome
	if failed := recovered("OnError", func() { own = v.gate.onError(v.ctx, v.request, err) }); failed != nil {
		v.auth.reports.hookFailed(v.ctx, v.auth.config.logger(), failed)
		return nil
	}
	if own == nil {
		return nil
	}
	if own.Status < 200 || own.Status > 999 {
		v.auth.config.logger().ErrorContext(v.ctx, "wechat: OnError returned an outcome without a status", "status", own.Status)
		return nil
	}
	out := &Outcome{Context: own.Context, Header: own.Header.Clone(), Status: own.Status, Body: own.Body, Err: own.Err, own: true}
	if out.Context == nil {
		out.Context = v.ctx
	}
	if out.Header == nil {
		out.Header = http.Header{}
	}
	// The address may hold a code.
	if out.Header.Get("Cache-Control") == "" {
		out.Header.Set("Cache-Control", "no-store")
	}
	if out.Header.Get("Referrer-Policy") == "" {
		out.Header.Set("Referrer-Policy", "no-referrer")
	}
	return out
}

func (v *visit) problemFor(p Page, err error) *Outcome {
	return v.problemWith(p.Status, v.auth.pages.builtIn.Problem(page.Kind(p.Kind), p.Status, p.Reference, html.UnescapeString(string(p.MessageHTML))), err)
}

// home is the front page of the site.
func (v *visit) home() string { return page.Address(v.at.URL(web.Target{Path: "/"})) }

// here is the page that was asked for, to try again: never with a code or state
// of ours, and on a logout the front page.
func (v *visit) here() string {
	if v.gate.mode == ModeLogout {
		return v.at.URL(web.Target{Path: "/"})
	}
	t := v.target
	if v.kind == web.FormPost {
		t = v.formPage() // the form's own address may answer nothing but a POST
	}
	returned, _ := v.isLostReturn()
	switch {
	case v.state.Shape == proof.OwnState:
		t = t.WithoutCallback()
	case v.state.Shape == proof.ForgedState:
		// Not ours, but the attempt in it counts: with it, every try would end here.
		t = t.Without("code", "state")
	case returned:
		// The first return travelled whole in the second one.
		t = t.WithoutCallback().Without("code", "state")
	}
	return v.at.URL(t)
}

// formPage is the page that a form stood on.
func (v *visit) formPage() web.Target {
	t, ok := web.ParseTarget(pageOf(v.request, v.at))
	if !ok {
		return web.Target{Path: "/"}
	}
	return t
}

// fault guesses why no cookie comes back. Behind a proxy the connection's own host
// and scheme say nothing; only what the proxy tells does.
func (v *visit) fault() Fault {
	switch {
	case v.losesSession():
		return SessionCookie
	case v.losesState():
		return StateLost
	}
	public, h := v.auth.public, v.request.Header
	if public.Host == "" {
		return CookiesOff
	}
	scheme, host, direct := web.Forwarded(h)
	if direct {
		host = v.request.Host
		if scheme = "http"; v.request.TLS {
			scheme = "https"
		}
	}
	seen, ok := web.NewOrigin(public.Scheme, host)
	switch {
	case host != "" && (!ok || seen.Host != public.Host):
		return OtherDomain
	case public.IsHTTPS() && scheme == "http":
		return MixedScheme
	}
	return CookiesOff
}

// logInAgain ends the session of a person whom the app no longer knows, and decides
// anew. An app that knows the person not even after the login ends on the stuck page,
// by the count of recent logins.
func (v *visit) logInAgain() *Outcome {
	h, err := v.auth.sessions.Logout(v.ctx, v.stored, v.request.Header, v.at.IsHTTPS())
	if err != nil {
		return v.page(UnavailablePage, unavailableFor(err))
	}
	v.header.Del("Set-Cookie") // of the session that just ended
	v.addHeader(h)
	v.user, v.stored, v.follow = nil, session.Stored{}, followNotAsked
	v.readBinding()
	return v.perform(decide(v.facts()))
}
