package main

import (
	"fmt"
	"io"
	"net"

	"github.com/seed467724c4/wechat/core/wxsim"
)

// hello is what the program prints at its start: where it is, whom it knows, and
// what to paste into the application.
type hello struct {
	cfg    wxsim.Config
	at     *net.TCPAddr
	lan    []string
	domain string
	tlsAt  *net.TCPAddr // nil without -tls
	caFile string
}

// local is an address as a client on this machine writes it.
func local(at *net.TCPAddr) string {
	if at.IP.IsUnspecified() {
		at = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: at.Port}
	}
	return at.String()
}

func (h hello) print(w io.Writer) {
	base := "http://" + local(h.at)
	first := h.cfg.Accounts[0]
	fmt.Fprintf(w, "WeChat simulator (模拟器, not WeChat): %s/\n", base)
	fmt.Fprintf(w, "Control it from tests: %s/_sim/openapi.json\n", base)
	for _, address := range h.lan {
		fmt.Fprintf(w, "For a phone in this network: http://%s:%d/ (anybody there can log in as anybody)\n", address, h.at.Port)
	}
	for _, a := range h.cfg.Accounts {
		kind := "account"
		if a.Website {
			kind = "website application, for scan login"
		}
		fmt.Fprintf(w, "%s %s, domain %s (%s)\n", a.AppID, a.Secret, a.Domain, kind)
	}
	fmt.Fprintf(w, "Open your application as http://%s:PORT/: redirect_uri must be on %s, any port.\nIts environment, for the first account:\n\n", h.domain, h.domain)
	line := func(name, value string) { fmt.Fprintf(w, "export %s=%s\n", name, value) }
	line("WECHAT_APP_ID", first.AppID)
	line("WECHAT_APP_SECRET", first.Secret)
	line("WECHAT_OPEN_URL", base)
	line("WECHAT_API_URL", base)
	if h.cfg.AnyBrowser {
		line("WECHAT_ANY_BROWSER", "1")
	}
	if first.PushToken != "" {
		line("WECHAT_PUSH_TOKEN", first.PushToken)
	}
	if first.EncodingAESKey != "" {
		line("WECHAT_ENCODING_AES_KEY", first.EncodingAESKey)
	}
	// In quotes, as a shell takes a bare & for the end of the command.
	line("WECHAT_FOLLOW_QRCODE", "'"+base+wxsim.ProfilePath(first.AppID)+"'")
	for _, a := range h.cfg.Accounts {
		if a.Website { // desktop browsers then log in by scan
			fmt.Fprintln(w, "# for scan login at a desktop:")
			fmt.Fprintf(w, "# export WECHAT_WEBSITE_APP_ID=%s WECHAT_WEBSITE_APP_SECRET=%s\n", a.AppID, a.Secret)
			break
		}
	}
	fmt.Fprintln(w)
	printLanguages(w)
	if h.tlsAt != nil {
		h.printProxy(w)
	}
	fmt.Fprintf(w, "Your page of WeChat: %s/ (Ctrl+C ends it, -h explains the flags)\n", base)
}

// printLanguages prints a login in other languages: the address that a visitor is
// sent to, and the call that turns the code into the openid. They read the
// environment above, so they can be pasted as they are.
func printLanguages(w io.Writer) {
	fmt.Fprint(w, `Go programs with the middleware of this module read the environment by themselves.
Other programs send the visitor to LOGIN(back, state): back is the address of their
own page, and state a random text that the visitor's session keeps. They compare the
state that comes back with it, call EXCHANGE with the code, and PROFILE with its answer
for nickname and avatar:

`)
	for _, s := range wxsim.Snippets() {
		fmt.Fprintf(w, "# %s\n%s\n\n", s.Language, s.Code)
	}
	fmt.Fprint(w, `A library with WeChat's hosts built in needs no change at all: start with -tls wxsim.pem.

`)
}

// printProxy prints how clients that know WeChat's hosts only are sent here.
func (h hello) printProxy(w io.Writer) {
	proxy, ca := local(h.at), shellQuoted(h.caFile)
	host, port, _ := net.SplitHostPort(proxy)
	fmt.Fprintf(w, "https://%s/ is the simulator, too. For clients with WeChat's own addresses:\n\n", local(h.tlsAt))
	for _, line := range [][2]string{
		{"Go (on macOS, trust the certificate in the keychain instead)", fmt.Sprintf("HTTPS_PROXY=http://%s SSL_CERT_FILE=%s go run .", proxy, ca)},
		{"Node 24 or newer", fmt.Sprintf("NODE_USE_ENV_PROXY=1 HTTPS_PROXY=http://%s NODE_EXTRA_CA_CERTS=%s node app.js", proxy, ca)},
		{"Python (requests, httpx, urllib)", fmt.Sprintf("HTTPS_PROXY=http://%s REQUESTS_CA_BUNDLE=%s SSL_CERT_FILE=%s python app.py", proxy, ca, ca)},
		{"PHP (curl, Guzzle)", fmt.Sprintf("HTTPS_PROXY=http://%s php -d curl.cainfo=%s -d openssl.cafile=%s app.php", proxy, ca, ca)},
		{"Java", fmt.Sprintf("keytool -importcert -noprompt -alias wxsim -file %s -keystore wxsim.p12 -storepass changeit &&\n  java -Dhttps.proxyHost=%s -Dhttps.proxyPort=%s -Djavax.net.ssl.trustStore=wxsim.p12 -Djavax.net.ssl.trustStorePassword=changeit -jar app.jar", ca, host, port)},
		{"A browser, in a profile of its own", fmt.Sprintf("chromium --user-data-dir=\"$(mktemp -d)\" --proxy-pac-url=http://%s%s --ignore-certificate-errors", proxy, pacPath)},
	} {
		fmt.Fprintf(w, "# %s\n%s\n", line[0], line[1])
	}
	fmt.Fprintln(w)
}

// shellQuoted puts a file name into quotes that a shell takes off again.
func shellQuoted(name string) string {
	out := "'"
	for _, r := range name {
		if r == '\'' {
			out += `'\''`
		} else {
			out += string(r)
		}
	}
	return out + "'"
}
