package main

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/seed467724c4/wechat/core/wxsim"
)

// traced is a site with an exporter and a reader in memory.
func traced(t *testing.T, redacted bool) (*site, *tracetest.InMemoryExporter, *metric.ManualReader) {
	t.Helper()
	spans, reader := tracetest.NewInMemoryExporter(), metric.NewManualReader()
	s, err := newSite(metric.NewMeterProvider(metric.WithReader(reader)), trace.NewTracerProvider(trace.WithSyncer(spans)), slog.New(slog.DiscardHandler), redacted)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.auth.Close() })
	return s, spans, reader
}

// printed is everything that an exporter would send of the spans.
func printed(spans tracetest.SpanStubs) string {
	var b strings.Builder
	for _, s := range spans {
		fmt.Fprintln(&b, s.Name, s.Status, s.Attributes, s.Links, s.Resource)
		for _, e := range s.Events {
			fmt.Fprintln(&b, "  ", e.Name, e.Attributes)
		}
	}
	return b.String()
}

func TestATraceHoldsNeitherSecretNorCode(t *testing.T) {
	s, spans, _ := traced(t, true)
	seen := s.watched()
	s.visits(t, 100)
	text := printed(spans.GetSpans())
	for what, canary := range seen.all(t) {
		if strings.Contains(text, canary) {
			t.Errorf("rule: no span holds %s", what)
		}
	}
	for _, want := range []string{"wechat.login.start", "wechat.login.done", "wechat.api.call", "user.hash", "secret=REDACTED&code=REDACTED"} {
		if !strings.Contains(text, want) {
			t.Errorf("rule: the trace has %s", want)
		}
	}
}

func TestWithoutTheRedactingTransportATraceHoldsTheSecret(t *testing.T) {
	s, spans, _ := traced(t, false)
	seen := s.watched()
	s.visits(t, 100)
	text := printed(spans.GetSpans())
	found := 0
	for _, canary := range seen.all(t) {
		if strings.Contains(text, canary) {
			found++
		}
	}
	if !strings.Contains(text, account.Secret) || found < 50 {
		t.Errorf("rule: the search for secrets finds them where they are: %d", found)
	}
}

func TestACallToWeChatIsInTheTraceOfItsRequest(t *testing.T) {
	s, spans, _ := traced(t, true)
	s.visits(t, 1)
	requests, calls := map[string]bool{}, 0
	for _, span := range spans.GetSpans() {
		if span.SpanKind == oteltrace.SpanKindServer {
			requests[span.SpanContext.SpanID().String()] = true
		}
	}
	for _, span := range spans.GetSpans() {
		if strings.Contains(fmt.Sprint(span.Attributes), wxsim.PathAccessToken) {
			if calls++; !requests[span.Parent.SpanID().String()] {
				t.Errorf("rule: a call to WeChat is a child of the request that made it: %v", span.Parent)
			}
		}
	}
	if calls != 1 {
		t.Errorf("one login has one exchange: %d", calls)
	}
}

func TestTheMetricsOfOpenTelemetry(t *testing.T) {
	s, _, reader := traced(t, true)
	s.visits(t, 100)
	var read metricdata.ResourceMetrics
	if err := reader.Collect(context.Background(), &read); err != nil {
		t.Fatal(err)
	}
	totals := map[string]int64{}
	for _, scope := range read.ScopeMetrics {
		for _, m := range scope.Metrics {
			switch data := m.Data.(type) {
			case metricdata.Sum[int64]:
				for _, point := range data.DataPoints {
					totals[m.Name] += point.Value
				}
			case metricdata.Histogram[float64]:
				for _, point := range data.DataPoints {
					totals[m.Name] += int64(point.Count)
				}
			}
		}
	}
	calls := int64(s.sim.Calls(wxsim.PathAccessToken) + s.sim.Calls(wxsim.PathUserInfo) + s.sim.Calls(wxsim.PathFollower) + s.sim.Calls(wxsim.PathStableToken))
	if totals["wechat.api.request.duration"] != calls || totals["wechat.login.duration"] != 91 || totals["wechat.login.starts"] < 98 {
		t.Errorf("rule: the metrics are what happened: %v, %d calls", totals, calls)
	}
}
