package main

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/seed467724c4/wechat/core"
)

// health is the answer to /healthz. Without full it says only whether the node takes
// requests: it asks no store, because a node that is restarted or taken out for a
// Redis that is away helps nobody. With full it asks everything the node depends on,
// for a person or an alarm. nginx answers 404 to both from outside.
func (n *node) health(ctx context.Context, full bool) (status int, body []byte) {
	if n.stopping.Load() {
		return http.StatusServiceUnavailable, []byte(`{"status":"stopping"}` + "\n")
	}
	report := struct {
		Status   string         `json:"status"`
		Findings []core.Finding `json:"findings,omitempty"`
		Database string         `json:"database,omitempty"`
	}{Status: "ok"}
	status = http.StatusOK
	if full {
		report.Findings = n.auth.Check(ctx)
		if err := n.members.db.PingContext(ctx); err != nil {
			report.Database = err.Error()
		}
		if report.Database != "" || slices.ContainsFunc(report.Findings, func(f core.Finding) bool { return f.Severity == core.Failing }) {
			report.Status, status = "failing", http.StatusServiceUnavailable
		}
	}
	body, _ = json.Marshal(report) // texts only: never fails
	return status, append(body, '\n')
}
