package main

import (
	"fmt"
	"log/slog"
	"net/http"

	client "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/wxapi"
	"github.com/seed467724c4/wechat/core/wxsim"
	"github.com/seed467724c4/wechat/example/observe/otel"
	"github.com/seed467724c4/wechat/example/observe/prometheus"
	"github.com/seed467724c4/wechat/nethttp"
)

// site is a small app behind a gate, and what it shows of itself.
type site struct {
	sim     *wxsim.Sim
	auth    *core.Auth
	app     http.Handler // the app, under otelhttp
	metrics http.Handler // for Prometheus

	note func(what, text string) // told what visitors bring and get; nil outside of tests
}

var account = wxsim.Account{AppID: "wx0123456789abcdef", Secret: "0123456789abcdef0123456789abcdef", Domain: "app.example.com"}

// newSite logs in at a simulator in this process. redacted is false only for the test
// that shows why the transport is redacted.
func newSite(meters metric.MeterProvider, traces trace.TracerProvider, log *slog.Logger, redacted bool) (*site, error) {
	sim, err := wxsim.New(wxsim.Config{Accounts: []wxsim.Account{account}, Refusal: wxsim.RefuseStateOnly})
	if err != nil {
		return nil, err
	}
	registry := client.NewRegistry()
	spans, err := otel.New(meters.Meter("wechat"))
	if err != nil {
		return nil, err
	}
	tracing := func(next http.RoundTripper) http.RoundTripper {
		return otelhttp.NewTransport(next, otelhttp.WithTracerProvider(traces), otelhttp.WithMeterProvider(meters))
	}
	transport := wxapi.RedactTransport(sim.Transport(), tracing) // otelhttp sees neither secret nor code
	if !redacted {
		transport = tracing(sim.Transport())
	}
	auth, err := core.New(core.Config{
		AppID: account.AppID, AppSecret: account.Secret, PublicURL: "https://" + account.Domain, Logger: log,
		HTTPClient: &http.Client{Transport: transport},
		Observer:   core.Observers(prometheus.New(registry), spans),
	})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	hello := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "%s\n", nethttp.User(r).Scope) })
	mux.Handle("GET /me", nethttp.Require(auth)(hello))
	mux.Handle("GET /profile", nethttp.Require(auth, core.Prompt)(hello))
	mux.Handle("GET /members", nethttp.Require(auth, core.MustFollow)(hello))
	return &site{
		sim: sim, auth: auth, metrics: promhttp.HandlerFor(registry, promhttp.HandlerOpts{}),
		app: otelhttp.NewHandler(mux, "site", otelhttp.WithTracerProvider(traces), otelhttp.WithMeterProvider(meters)),
	}, nil
}
