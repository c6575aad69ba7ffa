package core

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/seed467724c4/wechat/core/internal/screen"
	"github.com/seed467724c4/wechat/core/internal/web"
)

// maxForm bounds the forms that are sent to Config.ScreenPath: a page's address, a code,
// and little more.
const maxForm = 16 << 10

// Screens answers at [Config.ScreenPath], where phones open the code of a screen and
// where the pages of screen login send their forms. Mount it there for GET and POST,
// outside every gate: with net/http as it is, in gin with gin.WrapH, in fiber with
// adaptor.HTTPHandler. Without [Config.ScreenLogin] it answers 404, so it can always be
// mounted.
//
//	mux.Handle("/wechat/screen", auth.Screens())
//
// Screen login does not work while it is not mounted: until the app has called Screens,
// desktop browsers see the "unavailable" page (503), and the log names the reason.
func (a *Auth) Screens() http.Handler {
	if a.screens == nil {
		return http.NotFoundHandler()
	}
	a.screens.mounted.Store(true)
	return http.HandlerFunc(a.serveScreen)
}

// gates makes the gates that requests at Config.ScreenPath pass: phones have to log in,
// screens have not.
func (s *screens) gates(a *Auth) {
	if s == nil {
		return
	}
	then := optionFunc(func(g *Gate) {
		g.before = (*visit).readCode
		g.then = (*visit).atScreenPath
	})
	s.phones = NewGate(ModeRequire, a, MaxAge(phoneMaxAge), Scopes(a.scopeOfCode), then)
	s.desks = NewGate(ModeOptional, a, then)
}

func (a *Auth) serveScreen(w http.ResponseWriter, r *http.Request) {
	asked := Request{Method: r.Method, Target: r.RequestURI, Host: r.Host, TLS: r.TLS != nil, Header: r.Header}
	if asked.Target == "" {
		asked.Target = r.URL.RequestURI() // a handler of the app's own has made the request
	}
	ctx := r.Context()
	switch r.Method {
	case http.MethodGet:
	case http.MethodPost:
		form, err := readForm(w, r)
		if err != nil {
			http.Error(w, http.StatusText(http.StatusRequestEntityTooLarge), http.StatusRequestEntityTooLarge)
			return
		}
		ctx = context.WithValue(ctx, formKey{}, form)
	default:
		w.Header().Set("Allow", "GET, POST")
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	a.screens.warnOfPath(a, &asked)
	out := a.screens.gateFor(ctx, &asked).Handle(ctx, &asked)
	out.AddTo(w.Header())
	w.WriteHeader(out.Status)
	_, _ = w.Write(out.Body)
}

// gateFor is the gate for what a request asks.
func (s *screens) gateFor(ctx context.Context, r *Request) *Gate {
	t, _, _ := web.ParseRequestTarget(r.Target)
	form := formIn(ctx)
	if form == nil && (t.FirstParam(waitParam) != "" || t.FirstParam(toField) != "") || form.Has(numberField) {
		return s.desks
	}
	return s.phones
}

// warnOfPath logs once a minute that Screens is mounted where no phone looks for it.
func (s *screens) warnOfPath(a *Auth, r *Request) {
	t, _, ok := web.ParseRequestTarget(r.Target)
	at, _ := a.originOf(r)
	if !ok || t.Path == s.path || strings.TrimPrefix(t.Path, at.Prefix) == s.path {
		return
	}
	a.watch.tell(context.Background(), Event{Name: ConfigWarning, Reason: "path"}, line{
		level: slog.LevelError, kind: "screens elsewhere", more: []slog.Attr{slog.String("mounted", t.Path), slog.String("screen_path", s.path)},
		text: "wechat: auth.Screens() is not mounted at Config.ScreenPath, so no phone finds it (logged once a minute)",
	})
}

type formKey struct{}

// formIn is the form that a request has sent; nil for any other request.
func formIn(ctx context.Context) url.Values {
	form, _ := ctx.Value(formKey{}).(url.Values)
	return form
}

// readForm reads the body of a POST. Its query does not count.
func readForm(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if limit := (*http.MaxBytesError)(nil); errors.As(r.ParseForm(), &limit) {
		return nil, limit
	}
	return r.PostForm, nil // what cannot be read of a form is no field
}

// tellState tells the script of a waiting page one word, and who asks nothing about the
// phone.
func (v *visit) tellState() *Outcome {
	n, err := v.auth.screens.codes.Look(v.ctx, v.screen.id.Name())
	if err != nil {
		return v.unavailable("store", fmt.Errorf("screen login: %w", err))
	}
	word := "answered"
	switch n.State {
	case screen.Untouched:
		word = "waiting"
	case screen.Scanned:
		word = "scanned"
	}
	v.add("Content-Type", "application/json")
	v.add("X-Content-Type-Options", "nosniff")
	return v.answerWith(http.StatusOK, []byte(`{"state":"`+word+`"}`), nil)
}
