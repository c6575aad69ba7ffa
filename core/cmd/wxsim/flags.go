package main

import (
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/seed467724c4/wechat/core/wxsim"
)

// options are the flags.
type options struct {
	addr, appID, appSecret, domain, refusal string
	name, pushURL, pushToken, aesKey        string
	appURL, hosts                           string
	config, caFile, tlsAddr                 string
	anyBrowser, anyOrder, strictPort        bool
	insecure, lan, jsonType                 bool
	seed                                    uint64
	given                                   map[string]bool // names of the flags on the command line
}

// accountFlags describe the first account and cannot be used with -config.
// The values are the fields of wxsim.Account that they set.
func accountFlags() map[string]string {
	return map[string]string{"app-id": "AppID", "app-secret": "Secret", "domain": "Domain", "name": "Name",
		"app-url": "AppURL", "push-url": "PushURL", "push-token": "PushToken", "encoding-aes-key": "EncodingAESKey"}
}

func parse(args []string, stderr io.Writer) (options, error) {
	o := options{given: map[string]bool{}}
	f := flag.NewFlagSet("wxsim", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.Usage = func() { printHelp(stderr, f) }
	o.define(f)
	if err := f.Parse(args); err != nil {
		return options{}, err
	}
	f.Visit(func(given *flag.Flag) { o.given[given.Name] = true })
	if f.NArg() > 0 {
		err := fmt.Errorf("wxsim: unexpected argument %q", f.Arg(0))
		fmt.Fprintln(stderr, err)
		return options{}, err
	}
	return o, nil
}

// define adds the flags to f.
func (o *options) define(f *flag.FlagSet) {
	f.StringVar(&o.addr, "addr", "127.0.0.1:8089", "where to listen, `host:port`")
	f.StringVar(&o.appID, "app-id", "wx0123456789abcdef", "the first account's AppID")
	f.StringVar(&o.appSecret, "app-secret", "0123456789abcdef0123456789abcdef", "the first account's AppSecret, a made-up one")
	f.StringVar(&o.domain, "domain", "localhost", "registered domain of the accounts, a `host` without port")
	f.StringVar(&o.name, "name", "", "what the pages call the first account; the domain unless set")
	f.StringVar(&o.appURL, "app-url", "", "where the application is, an http(s) `address`, for the page's links and QR code; where it was seen last unless set")
	f.StringVar(&o.hosts, "host", "", "further host `names` under which the page may be opened, with commas between them")
	f.StringVar(&o.pushURL, "push-url", "", "where the first account's messages are pushed, an http(s) `address`; nowhere unless set")
	f.StringVar(&o.pushToken, "push-token", "", "the Token that signs pushes, 3 to 32 letters and digits")
	f.StringVar(&o.aesKey, "encoding-aes-key", "", "the EncodingAESKey, 43 letters and digits; plain mode unless set")
	f.StringVar(&o.config, "config", "", "a JSON `file` with accounts and people, instead of the flags of the first account")
	f.BoolVar(&o.anyBrowser, "any-browser", true, "take every browser for WeChat's")
	f.BoolVar(&o.anyOrder, "any-order", false, "take the link's parameters in any order from the desktop client, too")
	f.BoolVar(&o.strictPort, "strict-port", false, "refuse a port in redirect_uri, as WeChat does in production")
	f.BoolVar(&o.jsonType, "json", false, "answer /cgi-bin as application/json instead of text/plain")
	f.StringVar(&o.refusal, "refusal", "none", "what a refusal sends back: none, state or authdeny")
	f.Uint64Var(&o.seed, "seed", 0, "a number that makes codes and tokens repeat from one start to the next; an application must forget the codes of the last start")
	f.BoolVar(&o.lan, "lan", false, "listen on every interface, for a phone in the same network; anybody there can log in as anybody")
	f.StringVar(&o.caFile, "tls", "", "serve https and an HTTPS proxy for WeChat's hosts, and write the certificate to trust to this `file`")
	f.StringVar(&o.tlsAddr, "tls-addr", "127.0.0.1:8443", "where to listen for https with -tls, `host:port`")
	f.BoolVar(&o.insecure, "insecure-listen", false, "allow -addr and -tls-addr beyond the loopback interface")
}

// simConfig is what the flags and the -config file ask for.
func (o options) simConfig() (wxsim.Config, error) {
	refusal, ok := map[string]wxsim.Refusal{
		"none": wxsim.RefuseSilently, "state": wxsim.RefuseStateOnly, "authdeny": wxsim.RefuseAuthdeny,
	}[o.refusal]
	if !ok {
		return wxsim.Config{}, fmt.Errorf("wxsim: -refusal %q is none of none, state, authdeny", o.refusal)
	}
	cfg := wxsim.Config{Hosts: strings.FieldsFunc(o.hosts, func(r rune) bool { return r == ',' || r == ' ' }), AnyBrowser: o.anyBrowser, AnyOrder: o.anyOrder, StrictPort: o.strictPort, JSONContentType: o.jsonType, Refusal: refusal, Seed: o.seed}
	if o.config == "" {
		cfg.Accounts = o.accounts()
		return cfg, nil
	}
	for _, name := range slices.Sorted(mapKeys(accountFlags())) {
		if o.given[name] {
			return wxsim.Config{}, fmt.Errorf("wxsim: -%s and -config exclude each other: the file describes the accounts", name)
		}
	}
	return cfg, readConfig(o.config, &cfg)
}

// accounts are those of a run without -config.
func (o options) accounts() []wxsim.Account {
	return []wxsim.Account{
		{AppID: o.appID, Secret: o.appSecret, Domain: o.domain, Name: o.name, AppURL: o.appURL,
			PushURL: o.pushURL, PushToken: o.pushToken, EncodingAESKey: o.aesKey},
		{AppID: "wxabcdef0123456789", Secret: "abcdef0123456789abcdef0123456789", Domain: o.domain, Name: "第二个公众号", EnglishName: "Second account"},
		{AppID: "wxfedcba9876543210", Secret: "fedcba9876543210fedcba9876543210", Domain: o.domain, Name: "网站应用", EnglishName: "Website application", Website: true},
	}
}

// named turns the field names of an error of package wxsim into what the user
// has typed: flags, or names of the -config file.
func (o options) named(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	if o.config == "" {
		for flagName, field := range accountFlags() {
			text = strings.ReplaceAll(text, "Accounts[0]."+field+" ", "-"+flagName+" ")
			text = strings.ReplaceAll(text, "Accounts[1]."+field+" ", "-"+flagName+" ") // they share -domain
			text = strings.ReplaceAll(text, "Accounts[2]."+field+" ", "-"+flagName+" ")
		}
		return fmt.Errorf("%s", once(text))
	}
	for field, name := range configNames() {
		text = strings.ReplaceAll(text, "."+field+" ", "."+name+" ")
		text = strings.ReplaceAll(text, "."+field+":", "."+name+":")
		text = strings.ReplaceAll(text, "."+field+"[", "."+name+"[")
	}
	text = strings.NewReplacer("Accounts", "accounts", "People", "people", "Platforms", "platforms").Replace(text)
	return fmt.Errorf("%s (in %s)", text, o.config)
}

// once leaves out complaints that are there already.
func once(text string) string {
	var out []string
	for _, part := range strings.Split(strings.TrimPrefix(text, "wxsim: "), "; ") {
		if !slices.Contains(out, part) {
			out = append(out, part)
		}
	}
	return "wxsim: " + strings.Join(out, "; ")
}
