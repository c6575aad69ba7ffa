package wxsim

import (
	"crypto/tls"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync/atomic"
)

// TB is what Login needs of *testing.T and *testing.B.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
}

// loginUserAgent is WeChat's on a phone.
const loginUserAgent = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) " +
	"Mobile/15E148 MicroMessenger/8.0.50(0x1800323b) NetType/WIFI Language/zh_CN"

// Login logs a person in to an application and returns a client that is logged
// in: it has the cookies, says that it is WeChat, and goes on talking to app in
// process, without a network. It asks for page, or "/", which the application's
// middleware must guard, follows the redirects to the simulator and back, and
// consents where it is asked. A login that does not come to its end, and an
// unknown person, end the test by tb.Fatalf.
//
//	client := sim.Login(t, app, "mei", "/me")
//	res, err := client.Get("/orders") // a path is enough
//
// The application must be configured for an account of sim, and its own calls
// must reach sim: by the address of [Start], or with [Sim.Transport] in its HTTP
// client. Requests go to https://DOMAIN, the account's registered domain (the
// first account's, if there are several), unless the client is given another
// address. The client is safe for concurrent use.
func (s *Sim) Login(tb TB, app http.Handler, person string, page ...string) *http.Client {
	tb.Helper()
	if _, ok := s.people[person]; !ok {
		tb.Fatalf("wxsim: no person with ID %q", person)
		return nil
	}
	start := "/"
	if len(page) > 0 {
		start = page[0]
	}
	browser := &inProcessBrowser{sim: inProcess{s}, app: inProcess{app}, person: person, base: s.appAddress()}
	browser.jar, _ = cookiejar.New(nil) // never an error
	client := &http.Client{Transport: browser}
	res, err := client.Get(start)
	if err != nil {
		tb.Fatalf("wxsim: the login as %s at %s did not come to its end: %v", person, start, withoutAddress(err))
		return nil
	}
	body, _ := io.ReadAll(io.LimitReader(res.Body, maxBody))
	res.Body.Close()
	if uuid := consentUUID(body); uuid != "" && isSimulatorPage(res.Request.URL) {
		form := url.Values{"uuid": {uuid}, "person": {person}, "allow": {"1"}}
		if res, err = client.PostForm(res.Request.URL.ResolveReference(&url.URL{Path: PathAuthorizeReply}).String(), form); err != nil {
			tb.Fatalf("wxsim: the login as %s at %s did not come to its end: %v", person, start, withoutAddress(err))
			return nil
		}
		body, _ = io.ReadAll(io.LimitReader(res.Body, maxBody))
		res.Body.Close()
	}
	switch {
	case !browser.asked.Load():
		tb.Fatalf("wxsim: GET %s of the application answered %d and did not send the visitor to WeChat; name a guarded page: sim.Login(t, app, %q, \"/me\")", start, res.StatusCode, person)
		return nil
	case isSimulatorPage(res.Request.URL):
		tb.Fatalf("wxsim: the login as %s ended on WeChat's page with error %q", person, res.Header.Get("X-Wxsim-Error"))
		return nil
	case res.StatusCode >= 400:
		tb.Fatalf("wxsim: after the login as %s the application answered %d: %.300s", person, res.StatusCode, body)
		return nil
	}
	return client
}

// consentUUID finds the uuid of a consent page.
func consentUUID(page []byte) string {
	_, after, _ := strings.Cut(string(page), `name="uuid" value="`)
	uuid, _, _ := strings.Cut(after, `"`)
	return uuid
}

// appAddress is where applications are taken to be: on the registered domain of
// the first Official Account.
func (s *Sim) appAddress() *url.URL {
	domain := s.cfg.Accounts[0].Domain
	for _, a := range s.cfg.Accounts {
		if !a.Website {
			domain = a.Domain
			break
		}
	}
	if strings.Contains(domain, ":") {
		domain = "[" + domain + "]"
	}
	return &url.URL{Scheme: "https", Host: domain, Path: "/"}
}

// inProcessBrowser is WeChat's browser on one person's phone: it keeps cookies
// itself, so that a path alone can be asked for, and tells the simulator whose
// phone it is.
type inProcessBrowser struct {
	sim, app inProcess
	person   string
	base     *url.URL
	jar      *cookiejar.Jar
	asked    atomic.Bool // WeChat's authorisation page was opened
}

func (b *inProcessBrowser) RoundTrip(r *http.Request) (*http.Response, error) {
	out := r.Clone(r.Context())
	out.URL = b.base.ResolveReference(r.URL)
	if out.Host == "" || r.URL.Host == "" {
		out.Host = out.URL.Host
	}
	if out.Header.Get("User-Agent") == "" {
		out.Header.Set("User-Agent", loginUserAgent)
	}
	if out.Header.Get("Accept") == "" {
		out.Header.Set("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
	}
	for _, c := range b.jar.Cookies(out.URL) {
		out.AddCookie(c)
	}
	target := b.app
	if isSimulatorPage(out.URL) {
		target = b.sim
		out.AddCookie(&http.Cookie{Name: personCookie, Value: b.person})
		b.asked.Store(b.asked.Load() || out.URL.Path == PathAuthorize)
	}
	res, err := target.RoundTrip(out)
	if err != nil {
		return nil, err
	}
	b.jar.SetCookies(out.URL, res.Cookies())
	return res, nil
}

// isSimulatorPage says whether an address is a page of WeChat's. The path tells:
// the simulator may be at any address, and applications have no such paths.
func isSimulatorPage(u *url.URL) bool {
	return u.Path == PathAuthorize || u.Path == PathAuthorizeReply
}

// newTLSState marks a request as one that came over https.
func newTLSState(host string) *tls.ConnectionState {
	return &tls.ConnectionState{Version: tls.VersionTLS13, HandshakeComplete: true, ServerName: host}
}

// withoutAddress takes the address off an error of http.Client: it may hold a
// code.
func withoutAddress(err error) error { return inner(err) }
