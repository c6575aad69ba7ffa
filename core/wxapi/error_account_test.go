package wxapi

import (
	"context"
	"errors"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// What the library does about an errcode of the account's own endpoints.
const (
	refreshes = "renew the token and ask once more"
	retries   = "ask once more at once"
	operator  = "log what the operator must do"
	user      = "leave it to a page for the visitor"
	passes    = "pass it on"
	succeeds  = "no error"
)

// handled names what is done about every code that the list has for /cgi-bin.
var handled = map[int]string{
	-1: retries, 0: succeeds,
	40001: refreshes, 40014: refreshes, 42001: refreshes,
	40002: operator, 40003: passes, 40013: operator, 40125: operator, 40164: operator, 40243: operator,
	41001: operator, 41002: operator, 41004: operator,
	43002: operator, 43003: operator, 43004: user, 44002: operator,
	45009: operator, 45011: passes, 47001: operator,
	48001: operator, 48004: operator, 48006: operator, 48017: operator,
	50002: user, 50004: operator, 50005: user, 50007: operator,
	61024: operator, 76001: passes, 89501: operator, 89503: operator, 89506: operator, 89507: operator,
}

// mistakes are the codes that only a defect of this package could bring about.
var mistakes = []int{40002, 41001, 43002, 43003, 44002, 47001}

// unlisted are codes that no document names, and what Class falls back to.
var unlisted = []int{1, 12345, 40000, 99999, -2}

func TestErrcodesOfTheAccount(t *testing.T) {
	list, err := os.ReadFile("testdata/errcodes.tsv")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[int]bool{}
	for _, row := range strings.Split(strings.TrimSpace(string(list)), "\n")[1:] {
		cells := strings.Split(row, "\t")
		ours := slices.ContainsFunc([]string{"/cgi-bin", "stable", "user/info", "getticket", "batchget", "token endpoints",
			"all", "JSON POST", "message APIs", "server APIs", "api.weixin.qq.com"}, func(part string) bool {
			return part == "all" && strings.HasPrefix(cells[2], part) || part != "all" && strings.Contains(cells[2], part)
		})
		if !ours || strings.HasPrefix(cells[2], "component") {
			continue
		}
		n, err := strconv.Atoi(cells[0])
		if err != nil {
			t.Errorf("rule: what reaches us has a number: %q", row)
			continue
		}
		listed[n] = true
		if handled[n] == "" {
			t.Errorf("rule: every code of the list is handled: nobody knows what to do about %d (%s)", n, cells[3])
		}
	}
	for n := range handled {
		if !listed[n] {
			t.Errorf("rule: no code without a source: %d is not in the list", n)
		}
	}
	for n, does := range handled {
		t.Run(strconv.Itoa(n), func(t *testing.T) { runErrcode(t, n, does) })
	}
	for _, n := range unlisted {
		t.Run("unlisted "+strconv.Itoa(n), func(t *testing.T) { runErrcode(t, n, passes) })
	}
}

// runErrcode answers each endpoint with the code and watches.
func runErrcode(t *testing.T, n int, does string) {
	type ask = func(token *AccountToken) error
	ctx := context.Background()
	endpoints := []struct {
		call, path string
		cfg        AccountTokenConfig
		ask        ask
	}{
		{"stable", stableTokenPath, AccountTokenConfig{}, func(t *AccountToken) error { _, err := t.Token(ctx); return err }},
		{"classic", tokenPath, AccountTokenConfig{Classic: true}, func(t *AccountToken) error { _, err := t.Token(ctx); return err }},
		{"ticket", ticketPath, AccountTokenConfig{}, func(t *AccountToken) error { _, err := t.JSTicket(ctx); return err }},
		{"info", followerPath, AccountTokenConfig{}, func(t *AccountToken) error {
			_, err := t.client.Follower(ctx, t, testOpenID, "")
			return err
		}},
		{"batch", followersPath, AccountTokenConfig{}, func(t *AccountToken) error {
			_, err := t.client.Followers(ctx, t, "", testOpenID)
			return err
		}},
	}
	for _, e := range endpoints {
		mint := e.call == "stable" || e.call == "classic"
		log := &records{}
		u := newUpstream()
		u.says(e.call, code(n))
		e.cfg.Logger = log.logger()
		token := u.node(t, e.cfg)
		err := e.ask(token)
		if does == succeeds {
			// Without what was asked for even an errcode 0 is no answer.
			if !errors.Is(err, ErrReply) {
				t.Errorf("rule: %d is no error: %v", n, err)
			}
			continue
		}
		var got *Error
		if !errors.As(err, &got) || got.Code != n || got.Endpoint != e.path || got.RequestID != "6aac005a-01bfdbee-79769285" {
			t.Errorf("rule: %d of %s is passed on with its code, endpoint and request id: %v", n, e.path, err)
			continue
		}
		class, calls, advice := ClassNone, 1, true
		switch {
		case does == refreshes && mint:
			class = map[int]Class{40001: ClassOperator}[n] // there it is about the secret
			advice = class == ClassOperator
		case does == refreshes:
			class, calls, advice = ClassRefresh, 2, false
		case does == retries:
			class, calls, advice = ClassRetry, 2, false
		case n == 45011:
			class = ClassRetry
		case does == operator:
			class, advice = ClassOperator, !slices.Contains(mistakes, n)
		case does == user:
			class, advice = ClassUser, false
		default:
			advice = false
		}
		if got.Class() != class || Classify(err) != class {
			t.Errorf("rule: %d of %s is %v: got %v, %v", n, e.path, class, got.Class(), Classify(err))
		}
		if u.count(e.call) != calls {
			t.Errorf("rule: %d: %s: %d calls of %s, want %d", n, does, u.count(e.call), e.path, calls)
		}
		if renewed := u.count("stable") == 2; !mint && renewed != (does == refreshes) {
			t.Errorf("rule: %d of %s: %s: %v", n, e.path, does, u.calls)
		}
		if (got.Advice() != "") != advice {
			t.Errorf("rule: %d of %s has advice where there is something to do: %q", n, e.path, got.Advice())
		}
		logged := 0
		if class == ClassOperator {
			logged = 1
		}
		_ = e.ask(token) // a failed fetch stands for this one
		if !mint && e.call != "ticket" {
			logged *= 2
		}
		text := log.String()
		if strings.Count(text, "level=ERROR") != logged || strings.Contains(text, "level=WARN") {
			t.Errorf("rule: what the operator must mend is logged, once per failure: %d of %s: %s", n, e.path, text)
		}
		if logged > 0 && (!strings.Contains(text, "errcode="+strconv.Itoa(n)) || !strings.Contains(text, "rid=6aac005a-01bfdbee-79769285") ||
			!strings.Contains(text, "advice="+strconv.Quote(got.Advice()))) {
			t.Errorf("rule: the log has errcode, request id and advice: %s", text)
		}
	}
}

func TestAFailureIsLoggedOnce(t *testing.T) {
	log := &records{}
	u := newUpstream()
	u.says("stable", code(40164))
	token := u.node(t, AccountTokenConfig{Logger: log.logger()})
	ctx := context.Background()
	failed := gang(100, func() error {
		_, err1 := token.Token(ctx)
		_, err2 := token.JSTicket(ctx)
		_, err3 := token.client.Follower(ctx, token, testOpenID, "")
		return errors.Join(err1, err2, err3)
	})
	if text := log.String(); failed != 100 || strings.Count(text, "level=ERROR") != 1 || !strings.Contains(text, "IP白名单") {
		t.Errorf("rule: one failed fetch is one line, whoever waited for it: %d failed: %s", failed, text)
	}
}

func TestAdvice(t *testing.T) {
	for n := range advices {
		text := advices[n]
		if !strings.HasSuffix(text, ".") || strings.Count(text, ". ") > 0 || (&Error{Code: n}).Advice() != text {
			t.Errorf("rule: advice is one sentence: %d: %q", n, text)
		}
		if class := (&Error{Code: n}).Class(); class != ClassOperator && n != 45011 {
			t.Errorf("rule: advice is for the operator: %d is %v", n, class)
		}
	}
	if got := (&Error{Code: 48001}).Advice() + (&Error{Code: 40001}).Advice(); got != "" {
		t.Errorf("rule: at /sns 48001 and 40001 are not for the operator: %q", got)
	}
}

// Secrets and IP whitelists have moved from the console to the developer platform.
// An operator has to find them in either.
func TestAdviceNamesBothConsoles(t *testing.T) {
	for _, e := range []*Error{
		{Code: 40125}, {Code: 40164}, {Code: 40243}, {Code: 40013}, {Code: 89503}, {Code: 89506}, {Code: 89507},
		{Code: 40001, Endpoint: stableTokenPath}, {Code: 40164, Endpoint: followerPath},
	} {
		page := "开发密钥"
		if e.Code == 40013 {
			page = "基础信息"
		}
		for _, words := range []string{"微信开发者平台", page, "基本配置"} {
			if !strings.Contains(e.Advice(), words) {
				t.Errorf("rule: advice names the page on the developer platform and in the older console: %d lacks %s: %q", e.Code, words, e.Advice())
			}
		}
	}
	for _, n := range []int{40164, 89503, 89506, 89507} {
		if got := (&Error{Code: n}).Advice(); !strings.Contains(got, "IP 白名单") {
			t.Errorf("rule: the whitelist is named as the page writes it: %q", got)
		}
	}
}

func TestClassesByEndpoint(t *testing.T) {
	tests := []struct {
		rule     string
		code     int
		endpoint string
		want     Class
	}{
		{"at /sns 40001 is about the visitor's token", 40001, "/sns/userinfo", ClassRestart},
		{"without an endpoint, too", 40001, "", ClassRestart},
		{"at /cgi-bin it is about the account's", 40001, "/cgi-bin/message/custom/send", ClassRefresh},
		{"where tokens are made it is about the secret", 40001, tokenPath, ClassOperator},
		{"at stable_token, too", 40001, stableTokenPath, ClassOperator},
		{"nothing of /cgi-bin restarts a login", 40029, followerPath, ClassNone},
		{"a token endpoint knows no spent token", 42001, stableTokenPath, ClassNone},
		{"a path that only begins alike is another", 40001, "/cgi-binary", ClassRestart},
		{"at /sns 48001 is a scope that the token lacks", 48001, "/sns/userinfo", ClassScope},
		{"at /cgi-bin 48001 is a permission that the account lacks", 48001, followerPath, ClassOperator},
	}
	for _, tt := range tests {
		if got := (&Error{Code: tt.code, Endpoint: tt.endpoint}).Class(); got != tt.want {
			t.Errorf("rule: %s: %v, want %v", tt.rule, got, tt.want)
		}
	}
	for n := range codeClasses {
		if class := (&Error{Code: n, Endpoint: followerPath}).Class(); class == ClassRestart || class == ClassScope {
			t.Errorf("rule: nothing of /cgi-bin restarts a login: %d", n)
		}
	}
}
