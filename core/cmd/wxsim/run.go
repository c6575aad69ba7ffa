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

type options struct {
	addr, appID, appSecret, domain, refusal string
	name, pushURL, pushToken, aesKey        string
	anyBrowser, anyOrder, insecure          bool
}

// run is the command without the process: it returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	opt, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		return 2 // the flag package has said why
	}
	if err := serve(ctx, opt, stdout, stderr); err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	return 0
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	f := flag.NewFlagSet("wxsim", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&o.addr, "addr", "127.0.0.1:8089", "where to listen, `host:port`")
	f.StringVar(&o.appID, "app-id", "wx0123456789abcdef", "the account's AppID")
	f.StringVar(&o.appSecret, "app-secret", "0123456789abcdef0123456789abcdef", "the account's AppSecret, a made-up one")
	f.StringVar(&o.domain, "domain", "localhost", "registered web authorisation domain, a `host` without port")
	f.StringVar(&o.name, "name", "", "what the pages call the account; the domain unless set")
	f.StringVar(&o.pushURL, "push-url", "", "where messages and events are pushed, an http(s) `address`; nowhere unless set")
	f.StringVar(&o.pushToken, "push-token", "", "the Token that signs pushes, 3 to 32 letters and digits")
	f.StringVar(&o.aesKey, "encoding-aes-key", "", "the EncodingAESKey, 43 letters and digits; plain mode unless set")
	f.BoolVar(&o.anyBrowser, "any-browser", true, "take every browser for WeChat's")
	f.BoolVar(&o.anyOrder, "any-order", false, "take the link's parameters in any order")
	f.StringVar(&o.refusal, "refusal", "none", "what a refusal sends back: none, state or authdeny")
	f.BoolVar(&o.insecure, "insecure-listen", false, "allow -addr beyond the loopback interface")
	return o, f.Parse(args)
}

func serve(ctx context.Context, o options, stdout, stderr io.Writer) error {
	refusal, ok := map[string]wxsim.Refusal{
		"none": wxsim.RefuseSilently, "state": wxsim.RefuseStateOnly, "authdeny": wxsim.RefuseAuthdeny,
	}[o.refusal]
	if !ok {
		return fmt.Errorf("wxsim: -refusal %q is none of none, state, authdeny", o.refusal)
	}
	sim, err := wxsim.New(wxsim.Config{
		Accounts: []wxsim.Account{{AppID: o.appID, Secret: o.appSecret, Domain: o.domain, Name: o.name,
			PushURL: o.pushURL, PushToken: o.pushToken, EncodingAESKey: o.aesKey}},
		AnyBrowser: o.anyBrowser, AnyOrder: o.anyOrder, Refusal: refusal,
		Logger: slog.New(slog.NewTextHandler(stderr, nil)),
	})
	if err != nil {
		return err
	}
	// Resolved once, so that what is checked is what is listened on.
	addr, err := net.ResolveTCPAddr("tcp", o.addr)
	if err != nil {
		return fmt.Errorf("wxsim: -addr: %w", err)
	}
	if !addr.IP.IsLoopback() && !o.insecure {
		return fmt.Errorf("wxsim: -addr %s is reachable from other machines, where anybody could log in as anybody; -insecure-listen allows it", o.addr)
	}
	listener, err := net.ListenTCP("tcp", addr)
	if err != nil {
		return fmt.Errorf("wxsim: %w", err)
	}
	hello(stdout, o, listener.Addr().(*net.TCPAddr))
	return serveUntil(ctx, listener, sim)
}

func serveUntil(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       time.Minute,
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return fmt.Errorf("wxsim: %w", err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	if server.Shutdown(grace) != nil {
		server.Close()
	}
	<-ended
	return nil
}

// hello prints the address and what to paste into the application's shell.
func hello(w io.Writer, o options, at *net.TCPAddr) {
	if at.IP.IsUnspecified() {
		at = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: at.Port}
	}
	base := "http://" + at.String()
	fmt.Fprintf(w, "WeChat login simulator (模拟器, not WeChat): %s/\n", base)
	fmt.Fprintf(w, "redirect_uri must be on %s, any port. Environment of the application:\n\n", o.domain)
	line := func(name, value string) { fmt.Fprintf(w, "export %s=%s\n", name, value) }
	line("WECHAT_APP_ID", o.appID)
	line("WECHAT_APP_SECRET", o.appSecret)
	line("WECHAT_OPEN_URL", base)
	line("WECHAT_API_URL", base)
	if o.anyBrowser {
		line("WECHAT_ANY_BROWSER", "1")
	}
	if o.pushToken != "" {
		line("WECHAT_PUSH_TOKEN", o.pushToken)
	}
	if o.aesKey != "" {
		line("WECHAT_ENCODING_AES_KEY", o.aesKey)
	}
	// In quotes, as a shell takes a bare & for the end of the command.
	line("WECHAT_FOLLOW_QRCODE", "'"+base+wxsim.ProfilePath(o.appID)+"'")
	fmt.Fprintln(w)
}
