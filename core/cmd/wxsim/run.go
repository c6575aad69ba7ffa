package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/seed467724c4/wechat/core/wxsim"
)

// run is the command without the process: it returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	opt, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		return 2 // parse has said why
	}
	if err := serve(ctx, opt, stdout, stderr); err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	return 0
}

// serve starts what the flags ask for and serves until ctx ends.
func serve(ctx context.Context, o options, stdout, stderr io.Writer) error {
	cfg, err := o.simConfig()
	if err != nil {
		return err
	}
	var lan []string
	if o.lan {
		addresses, err := net.InterfaceAddrs()
		if err != nil {
			return fmt.Errorf("wxsim: -lan: %w", err)
		}
		if lan = privateAddresses(addresses); lan == nil {
			return errors.New("wxsim: -lan: this machine has no private IPv4 address")
		}
		for i := range cfg.Accounts { // a phone reaches the application by this address
			cfg.Accounts[i].MoreDomains = append(cfg.Accounts[i].MoreDomains, lan...)
		}
	}
	if o.lan || o.insecure {
		if err := o.refuseRealSecrets(cfg); err != nil {
			return err
		}
	}
	cfg.ShowSecrets = madeUp(cfg.Accounts)
	cfg.Logger = slog.New(slog.NewTextHandler(stderr, nil))
	sim, err := wxsim.New(cfg)
	if err != nil {
		return o.named(err)
	}
	listener, err := o.listen("-addr", o.addr)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for _, p := range cfg.Platforms {
		go sim.PushTickets(ctx, p.AppID, p.TicketEvery)
	}
	h := hello{cfg: cfg, at: listener.Addr().(*net.TCPAddr), lan: lan, domain: cfg.Accounts[0].Domain}
	if o.caFile == "" {
		h.print(stdout)
		return serveUntil(ctx, sim, sim.Close, listener)
	}
	secure, err := o.listen("-tls-addr", o.tlsAddr)
	if err != nil {
		listener.Close()
		return err
	}
	authority, err := newAuthority(lan)
	if err == nil {
		err = authority.write(o.caFile)
	}
	if err != nil {
		listener.Close()
		secure.Close()
		return err
	}
	h.tlsAt, h.caFile = secure.Addr().(*net.TCPAddr), o.caFile
	h.print(stdout)
	front := newProxy(sim, secure, authority.config, h.at)
	return serveUntil(ctx, front, sim.Close, listener, front.listener())
}

// listen resolves an address once, so that what is checked is what is listened
// on, and refuses addresses beyond the loopback interface unless they are
// allowed.
func (o options) listen(flagName, address string) (net.Listener, error) {
	addr, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("wxsim: %s: %w", flagName, err)
	}
	if o.lan {
		addr.IP = net.IPv4zero
	} else if !addr.IP.IsLoopback() && !o.insecure {
		return nil, fmt.Errorf("wxsim: %s %s is reachable from other machines, where anybody could log in as anybody; -lan or -insecure-listen allows it", flagName, address)
	}
	listener, err := net.ListenTCP("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("wxsim: %s: %w", flagName, err)
	}
	return listener, nil
}

// privateAddresses are the IPv4 addresses at which a phone in the same network
// reaches this machine.
func privateAddresses(all []net.Addr) []string {
	var out []string
	for _, address := range all {
		if network, ok := address.(*net.IPNet); ok && network.IP.To4() != nil && network.IP.IsPrivate() {
			out = append(out, network.IP.String())
		}
	}
	return out
}

// serveUntil serves the same handler on every listener until ctx ends or one of
// them dies. onShutdown ends what the handler holds open. A poll or a fault may hold an answer for half a minute, so answers
// have two.
func serveUntil(ctx context.Context, handler http.Handler, onShutdown func(), listeners ...net.Listener) error {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      2 * time.Minute,
		IdleTimeout:       time.Minute,
		ErrorLog:          slog.NewLogLogger(slog.DiscardHandler, slog.LevelError), // clients that do not trust the certificate
	}
	server.RegisterOnShutdown(onShutdown)
	ended := make(chan error, len(listeners))
	for _, listener := range listeners {
		go func() { ended <- server.Serve(listener) }()
	}
	var failed error
	waiting := len(listeners)
	select {
	case failed = <-ended:
		waiting--
		failed = fmt.Errorf("wxsim: %w", failed)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	if server.Shutdown(grace) != nil {
		server.Close()
	}
	for range waiting {
		<-ended
	}
	return failed
}
