package fiberwechat_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/fiberwechat"
)

func panicOf(f func()) (text string) {
	defer func() {
		if p := recover(); p != nil {
			text = fmt.Sprint(p)
		}
	}()
	f()
	return ""
}

// Not parallel: environment and default instance are the process's.
func TestSetUpWithoutAnInstancePanicsWithEveryWayOut(t *testing.T) {
	t.Setenv("WECHAT_APP_ID", "")
	t.Setenv("WECHAT_APP_SECRET", "")
	core.SetDefault(nil)
	t.Cleanup(func() { core.SetDefault(nil) })
	for name, mount := range map[string]func(){
		"Require":  func() { fiberwechat.Require() },
		"Optional": func() { fiberwechat.Optional() },
		"Login":    func() { fiberwechat.Login() },
		"Logout":   func() { fiberwechat.Logout() },
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
	app := fiber.New()
	app.Use(fiberwechat.Require())
	inside := httptest.NewRequest("GET", "/", nil)
	inside.Header.Set("User-Agent", "MicroMessenger")
	inside.Header.Set("Accept", "text/html")
	w, err := app.Test(inside)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(w.Header.Get("Location"), "appid=wx00000000000000bb&") {
		t.Errorf("%d to %q, want a login of the account in the environment", w.StatusCode, w.Header.Get("Location"))
	}
}
