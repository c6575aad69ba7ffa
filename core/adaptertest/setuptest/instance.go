package setuptest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/adaptertest"
)

// Ask sends one request to the app under test, with or without a socket, and
// returns the status and the headers of the answer.
type Ask func(*http.Request) (status int, header http.Header)

// NewAuth is an instance with a made-up account. It makes no call to WeChat until a
// login starts. It is closed at the end of the test.
func NewAuth(t *testing.T) *core.Auth {
	t.Helper()
	auth, err := core.New(core.Config{AppID: "wx00000000000000aa", AppSecret: "made-up"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { auth.Close() })
	return auth
}

// LoggedIn is [adaptertest.LoggedIn] that ends with the test.
func LoggedIn(t *testing.T) (auth *core.Auth, cookie string) {
	t.Helper()
	auth, cookie, stop, err := adaptertest.LoggedIn()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return auth, cookie
}

// InWeChat makes r a page navigation inside WeChat.
func InWeChat(r *http.Request) *http.Request {
	r.Header.Set("User-Agent", "MicroMessenger")
	r.Header.Set("Accept", "text/html")
	return r
}

// UsesTheEnvironment checks that a gate without options logs in with the account of
// the environment. build makes the app and is called once the environment is set.
// It changes the environment and the default instance of the whole process, so the
// test that calls it must not be parallel.
func UsesTheEnvironment(t *testing.T, build func() Ask) {
	t.Helper()
	t.Setenv("WECHAT_APP_ID", "wx00000000000000bb")
	t.Setenv("WECHAT_APP_SECRET", "made-up")
	resetDefault(t)
	t.Cleanup(func() { // before the environment is restored
		if auth, err := core.Default(); err == nil {
			auth.Close()
		}
	})
	status, header := build()(InWeChat(httptest.NewRequest("GET", "/", nil)))
	if !strings.Contains(header.Get("Location"), "appid=wx00000000000000bb&") {
		t.Errorf("rule: the default instance comes from the environment\ngot: %d to %q", status, header.Get("Location"))
	}
}

// TakesRequestsMadeByHand checks that a request without a request line, as tests and
// programs make it, still has its target. Only an adapter over net/http can get one.
func TakesRequestsMadeByHand(t *testing.T, ask Ask) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", "http://app.example.com/a%2Fb?x=%zz", nil)
	if err != nil {
		t.Fatal(err)
	}
	status, header := ask(InWeChat(r))
	if want := "redirect_uri=http%3A%2F%2Fapp.example.com%2Fa%252Fb%3Fx%3D%25zz&"; !strings.Contains(header.Get("Location"), want) {
		t.Errorf("rule: a request without a request line has the target of its URL\ngot: %d to %q, want %s in it", status, header.Get("Location"), want)
	}
}

// resetDefault forgets the default instance now and at the end of the test.
func resetDefault(t *testing.T) {
	t.Helper()
	core.SetDefault(nil)
	t.Cleanup(func() { core.SetDefault(nil) })
}
