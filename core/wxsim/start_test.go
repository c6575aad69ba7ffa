package wxsim

import (
	"net/http"
	"runtime"
	"strings"
	"testing"
)

func TestStart(t *testing.T) {
	cfg := Config{Accounts: []Account{{AppID: app, Secret: secret, Domain: "localhost"}}}
	sim, base, stop, err := Start(cfg)
	if err != nil {
		t.Fatalf("rule: Start needs no address; got %v", err)
	}
	res, err := http.Get(base + "/")
	if err != nil || res.StatusCode != 200 || !strings.HasPrefix(base, "http://127.0.0.1:") || sim.Calls("/") != 1 {
		t.Errorf("rule: it answers on the loopback interface; got %v at %s", err, base)
	}
	res.Body.Close()

	taken := cfg
	taken.Addr = strings.TrimPrefix(base, "http://")
	if _, _, _, err := Start(taken); err == nil {
		t.Error("rule: an address in use is an error")
	}

	// Somebody who waits for ever does not keep stop from returning.
	sim.Fail(PathAuth, Fault{Wait: make(chan struct{})})
	ended := make(chan error)
	go func() { _, err := http.Get(base + PathAuth); ended <- err }()
	for sim.Calls(PathAuth) == 0 {
		runtime.Gosched()
	}
	stop()
	stop()
	if err := <-ended; err == nil {
		t.Error("rule: stop cuts who still waits")
	}
	if _, err := http.Get(base + "/"); err == nil {
		t.Error("rule: nothing answers after stop")
	}
}

func TestStartRefusals(t *testing.T) {
	for rule, cfg := range map[string]Config{
		"a wrong Config":        {},
		"all interfaces":        {Addr: ":0", Accounts: []Account{{AppID: app, Secret: secret, Domain: "localhost"}}},
		"a public address":      {Addr: "192.0.2.1:0", Accounts: []Account{{AppID: app, Secret: secret, Domain: "localhost"}}},
		"no address at all":     {Addr: "nonsense", Accounts: []Account{{AppID: app, Secret: secret, Domain: "localhost"}}},
		"all addresses of IPv6": {Addr: "[::]:0", Accounts: []Account{{AppID: app, Secret: secret, Domain: "localhost"}}},
	} {
		if _, _, stop, err := Start(cfg); err == nil || !strings.HasPrefix(err.Error(), "wxsim:") {
			if stop != nil {
				stop()
			}
			t.Errorf("rule: Start refuses %s; got %v", rule, err)
		}
	}
}
