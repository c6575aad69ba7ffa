package main

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestHealth(t *testing.T) {
	w := newWorld(t, options{})
	ask := func(n *process, query string) (int, string) {
		t.Helper()
		answer, err := http.Get("http://" + n.address + "/healthz" + query)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, string(body)
	}
	for _, n := range w.nodes {
		if status, body := ask(n, "?full=1"); status != http.StatusOK || !strings.Contains(body, `"status":"ok"`) {
			t.Errorf("rule: %s finds nothing wrong; %d %s", n.framework, status, body)
		}
	}
	w.redis.kill()
	for _, n := range w.nodes {
		if status, _ := ask(n, ""); status != http.StatusOK {
			t.Errorf("rule: %s takes requests without Redis, too; %d", n.framework, status)
		}
		if status, body := ask(n, "?full=1"); status != http.StatusServiceUnavailable || !strings.Contains(body, "session_store") {
			t.Errorf("rule: %s says in full that Redis is away; %d %s", n.framework, status, body)
		}
	}
	v := w.visitors(t, 1)[0]
	if p, err := v.open("/healthz?full=1"); err != nil || p.status != http.StatusNotFound {
		t.Errorf("rule: nginx shows it to nobody outside; %d %v", p.status, err)
	}
}
