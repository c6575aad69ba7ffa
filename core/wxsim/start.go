package wxsim

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// stopGrace is how long calls under way may take once stop is called.
const stopGrace = time.Second

// Start returns a simulator that listens on cfg.Addr, by default any free port
// of 127.0.0.1, and the base URL to point a client at. Addresses beyond the
// loopback interface are refused. stop closes the listener and every
// connection, returns when the server's goroutine has ended, and may be called
// more than once.
func Start(cfg Config) (sim *Sim, baseURL string, stop func(), err error) {
	sim, err = New(cfg)
	if err != nil {
		return nil, "", nil, err
	}
	addr := cfg.Addr
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	// Resolved once, so that the address that is checked is the one listened on.
	tcp, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		return nil, "", nil, fmt.Errorf("wxsim: Addr: %w", err)
	}
	if !tcp.IP.IsLoopback() {
		return nil, "", nil, fmt.Errorf("wxsim: Addr %q is not a loopback address", addr)
	}
	listener, err := net.ListenTCP("tcp", tcp)
	if err != nil {
		return nil, "", nil, fmt.Errorf("wxsim: %w", err)
	}
	server := &http.Server{
		Handler:           sim,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       time.Minute,
	}
	lifetime, end := context.WithCancel(context.Background())
	var tickets sync.WaitGroup
	for _, p := range cfg.Platforms {
		tickets.Go(func() { sim.PushTickets(lifetime, p.AppID, p.TicketEvery) })
	}
	server.RegisterOnShutdown(sim.Close)
	done := make(chan struct{})
	go func() {
		defer close(done)
		server.Serve(listener) // always an error; after stop the expected one
	}()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			ctx, cancel := context.WithTimeout(context.Background(), stopGrace)
			defer cancel()
			end()
			if server.Shutdown(ctx) != nil {
				server.Close() // somebody waits in a Fault
			}
		})
		<-done
		tickets.Wait()
	}
	return sim, "http://" + listener.Addr().String(), stop, nil
}
