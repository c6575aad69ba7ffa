package main

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	metrics "go.opentelemetry.io/otel/metric/noop"
	traces "go.opentelemetry.io/otel/trace/noop"
)

const install = "not installed: apt-get install prometheus"

func quietSite(t *testing.T) *site {
	t.Helper()
	s, err := newSite(metrics.NewMeterProvider(), traces.NewTracerProvider(), slog.New(slog.DiscardHandler), true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.auth.Close() })
	return s
}

// visits are a hundred visits, with all kinds among them.
func (s *site) visits(t *testing.T, n int) {
	t.Helper()
	for i := range n {
		if err := s.visit(i); err != nil {
			t.Fatal(err)
		}
	}
}

// runPrometheus runs a real one that reads the site, and returns its address.
func runPrometheus(t *testing.T, target string) string {
	t.Helper()
	program, err := exec.LookPath("prometheus")
	if err != nil {
		t.Fatal(install)
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	free.Close()
	folder := t.TempDir()
	rules, err := filepath.Abs("alerts.yml")
	if err != nil {
		t.Fatal(err)
	}
	config, err := os.ReadFile("prometheus.yml")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer("localhost:9464", target, "5s", "1s", "alerts.yml", rules).Replace(string(config))
	file := filepath.Join(folder, "prometheus.yml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	run := exec.Command(program, "--config.file="+file, "--storage.tsdb.path="+filepath.Join(folder, "data"), "--web.listen-address="+address)
	var said bytes.Buffer // its log, for when the test fails
	run.Stderr = &said
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		run.Process.Kill()
		run.Wait()
		if t.Failed() {
			t.Log(said.String())
		}
	})
	return "http://" + address
}

// asks returns the one number that a query comes to; ok is false while there is none.
func asks(server, query string) (n float64, ok bool) {
	answer, err := http.Get(server + "/api/v1/query?query=" + url.QueryEscape(query))
	if err != nil {
		return 0, false
	}
	defer answer.Body.Close()
	var body struct {
		Data struct {
			Result []struct{ Value [2]any }
		}
	}
	if json.NewDecoder(answer.Body).Decode(&body) != nil || len(body.Data.Result) != 1 {
		return 0, false
	}
	text, _ := body.Data.Result[0].Value[1].(string)
	n, err = strconv.ParseFloat(text, 64)
	return n, err == nil
}

func TestARealPrometheusReadsTheSite(t *testing.T) {
	s := quietSite(t)
	s.visits(t, 200)
	server := httptest.NewServer(s.metrics)
	t.Cleanup(server.Close)
	reader := runPrometheus(t, strings.TrimPrefix(server.URL, "http://"))
	// Of a hundred visits 98 start a login and 91 log in. Four ask for the page once more
	// after they did not: two refused, one met an error, and WeChat did not know one code.
	want := map[string]float64{
		`sum(wechat_login_starts_total)`:                                                  204,
		`sum(wechat_challenges_total{kind="redirect"})`:                                   206, // with the restarts
		`sum(wechat_challenges_total{kind="outside"})`:                                    4,
		`sum(wechat_logins_total{result="refused"})`:                                      4,
		`sum(wechat_logins_total{result="unavailable"})`:                                  2,
		`sum(wechat_login_failures_total{stage="exchange",errcode="45011"})`:              2,
		`sum(wechat_login_restarts_total{reason="code_used"})`:                            2,
		`sum(wechat_api_requests_total{errcode="0",endpoint="/sns/oauth2/access_token"})`: 182,
		`sum(wechat_logins_total{result="done"})`:                                         182,
		`sum(wechat_login_duration_seconds_count)`:                                        182,
	}
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for query, n := range want {
		got, ok := asks(reader, query)
		for ; !ok; got, ok = asks(reader, query) { // until it has read the site once
			<-tick.C
		}
		if got != n {
			t.Errorf("rule: Prometheus has what happened: %s is %v, not %v", query, got, n)
		}
	}
	answer, err := http.Get(reader + "/api/v1/rules")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	rules, _ := io.ReadAll(answer.Body)
	if n := strings.Count(string(rules), `"type":"alerting"`); n != 6 {
		t.Errorf("rule: Prometheus has all alert rules: %d", n)
	}
}

func TestTheAlertRulesFireWhereTheyShould(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Fatal(install)
	}
	for _, arguments := range [][]string{{"check", "rules", "alerts.yml"}, {"check", "config", "prometheus.yml"}, {"test", "rules", "alerts.test.yml"}} {
		if out, err := exec.Command(promtool, arguments...).CombinedOutput(); err != nil {
			t.Errorf("rule: promtool accepts %v:\n%s", arguments, out)
		}
	}
}

// exposed are the metrics that the site shows.
func exposed(t *testing.T, s *site) string {
	t.Helper()
	w := httptest.NewRecorder()
	s.metrics.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	return w.Body.String()
}

var metricName = regexp.MustCompile(`wechat_[a-z_]+`)

func TestDashboardAndAlertsAskForMetricsThatAreThere(t *testing.T) {
	s := quietSite(t)
	s.visits(t, 100)
	text := exposed(t, s)
	for _, file := range []string{"grafana/dashboard.json", "alerts.yml"} {
		asked, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(file, ".json") && !json.Valid(asked) {
			t.Errorf("rule: %s is JSON", file)
		}
		names := metricName.FindAllString(string(asked), -1)
		for _, name := range names {
			// A site without messages has no series of them, and no test sends any here.
			if !strings.Contains(text, "\n"+name) && name != "wechat_pushes_total" {
				t.Errorf("rule: %s asks for a metric that the observer has: %s", file, name)
			}
		}
		if len(names) < 8 {
			t.Errorf("%s asks for %d metrics only", file, len(names))
		}
	}
}

func TestNoLabelNamesAPersonOrHoldsASecret(t *testing.T) {
	s := quietSite(t)
	seen := s.watched()
	s.visits(t, 100)
	text := exposed(t, s)
	for what, canary := range seen.all(t) {
		if strings.Contains(text, canary) {
			t.Errorf("rule: no metric holds %s", what)
		}
	}
	series := strings.Count(text, "\n") - 2*strings.Count(text, "# TYPE")
	if series > 250 {
		t.Errorf("rule: labels are few: %d lines", series)
	}
}
