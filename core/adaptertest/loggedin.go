package adaptertest

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/adaptertest/internal/rawhttp"
	"github.com/seed467724c4/wechat/core/wxsim"
)

// LoggedIn returns an instance and the session cookie, as "name=value", of a visitor
// who has consented and whose session holds the whole profile. It is for benchmarks
// and allocation counts of requests to 127.0.0.1. Each change may set more of the
// instance's configuration. stop closes the instance and ends the simulator.
func LoggedIn(change ...func(*core.Config)) (auth *core.Auth, cookie string, stop func(), err error) {
	sim, simURL, stopSim, err := wxsim.Start(wxsim.Config{
		Accounts: []wxsim.Account{{AppID: appID, Secret: secret, Domain: "127.0.0.1"}},
	})
	if err != nil {
		return nil, "", nil, err
	}
	config := core.Config{
		AppID: appID, AppSecret: secret, PublicURL: "http://127.0.0.1", OpenURL: simURL, APIURL: simURL,
		Logger: slog.New(slog.DiscardHandler),
		OnLogin: func(_ context.Context, u *core.User) error {
			u.Sex, u.Country, u.Province, u.City, u.AppUserID = 1, "中国", "广东", "深圳", "user-000042"
			u.Privilege = []string{"chinaunicom"}
			return nil
		},
	}
	for _, f := range change {
		f(&config)
	}
	if auth, err = core.New(config); err != nil {
		stopSim()
		return nil, "", nil, err
	}
	stop = func() {
		auth.Close()
		stopSim()
	}
	if cookie, err = consented(auth, sim); err != nil {
		stop()
		return nil, "", nil, err
	}
	return auth, cookie, stop, nil
}

// consented logs in by calling the gate, without a server, and returns the session
// cookie.
func consented(auth *core.Auth, sim *wxsim.Sim) (string, error) {
	gate := core.NewGate(core.ModeRequire, auth, core.Prompt)
	header := http.Header{"User-Agent": {rawhttp.WeChatAgent}, "Accept": {"text/html"}}
	ask := func(target string) *core.Outcome {
		return gate.Handle(context.Background(), &core.Request{Method: "GET", Target: target, Host: "127.0.0.1", Header: header})
	}
	start := ask("/")
	_, state, _ := strings.Cut(start.Header.Get("Location"), "&state=")
	state, _, _ = strings.Cut(state, "#")
	binding, _, _ := strings.Cut(start.Header.Get("Set-Cookie"), ";")
	header.Set("Cookie", binding)
	code, err := sim.Code(appID, wxsim.DefaultPeople()[0].ID, string(core.Prompt))
	if err != nil {
		return "", err
	}
	end := ask("/?code=" + code + "&state=" + state)
	for _, line := range end.Header.Values("Set-Cookie") {
		if cookie, _, _ := strings.Cut(line, ";"); !strings.HasPrefix(line, binding[:strings.IndexByte(binding, '=')+1]) {
			return cookie, nil
		}
	}
	return "", fmt.Errorf("the login ended with status %d: %w", end.Status, end.Err)
}
