package core

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/seed467724c4/wechat/core/internal/page"
	"github.com/seed467724c4/wechat/core/internal/proof"
	"github.com/seed467724c4/wechat/core/internal/web"
	"github.com/seed467724c4/wechat/core/wxapi"
)

// retryAfter is the Retry-After for trouble that passes by itself, in seconds.
const retryAfter = "5"

// pass hands the request on, with the app's own user where it wants one.
func (v *visit) pass() *Outcome {
	ctx := v.ctx
	if v.gate.load != nil && v.user != nil {
		var err error
		if ctx, err = v.gate.load(ctx, v.user); err != nil {
			return v.page(UnavailablePage, unavailableFor(err))
		}
	}
	p := &passage{Context: ctx, visitor: v.user, info: v.auth.requestInfo(v.at, v.stored.Token)}
	if v.header == nil {
		return v.gate.passing(p)
	}
	v.addHeader(v.gate.passHeader)
	p.outcome = Outcome{Context: p, Header: v.header}
	return &p.outcome
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
	if v.binding.ID == "" {
		v.setBinding(proof.NewBinding())
	}
	scope := v.gate.scope
	switch {
	case v.user.level() >= v.gate.want:
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
	state := v.auth.keys.NewState(v.now, attempt, scope == Prompt, v.binding.ID, v.at)
	if log := v.auth.config.logger(); log.Enabled(v.ctx, slog.LevelDebug) { // its arguments would be made for nothing
		log.DebugContext(v.ctx, "wechat: login started", "scope", string(scope), "attempt", attempt)
	}
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
	asked := v.target
	if v.state.Shape == proof.OwnState {
		asked = asked.WithoutCallback()
	}
	return v.problemWith(http.StatusUnauthorized, page.LoginRequired(v.gate.loginURL(v.request, v.at, asked)), nil)
}

// problemHeader goes with every problem document; shared, never changed.
func problemHeader() http.Header {
	return http.Header{"Content-Type": {page.ProblemType}, "Cache-Control": {"no-store"}, "Referrer-Policy": {"no-referrer"}}
}

// problemWith shares its headers with all others, unless a cookie goes along.
func (v *visit) problemWith(status int, body []byte, err error) *Outcome {
	h := v.gate.problemHeader
	if v.header != nil {
		v.addHeader(h)
		h = v.header
	}
	return v.outcomeOf(h, status, body, err)
}

// loginURL is where a script sends its page to log in: the app's Login with the
// page the script runs on, or else the address it asked for.
func (g *Gate) loginURL(r *Request, at web.Origin, asked web.Target) string {
	if g.auth.config.LoginPath == "" || g.mode == ModeLogin {
		return at.URL(asked)
	}
	to := "/"
	if page, err := url.Parse(web.FirstHeader(r.Header, "Referer")); err == nil && page.Scheme+"://"+page.Host == at.String() && web.IsLocal(page.RequestURI()) {
		if inside, ok := strings.CutPrefix(page.RequestURI(), at.Prefix); ok && web.IsLocal(inside) {
			to = inside
		}
	}
	return at.URL(web.Target{Path: g.auth.config.LoginPath, Query: "to=" + url.QueryEscape(to), HasQuery: true})
}

var statusOf = map[PageKind]int{
	OutsidePage: http.StatusForbidden, RefusedPage: http.StatusForbidden, FramePage: http.StatusForbidden,
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
	if kind != BadRequestPage {
		p.Here = page.Address(v.here())
	}
	switch kind {
	case OutsidePage:
		p.QRCode = page.QRCode(p.Here)
	case ConsentPage:
		p.Here = page.Address(v.wechat)
	case FollowPage:
		code := v.auth.followCode
		p.AccountHTML, p.QRCode, p.Follow = page.Text(v.auth.config.AccountName), page.Address(code.image), page.Address(code.link)
		if code.local {
			p.QRCode = page.Address(v.at.URL(web.Target{Path: code.image}))
		}
		p.Home = page.Address(v.at.URL(web.Target{Path: "/"}))
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
		v.auth.config.logger().ErrorContext(v.ctx, "wechat: a hook failed", "error", failed)
		return nil
	}
	if own == nil {
		return nil
	}
	if own.Status < 200 || own.Status > 999 {
		v.auth.config.logger().ErrorContext(v.ctx, "wechat: OnError returned an outcome without a status", "status", own.Status)
		return nil
	}
	out := &Outcome{Context: own.Context, Header: own.Header.Clone(), Status: own.Status, Body: own.Body, Err: own.Err}
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
	return v.problemWith(p.Status, v.auth.pages.builtIn.Problem(page.Kind(p.Kind), p.Status, p.Reference), err)
}

// here is the page that was asked for, to try again: never with a code or state
// of ours, and on a logout the front page.
func (v *visit) here() string {
	if v.gate.mode == ModeLogout {
		return v.at.URL(web.Target{Path: "/"})
	}
	t := v.target
	switch v.state.Shape {
	case proof.OwnState:
		t = t.WithoutCallback()
	case proof.ForgedState:
		// Not ours, but the attempt in it counts: with it, every try would end here.
		t = t.Without("code").Without("state")
	}
	return v.at.URL(t)
}

// fault guesses why no cookie comes back. Behind a proxy the connection's own host
// and scheme say nothing; only what the proxy tells does.
func (v *visit) fault() Fault {
	if v.user == nil && v.binding.ID != "" && v.recentLogins() >= proof.MaxRecentLogins {
		return SessionCookie
	}
	public, h := v.auth.public, v.request.Header
	if public.Host == "" {
		return CookiesOff
	}
	host, scheme := web.LastListed(h.Values("X-Forwarded-Host")), web.LastListed(h.Values("X-Forwarded-Proto"))
	direct := true
	for _, name := range [...]string{"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip", "Forwarded", "Via"} {
		direct = direct && h.Get(name) == ""
	}
	if direct {
		host = v.request.Host
		if scheme = "http"; v.request.TLS {
			scheme = "https"
		}
	}
	switch {
	case host != "" && !strings.EqualFold(host, public.Host):
		return OtherDomain
	case public.IsHTTPS() && scheme == "http":
		return MixedScheme
	}
	return CookiesOff
}

// report logs trouble and returns the reference that leads from the visitor's
// page to the line.
func (v *visit) report(kind PageKind, fault Fault, err error) string {
	reference := strings.ToLower(rand.Text()[:10])
	args := append([]any{"page", string(kind), "reference", reference}, explain(err)...)
	if fault != "" {
		args = append(args, "fault", string(fault))
	}
	log := v.auth.config.logger()
	if wxapi.Classify(err) == wxapi.ClassOperator {
		log.ErrorContext(v.ctx, "wechat: login failed, the account's settings need a look", args...)
	} else {
		log.WarnContext(v.ctx, "wechat: login failed", args...)
	}
	return reference
}

// explain is what a log should hold of an error: for WeChat's own, its request id,
// which their support asks for, and what the operator can do.
func explain(err error) []any {
	args := []any{"error", err.Error()}
	var wx *wxapi.Error
	if !errors.As(err, &wx) {
		return args
	}
	args = append(args, "errcode", strconv.Itoa(wx.Code), "rid", wx.RequestID, "class", wx.Class().String())
	if advice := wx.Advice(); advice != "" {
		args = append(args, "advice", advice)
	}
	return args
}
