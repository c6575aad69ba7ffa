package platform

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/nethttp"
)

func TestAGateThatAsksThePlatformForEveryRequest(t *testing.T) {
	r := newRig(t)
	p := r.ready()
	r.connect(shopA)
	app := nethttp.Require(core.Choose(func(ctx context.Context, req *core.Request) (*core.Auth, error) {
		appID, _, _ := strings.Cut(strings.TrimPrefix(req.Target, "/"), "/")
		auth, err := p.Account(ctx, appID)
		if errors.Is(err, ErrUnknown) {
			return nil, nil
		}
		return auth, err
	}))(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) { io.WriteString(w, nethttp.User(req).OpenID) }))
	v := r.visitor(app, "mei")
	if status, text := v.page("/" + shopA + "/"); status != 200 || text != r.sim.OpenID(shopA, "mei") {
		t.Errorf("rule: visitors log in to the account that the request names: %d %.200s", status, text)
	}
	for _, unknown := range []string{"/" + shopB + "/", "/nothing/", "/", "/%2e%2e/"} {
		if status, text := v.page(unknown); status != 404 || !strings.Contains(text, `data-page="not-found"`) {
			t.Errorf("rule: an account that never connected is not found: %s %d", unknown, status)
		}
	}
	r.sim.Advance(time.Second)
	r.disconnect(shopA)
	if status, text := v.page("/" + shopA + "/"); status != 403 || !strings.Contains(text, `data-page="withdrawn"`) {
		t.Errorf("rule: of an account that left, visitors read so, logged in or not: %d %.200s", status, text)
	}
	r.sim.Advance(time.Second)
	r.connect(shopA)
	if status, text := v.page("/" + shopA + "/"); status != 200 || text != r.sim.OpenID(shopA, "mei") {
		t.Errorf("rule: and when it comes back, everything is as before: %d %.200s", status, text)
	}
}
