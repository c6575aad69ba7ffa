// Package otel tells OpenTelemetry what an account's instance tells its observer: as
// metrics, and as events of the span that the request has. Copy it or import it.
package otel

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/seed467724c4/wechat/core"
)

// Observer is a [core.Observer]. No metric and no span names a person: events have
// user.hash, never the open id.
type Observer struct {
	counters   map[string]metric.Int64Counter
	histograms map[string]metric.Float64Histogram
}

// New makes the instruments, for example with otel.Meter("wechat").
func New(meter metric.Meter) (*Observer, error) {
	o := &Observer{map[string]metric.Int64Counter{}, map[string]metric.Float64Histogram{}}
	var errs []error
	for name, unit := range map[string]string{
		"wechat.login.starts": "{login}", "wechat.logins": "{login}", "wechat.challenges": "{request}", "wechat.callbacks": "{request}",
		"wechat.follow.checks": "{check}", "wechat.pushes": "{message}", "wechat.account_token.refreshes": "{refresh}", "wechat.warnings": "{warning}",
	} {
		c, err := meter.Int64Counter(name, metric.WithUnit(unit))
		o.counters[name], errs = c, append(errs, err)
	}
	for _, name := range []string{"wechat.login.duration", "wechat.api.request.duration"} {
		h, err := meter.Float64Histogram(name, metric.WithUnit("s"))
		o.histograms[name], errs = h, append(errs, err)
	}
	return o, errors.Join(errs...)
}

// Observe implements [core.Observer].
func (o *Observer) Observe(ctx context.Context, e core.Event) {
	if span := trace.SpanFromContext(ctx); span.IsRecording() {
		span.AddEvent("wechat."+e.Name, trace.WithTimestamp(e.Time), trace.WithAttributes(attributes(e)...))
	}
	// The labels are of short lists: neither flow nor person.
	count := func(name string, labels ...string) {
		o.counters[name].Add(ctx, 1, metric.WithAttributes(labelled(e.Account, labels)...))
	}
	switch e.Name {
	case core.LoginStart:
		if count("wechat.challenges", "kind", "redirect"); e.Attempt == 1 {
			count("wechat.login.starts", "scope", e.Scope)
		}
	case core.LoginChallenge:
		count("wechat.challenges", "kind", e.Kind)
	case core.LoginCallback:
		count("wechat.callbacks", "outcome", e.Result)
	case core.LoginDone, core.LoginCovered, core.LoginRefused, core.LoginDenied, core.LoginSnapshot, core.LoginStuck, core.LoginUnavailable:
		count("wechat.logins", "scope", e.Scope, "result", strings.TrimPrefix(e.Name, "login."), "stage", e.Stage)
		if e.Name == core.LoginDone {
			o.histograms["wechat.login.duration"].Record(ctx, e.Took.Seconds(), metric.WithAttributes(labelled(e.Account, []string{"scope", e.Scope})...))
		}
	case core.APICall:
		o.histograms["wechat.api.request.duration"].Record(ctx, e.Took.Seconds(), metric.WithAttributes(labelled(e.Account, []string{"endpoint", e.Endpoint, "error.type", e.Errcode})...))
	case core.FollowCheck:
		count("wechat.follow.checks", "result", e.Result, "source", e.Source)
	case core.PushReceived, core.PushRejected, core.PushFailed:
		count("wechat.pushes", "event", e.Kind, "result", e.Result+e.Reason)
	case core.TokenRefresh:
		count("wechat.account_token.refreshes", "kind", e.Kind, "reason", e.Reason, "result", e.Result)
	case core.LoginForged, core.LogoutCrossSite, core.HookFailed, core.ConfigWarning:
		count("wechat.warnings", "event", e.Name)
	}
}

// labelled are names and values in turn; empty values are left out.
func labelled(account string, pairs []string) []attribute.KeyValue {
	labels := []attribute.KeyValue{attribute.String("account", account)}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			labels = append(labels, attribute.String(pairs[i], pairs[i+1]))
		}
	}
	return labels
}

// attributes are the fields of an event for a span: "wechat.flow", "wechat.result" and
// so on, and semconv's "user.hash".
func attributes(e core.Event) (all []attribute.KeyValue) {
	for _, a := range e.Attrs()[1:] { // the first is the event's name
		key := "wechat." + a.Key
		if a.Key == "user_hash" {
			key = "user.hash"
		}
		switch a.Value.Kind() {
		case slog.KindDuration:
			all = append(all, attribute.Float64(key, a.Value.Duration().Seconds()))
		case slog.KindInt64:
			all = append(all, attribute.Int64(key, a.Value.Int64()))
		case slog.KindBool:
			all = append(all, attribute.Bool(key, a.Value.Bool()))
		default:
			all = append(all, attribute.String(key, a.Value.String()))
		}
	}
	return all
}
