package wxsim

import (
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"
)

// authorizeOnce goes through one silent login and its exchange.
func (g *rig) authorizeOnce() {
	location := g.get(linkFor(callback, scopeBase, "s1")).Header().Get("Location")
	_, rest, _ := strings.Cut(location, "code=")
	code, _, _ := strings.Cut(rest, "&")
	g.do(httptest.NewRequest("GET", tokenURL(code), nil))
}

// kept counts everything that the simulator remembers.
func (g *rig) kept() map[string]int {
	return map[string]int{"codes": len(g.codes.queue), "access": len(g.access.queue), "refresh": len(g.refresh.queue), "pending": len(g.pending.queue),
		"scans": len(g.scans.queue), "visits": len(g.visits.queue), "rids": len(g.rids.queue), "core": len(g.core.queue), "latest": len(g.latest),
		"agreed": len(g.agreed), "calls": len(g.calls), "timeline": len(g.timeline.Since(0)), "notices": len(g.notices.queue), "faults": len(g.faults)}
}

func TestMemoryIsBounded(t *testing.T) {
	g := siteRig(t, func(c *Config) { c.RememberConsent = time.Hour })
	mei := grant{appID: app, personID: "mei", openID: g.OpenID(app, "mei"), scope: scopeBase}
	for range maxTokens + maxPending {
		g.mint(app, "mei", scopeBase)
		g.mu.Lock()
		g.issue(g.now(), mei)
		g.newAccountTokenFor(g.now(), app)
		g.mu.Unlock()
	}
	for range 2 * maxPending {
		g.open()
		g.show()
		g.get(ProfilePath(app))
		g.get(PathAccessToken)
		g.postJSON(PathQRCreate, "{}")
	}
	for what, limit := range map[string]int{"codes": maxCodes, "access": maxTokens, "refresh": maxTokens, "pending": maxPending, "scans": maxPending,
		"visits": maxPending, "rids": maxRIDs, "core": maxTokens, "latest": 8, "agreed": 8, "calls": maxPaths, "timeline": maxTimeline, "notices": maxPending, "faults": 0} {
		if got := g.kept()[what]; got > limit {
			t.Errorf("rule: what is remembered is bounded; %s has %d, at most %d", what, got, limit)
		}
	}
	if len(g.codes.items) != maxCodes || len(g.access.items) != maxTokens || len(g.scans.items) != maxPending {
		t.Errorf("rule: the test reaches the limits; got %v", g.kept())
	}
}

func TestABoundedMapForgetsTheOldestFirst(t *testing.T) {
	now := time.Unix(0, 0)
	m := newBoundedMap[int](3)
	later := now.Add(time.Hour)
	m.put(now, "a", 1, later)
	m.drop("a")
	m.put(now, "a", 2, later) // again, under the same key
	m.put(now, "b", 3, later)
	m.put(now, "c", 4, later)
	if v, ok := m.get(now, "a"); !ok || v != 2 {
		t.Error("rule: a key that is put again is as young as its last value")
	}
}

// BenchmarkAuthorizations shows that memory stays flat:
//
//	go test ./core/wxsim -run '^$' -bench Authorizations -benchtime 1000000x
func BenchmarkAuthorizations(b *testing.B) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	s, err := New(Config{Accounts: []Account{{AppID: app, Secret: secret, Domain: "app.example.com"}}, Now: func() time.Time { return now }})
	if err != nil {
		b.Fatal(err)
	}
	g := &rig{Sim: s, userAgent: wechatUA}
	heap := func() float64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc) / (1 << 20)
	}
	var early float64
	for i := range b.N {
		g.authorizeOnce()
		if i%1000 == 0 {
			g.Advance(time.Minute)
		}
		if i == 2*maxTokens {
			early = heap()
		}
	}
	b.ReportMetric(early, "MiB-at-40000")
	b.ReportMetric(heap(), "MiB-at-end")
	runtime.KeepAlive(g)
}

func TestTheControlAPIIsBounded(t *testing.T) {
	g := newRig(t)
	control := func(body string) string {
		r := httptest.NewRequest("POST", controlPrefix+"faults", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		return g.do(r).Body.String()
	}
	for rule, tc := range map[string]struct{ body, says string }{
		"a fault that happens too often":    {`{"name":"40163","times":1000001}`, "times is 1000000 at most"},
		"a described one that does":         {`{"endpoint":"/x","times":9223372036854775807}`, "times is 1000000 at most"},
		"a delay that overflows":            {`{"endpoint":"/x","delay_ms":9223372036854775807}`, "delay_ms is 600000 at most"},
		"a delay of more than ten minutes":  {`{"endpoint":"/x","delay_ms":600001}`, "delay_ms is 600000 at most"},
		"an endpoint as long as a body":     {`{"endpoint":"/` + strings.Repeat("x", 50000) + `"}`, "at most 1024 are taken"},
		"a name as long as a body is short": {`{"name":"` + strings.Repeat("x", 50000) + `"}`, "…"},
	} {
		if got := control(tc.body); !strings.Contains(got, tc.says) || len(got) > 1000 {
			t.Errorf("rule: the control API takes what it can keep, %s: %q; got %.300s", rule, tc.says, got)
		}
	}
	for i := range maxFaults {
		body := `{"name":"40163"}`
		if i%2 == 0 {
			body = `{"endpoint":"/x` + strings.Repeat("x", i) + `","body":"x","times":0}`
		}
		if got := control(body); strings.Contains(got, "error") {
			t.Fatalf("rule: %d faults can wait; number %d got %s", maxFaults, i, got)
		}
	}
	for _, body := range []string{`{"name":"40163"}`, `{"name":"callback_twice"}`, `{"endpoint":"/y"}`} {
		if got := control(body); !strings.Contains(got, "256 faults wait already") {
			t.Errorf("rule: more faults than that are refused with what to do; got %s", got)
		}
	}
	if err := g.Next(CodeUsed); err == nil {
		t.Error("rule: Next tells of a fault that is too many")
	}
	if page := g.presses("do=fault&name=40163"); !strings.Contains(page, "256 faults wait already") {
		t.Errorf("rule: the page tells of a fault that is too many; got\n%.800s", page)
	}
	g.ClearAll()
	if got := control(`{"name":"40163"}`); strings.Contains(got, "error") {
		t.Errorf("rule: after taking them back there is room again; got %s", got)
	}
	before := len(g.calls)
	g.get("/" + strings.Repeat("x", maxCounted))
	if len(g.calls) != before {
		t.Error("rule: a path of any length is not kept among the counts")
	}
}
