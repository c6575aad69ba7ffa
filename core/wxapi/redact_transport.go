package wxapi

import (
	"context"
	"net/http"
	"net/url"
	"strings"
)

// RedactTransport returns a transport for Config.HTTPClient that keeps secrets
// out of traces and request logs. middle is the tracing or logging transport of
// the app. It sees requests whose query has REDACTED for the app secret, the
// code, the tokens and the open id, and whose body is empty. base receives the
// real request; nil means [http.DefaultTransport].
//
//	client := &http.Client{Transport: wxapi.RedactTransport(nil, func(next http.RoundTripper) http.RoundTripper {
//		return otelhttp.NewTransport(next)
//	})}
//
// Headers that middle adds are sent, so WeChat sees a trace id. If middle sends
// the request to another transport than next, WeChat gets the redacted request
// and answers with an error. Errors of base are redacted too. Residual risk:
// middle sees the replies, so a middle that logs the bodies of replies logs the
// visitors' tokens.
func RedactTransport(base http.RoundTripper, middle func(next http.RoundTripper) http.RoundTripper) http.RoundTripper {
	if base == nil {
		base = http.DefaultTransport
	}
	return redactingTransport{middle(restoringTransport{base})}
}

// shownParameters are the parameters of a query that are no secret and say
// nothing about a visitor.
var shownParameters = map[string]bool{"appid": true, "grant_type": true, "lang": true, "type": true}

// sentRequest is the key of the real request in a context.
type sentRequest struct{}

// redactingTransport hands on a request without secrets. The context carries the
// real one.
type redactingTransport struct{ next http.RoundTripper }

func (t redactingTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	shown := r.Clone(context.WithValue(r.Context(), sentRequest{}, r))
	shown.URL.RawQuery = redactQuery(r.URL.RawQuery)
	shown.URL.User = nil
	shown.RequestURI = ""
	if r.Body != nil {
		shown.Body, shown.GetBody, shown.ContentLength = http.NoBody, nil, 0
	}
	resp, err := t.next.RoundTrip(shown)
	if resp != nil {
		resp.Request = r
	}
	return resp, err
}

// restoringTransport sends the real request with the headers of the redacted one.
type restoringTransport struct{ base http.RoundTripper }

func (t restoringTransport) RoundTrip(shown *http.Request) (*http.Response, error) {
	real, ok := shown.Context().Value(sentRequest{}).(*http.Request)
	if !ok {
		return t.base.RoundTrip(shown) // not one of ours
	}
	sent := shown.Clone(shown.Context())
	sent.URL = real.URL
	sent.Body, sent.GetBody, sent.ContentLength = real.Body, real.GetBody, real.ContentLength
	resp, err := t.base.RoundTrip(sent)
	if err != nil {
		err = redactError(shown.Context(), real.URL, err)
	}
	if resp != nil {
		resp.Request = shown
	}
	return resp, err
}

// redactError removes what the query holds from an error of base.
func redactError(ctx context.Context, sent *url.URL, err error) error {
	secrets := []string{sent.RawQuery}
	for _, pair := range strings.Split(sent.RawQuery, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if plain, err := url.QueryUnescape(value); err == nil && !shownParameters[name] {
			secrets = append(secrets, value, plain)
		}
	}
	redactor := newRedactor(secrets...)
	if !redactor.reveals(err) {
		return err
	}
	return newCallError(ctx, "round trip", err, redactor)
}

// redactQuery keeps the names of a query, and the values that are no secret.
func redactQuery(query string) string {
	pairs := strings.Split(query, "&")
	for i, pair := range pairs {
		if name, _, has := strings.Cut(pair, "="); has && !shownParameters[name] {
			pairs[i] = name + "=REDACTED"
		}
	}
	return strings.Join(pairs, "&")
}
