package main

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// fullCheck is how long /healthz?full=1 may take.
const fullCheck = 5 * time.Second

// health is the answer to /healthz. Without full it says only whether the node takes
// requests: it asks no store, because a node that is restarted or taken out for a
// Redis that is away helps nobody. With full it asks everything the node depends on,
// for a person or an alarm. nginx answers 404 to both from outside.
func (n *node) health(ctx context.Context, full bool) (status int, body []byte) {
	if n.stopping.Load() {
		return http.StatusServiceUnavailable, []byte(`{"status":"stopping"}` + "\n")
	}
	report := struct {
		Status   string            `json:"status"`
		Problems map[string]string `json:"problems,omitempty"`
	}{Status: "ok"}
	if full {
		ctx, cancel := context.WithTimeout(ctx, fullCheck)
		defer cancel()
		if report.Problems = n.problems(ctx); len(report.Problems) > 0 {
			report.Status = "failing"
			status = http.StatusServiceUnavailable
		}
	}
	body, _ = json.Marshal(report) // strings only: never fails
	if status == 0 {
		status = http.StatusOK
	}
	return status, append(body, '\n')
}

// problems are what does not work, by part.
func (n *node) problems(ctx context.Context) map[string]string {
	found := map[string]string{}
	if n.redis != nil {
		if err := n.redis.Ping(ctx).Err(); err != nil {
			found["redis"] = err.Error()
		}
	}
	if err := n.members.db.PingContext(ctx); err != nil {
		found["database"] = err.Error()
	}
	return found
}
