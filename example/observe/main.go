// Command observe runs a site under load and shows its metrics, for a look at the
// dashboard and the alert rules beside it. See README.md.
package main

import (
	"cmp"
	"context"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"time"

	metrics "go.opentelemetry.io/otel/metric/noop"
	traces "go.opentelemetry.io/otel/trace/noop"
)

// each is the pause between two visits.
const each = 20 * time.Millisecond

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	s, err := newSite(metrics.NewMeterProvider(), traces.NewTracerProvider(), slog.New(slog.NewTextHandler(os.Stderr, nil)), true)
	if err != nil {
		log.Fatal(err)
	}
	defer s.auth.Close()
	listener, err := net.Listen("tcp", cmp.Or(os.Getenv("ADDR"), "localhost:9464"))
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{Handler: s.metrics}
	go server.Serve(listener)
	defer server.Close()
	fmt.Printf("metrics on http://%s/metrics, one visit every %v; Ctrl-C ends it\n", listener.Addr(), each)
	tick := time.NewTicker(each)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := s.visit(n); err != nil {
				log.Print(err)
			}
		}
	}
}
