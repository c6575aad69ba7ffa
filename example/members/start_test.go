package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// environment empties what would decide for the test.
func environment(t *testing.T, set ...string) {
	for _, name := range []string{"APP_ID", "APP_SECRET", "PUBLIC_URL", "OPEN_URL", "API_URL", "ANY_BROWSER",
		"ACCOUNT_NAME", "FOLLOW_QRCODE", "PUSH_TOKEN", "ENCODING_AES_KEY", "WEBSITE_APP_ID", "WEBSITE_APP_SECRET"} {
		t.Setenv("WECHAT_"+name, "")
	}
	t.Setenv("DB", "")
	t.Setenv("ADDR", "localhost:0")
	for i := 0; i < len(set); i += 2 {
		t.Setenv(set[i], set[i+1])
	}
}

// begin runs the site as main does, until the test ends or stop is called, and returns
// what it printed.
func begin(t *testing.T) (greeting string, log *journal, stop func()) {
	t.Helper()
	log = newJournal()
	out, stdout := io.Pipe()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, stdout, log)
		stdout.Close()
		ended <- err
	}()
	stop = func() {
		cancel()
		err := <-ended
		if ended <- nil; err != nil {
			t.Errorf("rule: it ends cleanly; got %v", err)
		}
	}
	t.Cleanup(stop)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		greeting += lines.Text() + "\n"
		if strings.HasPrefix(lines.Text(), "Ctrl+C") { // the last one
			go io.Copy(io.Discard, out)
			return greeting, log, stop
		}
	}
	t.Fatalf("it did not start:\n%s", log)
	return "", nil, nil
}

// after is the rest of the line that begins with a label.
func after(t *testing.T, text, label string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, label)
	if !ok {
		t.Fatalf("no %q in\n%s", label, text)
	}
	line, _, _ := strings.Cut(rest, "\n")
	value, _, _ := strings.Cut(strings.TrimSpace(line), " ")
	return value
}

func TestRunWalksThroughIt(t *testing.T) {
	environment(t)
	greeting, log, stop := begin(t)
	if log.count("method=GET path=/wechat/push status=200") != 1 {
		t.Errorf("rule: the address for messages is verified before the greeting; got\n%s", log)
	}
	w := &world{site: strings.TrimSuffix(after(t, greeting, "Site:"), "/"), wechat: strings.TrimSuffix(after(t, greeting, "Simulator:"), "/")}
	v := w.visitor(t)
	v.get(t, "/").is(t, "the front page is open to everybody", http.StatusOK, "home", `id="to-account"`)
	v.get(t, "/members").is(t, "who does not follow is asked to", http.StatusForbidden, "follow", "小镇读书会")

	account := v.send(t, http.MethodGet, after(t, greeting, "Account:"), nil, nil)
	found := uuid.FindStringSubmatch(account.body)
	if found == nil {
		t.Fatalf("rule: the account's page is where it says; got %d", account.status)
	}
	told := v.send(t, http.MethodPost, account.url, map[string][]string{"uuid": {found[1]}, "do": {"follow"}}, nil)
	if !strings.Contains(told.body, "消息已送达应用") {
		t.Errorf("rule: the site hears of it; got\n%s", told.body)
	}
	v.get(t, "/members").is(t, "the page opens", http.StatusOK, "members", `<b id="number">1</b>`)
	stop()
	if _, err := v.client.Get(w.site); err == nil {
		t.Error("rule: the site ends")
	}
	if _, err := v.client.Get(w.wechat); err == nil {
		t.Error("rule: the simulator ends with the site")
	}
	if all := log.String(); strings.Contains(all, "code=") || strings.Contains(all, "osim_") || !strings.Contains(all, "path=/members status=403") {
		t.Errorf("rule: the log has a line for every request, and neither codes nor open ids; got\n%s", all)
	}
}

func TestRunWithAWebsiteApplication(t *testing.T) {
	environment(t, "WECHAT_WEBSITE_APP_ID", webID, "WECHAT_WEBSITE_APP_SECRET", "fedcba9876543210fedcba9876543210")
	greeting, _, _ := begin(t)
	if !strings.Contains(greeting, "by scan, with the website application "+webID) || strings.Contains(greeting, "fedcba9876543210fedc") {
		t.Errorf("rule: it says who scans, and no secret; got\n%s", greeting)
	}
	w := &world{site: strings.TrimSuffix(after(t, greeting, "Site:"), "/"), wechat: strings.TrimSuffix(after(t, greeting, "Simulator:"), "/")}
	w.desktop(t).scans(t, "/profile", mei).is(t, "a desktop browser logs in by scan", http.StatusOK, "profile", `<b id="number">1</b>`)
	w.visitor(t).allows(t, "/profile").is(t, "at the phone the person is the same member", http.StatusOK, "profile", `<b id="number">1</b>`)
}

func TestAFileKeepsMembersOverARestart(t *testing.T) {
	addr := freeAddr(t)
	environment(t, "DB", filepath.Join(t.TempDir(), "members of ours.db"), "ADDR", addr)
	for _, rule := range []string{"the first login registers", "after a restart she is the same member"} {
		greeting, _, stop := begin(t)
		w := &world{site: strings.TrimSuffix(after(t, greeting, "Site:"), "/")}
		w.visitor(t).get(t, "/login").is(t, rule, http.StatusOK, "home", `<b id="number">1</b>`)
		stop()
	}
}

// freeAddr is an address that was free a moment ago.
func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return "localhost:" + port
}

func TestRunTellsWhatIsWrong(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	for rule, tc := range map[string]struct {
		set  []string
		says string
	}{
		"an address in use":                    {[]string{"ADDR", busy.Addr().String()}, "set ADDR"},
		"half an account gets no simulator":    {[]string{"WECHAT_APP_ID", "wx1"}, "WECHAT_APP_SECRET"},
		"half a website application":           {[]string{"WECHAT_WEBSITE_APP_ID", webID}, "WECHAT_WEBSITE_APP_SECRET"},
		"a table that cannot be opened":        {[]string{"DB", filepath.Join(t.TempDir(), "no", "such", "folder")}, "set DB"},
		"an EncodingAESKey that is none":       {[]string{"WECHAT_APP_ID", "wx1", "WECHAT_APP_SECRET", "hush", "WECHAT_PUSH_TOKEN", "token", "WECHAT_ENCODING_AES_KEY", "x"}, "EncodingAESKey"},
		"a path that the site's links lack":    {[]string{"WECHAT_APP_ID", "wx1", "WECHAT_APP_SECRET", "hush", "WECHAT_PUBLIC_URL", "https://app.example.com/shop"}, "PublicURL must have no path"},
		"an address that visitors cannot type": {[]string{"WECHAT_APP_ID", "wx1", "WECHAT_APP_SECRET", "hush", "WECHAT_PUBLIC_URL", "app.example.com"}, "PublicURL"},
	} {
		t.Run(rule, func(t *testing.T) {
			environment(t, tc.set...)
			err := run(t.Context(), io.Discard, io.Discard)
			if err == nil || !strings.Contains(err.Error(), tc.says) || strings.Contains(err.Error(), "hush") {
				t.Errorf("rule: %s is told, with what to do, and no secret; got %v", rule, err)
			}
		})
	}
}

func TestRunEndsBeforeItIsReady(t *testing.T) {
	environment(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := run(ctx, io.Discard, io.Discard); err != nil {
		t.Errorf("rule: to be told to end is no error; got %v", err)
	}
}

func TestHelloWithARealAccount(t *testing.T) {
	for rule, tc := range map[string]struct{ set, has []string }{
		"what to enter in the console":               {[]string{"WECHAT_PUSH_TOKEN", "token123"}, []string{"https://app.example.com/wechat/push", "网页授权域名", "wx1"}},
		"what is missing without a token for pushes": {nil, []string{"WECHAT_PUSH_TOKEN", "https://app.example.com/ in WeChat"}},
	} {
		environment(t, append([]string{"WECHAT_APP_ID", "wx1", "WECHAT_APP_SECRET", "hush", "WECHAT_PUBLIC_URL", "https://app.example.com"}, tc.set...)...)
		of, err := accountFor("localhost:8080")
		if err != nil {
			t.Fatal(err)
		}
		if of.sim != nil || of.config.AnyBrowser || of.config.OpenURL != "" {
			t.Error("rule: with an account in the environment there is no simulator, and browsers other than WeChat's stay outside")
		}
		var b bytes.Buffer
		hello(&b, "http://localhost:8080", of)
		for _, part := range tc.has {
			if !strings.Contains(b.String(), part) {
				t.Errorf("rule: it says %s; it lacks %q:\n%s", rule, part, &b)
			}
		}
		if strings.Contains(b.String(), "hush") || strings.Contains(b.String(), "token123") {
			t.Errorf("rule: secrets are not printed; got\n%s", &b)
		}
	}
}
