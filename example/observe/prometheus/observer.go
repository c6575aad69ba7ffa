// Package prometheus counts what an account's instance tells its observer, for
// Prometheus. Copy it or import it.
package prometheus

import (
	"context"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/seed467724c4/wechat/core"
)

// maxErrcodes is how many error codes of WeChat become labels. All others count as
// "other", so that the number of time series has a bound.
const maxErrcodes = 40

// Observer is a [core.Observer]. No label names a person.
type Observer struct {
	logins, starts, challenges, callbacks, restarts, failures, requests, follows, pushes, refreshes, warnings *prometheus.CounterVec
	loginSeconds, requestSeconds                                                                              *prometheus.HistogramVec

	mu       sync.Mutex
	errcodes map[string]bool
}

// New registers the metrics with reg.
func New(reg prometheus.Registerer) *Observer {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return promauto.With(reg).NewCounterVec(prometheus.CounterOpts{Name: "wechat_" + name, Help: help}, append([]string{"account"}, labels...))
	}
	histogram := func(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
		return promauto.With(reg).NewHistogramVec(prometheus.HistogramOpts{Name: "wechat_" + name, Help: help, Buckets: buckets}, append([]string{"account"}, labels...))
	}
	return &Observer{
		starts:         counter("login_starts_total", "Logins that began, without the further attempts of one.", "scope"),
		logins:         counter("logins_total", "Logins that ended, by how.", "scope", "result"),
		loginSeconds:   histogram("login_duration_seconds", "From the redirect to WeChat to the session.", []float64{1, 2, 3, 5, 10, 20, 60, 180, 600}, "scope"),
		challenges:     counter("challenges_total", "Anonymous visitors, by how they were answered.", "kind"),
		callbacks:      counter("callbacks_total", "Visitors back from WeChat, by what it came to.", "outcome"),
		restarts:       counter("login_restarts_total", "Logins that started again, by why.", "reason"),
		failures:       counter("login_failures_total", "Visitors who saw that the login is unavailable.", "stage", "errcode"),
		requests:       counter("api_requests_total", "Calls to WeChat.", "endpoint", "errcode"),
		requestSeconds: histogram("api_request_duration_seconds", "Calls to WeChat.", prometheus.DefBuckets, "endpoint"),
		follows:        counter("follow_checks_total", "Look-ups of followers.", "result", "source"),
		pushes:         counter("pushes_total", "Messages from WeChat.", "event", "result"),
		refreshes:      counter("account_token_refreshes_total", "Renewals of the account's token and ticket.", "kind", "reason", "result"),
		warnings:       counter("warnings_total", "Settings, hooks and requests that need a look.", "event"),
		errcodes:       map[string]bool{},
	}
}

// Observe implements [core.Observer].
func (o *Observer) Observe(_ context.Context, e core.Event) {
	switch e.Name {
	case core.LoginStart:
		kind := "redirect"
		if e.Entry == "ask_first" {
			kind = "ask_first"
		}
		if o.challenges.WithLabelValues(e.Account, kind).Inc(); e.Attempt == 1 {
			o.starts.WithLabelValues(e.Account, e.Scope).Inc()
		}
	case core.LoginChallenge:
		o.challenges.WithLabelValues(e.Account, e.Kind).Inc()
	case core.LoginCallback:
		o.callbacks.WithLabelValues(e.Account, e.Result).Inc()
	case core.LoginRestart:
		o.restarts.WithLabelValues(e.Account, e.Reason).Inc()
	case core.LoginDone, core.LoginCovered, core.LoginRefused, core.LoginDenied, core.LoginSnapshot, core.LoginStuck, core.LoginUnavailable:
		if e.Name == core.LoginUnavailable {
			o.failures.WithLabelValues(e.Account, e.Stage, o.errcode(e.Errcode)).Inc()
		}
		if e.Flow != "" { // the end of a login
			o.logins.WithLabelValues(e.Account, e.Scope, strings.TrimPrefix(e.Name, "login.")).Inc()
		}
		if e.Name == core.LoginDone {
			o.loginSeconds.WithLabelValues(e.Account, e.Scope).Observe(e.Took.Seconds())
		}
	case core.APICall:
		o.requests.WithLabelValues(e.Account, e.Endpoint, o.errcode(e.Errcode)).Inc()
		o.requestSeconds.WithLabelValues(e.Account, e.Endpoint).Observe(e.Took.Seconds())
	case core.FollowCheck:
		o.follows.WithLabelValues(e.Account, e.Result, e.Source).Inc()
	case core.PushReceived:
		o.pushes.WithLabelValues(e.Account, e.Kind, e.Result).Inc()
	case core.PushRejected:
		o.pushes.WithLabelValues(e.Account, "", e.Reason).Inc()
	case core.PushFailed:
		o.pushes.WithLabelValues(e.Account, e.Kind, "handler_error").Inc()
	case core.TokenRefresh:
		o.refreshes.WithLabelValues(e.Account, e.Kind, e.Reason, e.Result).Inc()
	case core.LoginForged, core.LogoutCrossSite, core.HookFailed, core.ConfigWarning:
		o.warnings.WithLabelValues(e.Account, e.Name).Inc()
	}
}

// errcode is the label of an error code.
func (o *Observer) errcode(code string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.errcodes[code] && len(o.errcodes) >= maxErrcodes {
		return "other"
	}
	o.errcodes[code] = true
	return code
}
