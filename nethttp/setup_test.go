package nethttp_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/nethttp"
)

func newAuth(t *testing.T) *core.Auth {
	t.Helper()
	auth, err := core.New(core.Config{AppID: "wx00000000000000aa", AppSecret: "made-up"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { auth.Close() })
	return auth
}

func panicOf(f func()) (text string) {
	defer func() {
		if p := recover(); p != nil {
			text = fmt.Sprint(p)
		}
	}()
	f()
	return ""
}

func TestUserWithoutAGatePanicsWithTheFix(t *testing.T) {
	got := panicOf(func() { nethttp.User(httptest.NewRequest("GET", "/", nil)) })
	for _, want := range []string{"Require", "Optional", "mount one"} {
		if !strings.Contains(got, want) {
			t.Errorf("the panic is %q, want %q in it", got, want)
		}
	}
}

// Not parallel: environment and default instance are the process's.
func TestSetUpWithoutAnInstancePanicsWithEveryWayOut(t *testing.T) {
	t.Setenv("WECHAT_APP_ID", "")
	t.Setenv("WECHAT_APP_SECRET", "")
	core.SetDefault(nil)
	t.Cleanup(func() { core.SetDefault(nil) })
	for name, mount := range map[string]func(){
		"Require":  func() { nethttp.Require() },
		"Optional": func() { nethttp.Optional() },
		"Login":    func() { nethttp.Login() },
		"Logout":   func() { nethttp.Logout() },
	} {
		got := panicOf(mount)
		for _, want := range []string{"WECHAT_APP_ID", "WECHAT_APP_SECRET", "environment", "core.SetDefault(auth)", "Require(auth)"} {
			if !strings.Contains(got, want) {
				t.Errorf("%s() panics with %q, want %q in it", name, got, want)
			}
		}
	}
}

func TestTheDefaultInstanceComesFromTheEnvironment(t *testing.T) {
	t.Setenv("WECHAT_APP_ID", "wx00000000000000bb")
	t.Setenv("WECHAT_APP_SECRET", "made-up")
	core.SetDefault(nil)
	t.Cleanup(func() {
		if auth, err := core.Default(); err == nil {
			auth.Close()
		}
		core.SetDefault(nil)
	})
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("User-Agent", "MicroMessenger")
	r.Header.Set("Accept", "text/html")
	nethttp.Require()(http.NotFoundHandler()).ServeHTTP(w, r)
	if !strings.Contains(w.Header().Get("Location"), "appid=wx00000000000000bb&") {
		t.Errorf("%d to %q, want a login of the account in the environment", w.Code, w.Header().Get("Location"))
	}
}

func TestNoFrameworkComesAlong(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for line := range bytes.Lines(out) {
		for _, foreign := range []string{"gin-gonic", "gofiber", "valyala", "redis"} {
			if bytes.Contains(line, []byte(foreign)) {
				t.Errorf("net/http users would build %s", bytes.TrimSpace(line))
			}
		}
	}
}
