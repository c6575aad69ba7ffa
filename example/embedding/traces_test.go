package embedding

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/wxapi"
	"github.com/seed467724c4/wechat/nethttp"
)

// witness notes what is secret in the requests that WeChat gets.
type witness struct {
	mu      sync.Mutex
	secrets map[string]string // value to name
}

func (w *witness) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	for _, name := range []string{"secret", "code", "access_token", "openid"} {
		if value := r.URL.Query().Get(name); value != "" {
			w.secrets[value] = name
		}
	}
	w.mu.Unlock()
	return http.DefaultTransport.RoundTrip(r)
}

// revealed are the names of the secrets that a login leaves in the spans of otelhttp,
// which stands around the app and on the way to WeChat.
func revealed(t *testing.T, transport func(base http.RoundTripper, trace func(http.RoundTripper) http.RoundTripper) http.RoundTripper) (names map[string]bool, spans int) {
	t.Helper()
	exported := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(exported))
	trace := func(next http.RoundTripper) http.RoundTripper {
		return otelhttp.NewTransport(next, otelhttp.WithTracerProvider(provider))
	}
	w := &witness{secrets: map[string]string{}}
	s := newSite(t)
	auth, err := core.New(core.Config{
		AppID: appID, AppSecret: secret, OpenURL: s.simURL, APIURL: s.simURL, Logger: slog.New(slog.DiscardHandler),
		HTTPClient: &http.Client{Transport: transport(w, trace)},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { auth.Close() })
	handler := otelhttp.NewHandler(nethttp.Require(auth)(s.pages(nethttp.User)), "app", otelhttp.WithTracerProvider(provider))
	a := &running{mei: newVisitor(), url: s.behind(overHandler(handler)).String()}
	if wrong := a.login(); wrong != "" {
		t.Fatal(wrong)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.secrets) < 2 || w.secrets[secret] == "" {
		t.Fatalf("the login sent no secret and no code: %v", w.secrets)
	}
	names = map[string]bool{}
	for _, span := range exported.GetSpans() {
		said := fmt.Sprint(span.Name, span.Attributes, span.Events, span.Status, span.Links)
		for value, name := range w.secrets {
			if strings.Contains(said, value) {
				names[name] = true
			}
		}
	}
	return names, len(exported.GetSpans())
}

func TestSpansHoldNoSecret(t *testing.T) {
	found, spans := revealed(t, wxapi.RedactTransport)
	if len(found) > 0 || spans < 4 { // the app's three or more, and the exchange
		t.Errorf("rule: no span holds the secret, a code, a token or an open id: %v of %d spans", found, spans)
	}
	bare, _ := revealed(t, func(base http.RoundTripper, trace func(http.RoundTripper) http.RoundTripper) http.RoundTripper {
		return trace(base)
	})
	if !bare["secret"] || !bare["code"] {
		t.Errorf("without RedactTransport the spans hold secret and code, or this test sees nothing: %v", bare)
	}
}
