package wxapi

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

const freshTicket = "ticketCanary-in-an-error"

// accountLeaks returns what of the account's secrets is in text.
func accountLeaks(text string) []string {
	found := leaks(text)
	for _, canary := range []string{tokenOf(1), tokenOf(2), tokenOf(3), ticketOf, freshTicket, pushAESKey} {
		if strings.Contains(text, canary) {
			found = append(found, canary)
		}
	}
	return found
}

// everything is what a hostile upstream repeats: all it was sent and all it gave.
func everything(u *upstream, r *http.Request) string {
	query, _ := url.QueryUnescape(r.URL.RawQuery)
	return strings.Join([]string{r.URL.RawQuery, query, u.sent, tokenOf(1), tokenOf(2), ticketOf, testSecret, testRefresh}, " ")
}

func TestAccountErrorsShowNoCanary(t *testing.T) {
	ctx := context.Background()
	say := func(t *testing.T, r *http.Request, u *upstream, fields map[string]any) string {
		text := everything(u, r)
		for name, value := range fields {
			if value == "ECHO" {
				fields[name] = text
			}
		}
		return object(t, fields)
	}
	faults := map[string]func(t *testing.T, u *upstream, r *http.Request) (string, error){
		"errmsg with everything": func(t *testing.T, u *upstream, r *http.Request) (string, error) {
			return say(t, r, u, map[string]any{"errcode": 40164, "errmsg": "ECHO"}), nil
		},
		"errmsg with everything, and a token to be renewed": func(t *testing.T, u *upstream, r *http.Request) (string, error) {
			return say(t, r, u, map[string]any{"errcode": 40001, "errmsg": "ECHO"}), nil
		},
		"rid with a token": func(t *testing.T, u *upstream, r *http.Request) (string, error) {
			return object(t, map[string]any{"errcode": 45009, "errmsg": "rid: " + tokenOf(1), "rid": ticketOf}), nil
		},
		"an error beside a token and a ticket": func(t *testing.T, u *upstream, r *http.Request) (string, error) {
			return say(t, r, u, map[string]any{"errcode": 40164, "access_token": freshToken, "ticket": freshTicket, "errmsg": "no " + freshToken + freshTicket}), nil
		},
		"HTML with everything": func(t *testing.T, u *upstream, r *http.Request) (string, error) {
			return "<html>" + everything(u, r), nil
		},
		"a transport that quotes all": func(t *testing.T, u *upstream, r *http.Request) (string, error) {
			return "", fmt.Errorf("%s: %s", r.URL, everything(u, r))
		},
		"a transport whose inner error quotes all": func(t *testing.T, u *upstream, r *http.Request) (string, error) {
			return "", quiet{&url.Error{Op: "Post", URL: r.URL.String(), Err: errors.New(everything(u, r))}}
		},
	}
	calls := map[string]func(*AccountToken) error{
		"token":     func(t *AccountToken) error { _, err := t.Token(ctx); return err },
		"renew":     func(t *AccountToken) error { _, err := t.Renew(ctx, tokenOf(1)); return err },
		"ticket":    func(t *AccountToken) error { _, err := t.JSTicket(ctx); return err },
		"follower":  func(t *AccountToken) error { _, err := t.client.Follower(ctx, t, testOpenID, ""); return err },
		"followers": func(t *AccountToken) error { _, err := t.client.Followers(ctx, t, "", testOpenID); return err },
	}
	for name, fault := range faults {
		for called, call := range calls {
			for _, held := range []string{"nothing", "token", "token and ticket"} { // what may be repeated
				warm := held != "nothing"
				log := &records{}
				u := newUpstream()
				token := u.node(t, AccountTokenConfig{Logger: log.logger(), Classic: called == "renew"})
				if warm {
					want(t, "the token is there", token, 1)
				}
				if held == "token and ticket" {
					if _, err := token.JSTicket(ctx); err != nil {
						t.Fatal(err)
					}
				}
				u.set(func(u *upstream) {
					u.instead = func(_ string, r *http.Request) (string, error) { return fault(t, u, r) }
				})
				err := call(token)
				if err == nil && (called != "token" || !warm) && (called != "ticket" || held != "token and ticket") {
					t.Fatalf("%s: %s: the fault went unnoticed", name, called)
				}
				if err == nil {
					continue
				}
				for _, e := range append(chain(err), fmt.Errorf("outer: %w", err)) {
					// A token that was never given to this process is no secret of its.
					if found := accountLeaks(shown(e)); len(real(found, held)) > 0 {
						t.Errorf("rule: no error shows a secret, token or ticket: %s: %s shows %q in %T: %v", name, called, found, e, e)
					}
				}
				if !strings.HasPrefix(err.Error(), "wechat: ") {
					t.Errorf("rule: messages begin wechat: but %s gave %q", called, err)
				}
				if found := accountLeaks(log.String()); len(real(found, held)) > 0 {
					t.Errorf("rule: no log shows a secret, token or ticket: %s: %s shows %q in %s", name, called, found, log)
				}
			}
		}
	}
}

// real leaves out what the stub made up and never gave, or gives only later.
func real(found []string, held string) (left []string) {
	for _, f := range found {
		if f == tokenOf(2) || f == tokenOf(3) || f == testRefresh ||
			held == "nothing" && f == tokenOf(1) || held != "token and ticket" && f == ticketOf {
			continue
		}
		left = append(left, f)
	}
	return left
}

func TestSourceErrorsShowNoCanary(t *testing.T) {
	ctx := context.Background()
	inner := &Error{Code: 40164, Endpoint: tokenPath, Message: "not in whitelist"}
	tests := []struct {
		rule  string
		err   error
		class Class
		as    error // still within reach
	}{
		{"a source's error is passed on", errDown, ClassRetry, errDown},
		{"a source's error that quotes the secret is masked", fmt.Errorf("%w: secret=%s token=%s", errDown, testSecret, freshToken), ClassRetry, nil},
		{"a source that passes WeChat's error on keeps its class", fmt.Errorf("server: %w", inner), ClassOperator, inner},
	}
	for _, tt := range tests {
		log := &records{}
		token := newUpstream().node(t, AccountTokenConfig{Logger: log.logger(),
			Source: func(context.Context, string) (string, time.Duration, error) { return freshToken, 0, tt.err }})
		_, err := token.Token(ctx)
		if err == nil || Classify(err) != tt.class || tt.as != nil && !errors.Is(err, tt.as) || !strings.HasPrefix(err.Error(), "wechat: ") {
			t.Errorf("rule: %s: %v, %v", tt.rule, err, Classify(err))
		}
		for _, e := range chain(err) {
			if found := accountLeaks(shown(e) + log.String()); found != nil {
				t.Errorf("rule: %s: %q in %v", tt.rule, found, e)
			}
		}
	}
}

func TestAccountValuesShowNoCanary(t *testing.T) {
	ctx := context.Background()
	u := newUpstream()
	token := u.node(t, AccountTokenConfig{Cache: newShelf()})
	if !strings.Contains(token.String(), "Token: ,") {
		t.Errorf("rule: a token that is missing shows: %v", token)
	}
	_, err1 := token.Token(ctx)
	_, err2 := token.JSTicket(ctx)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	k := pushKey(t, testAppID, pushAESKey)
	type outer struct {
		Token *AccountToken
		token *AccountToken
		Key   PushKey
		Again *PushKey
		key   PushKey
	}
	o := outer{token, token, *k, k, *k}
	values := map[string]any{
		"*AccountToken": token, "nil *AccountToken": (*AccountToken)(nil), "[]*AccountToken": []*AccountToken{token},
		"*PushKey": k, "PushKey": *k, "nil *PushKey": (*PushKey)(nil), "struct": o, "*struct": &o, "config": token.config,
	}
	raw := fmt.Sprint([]byte("i\xb7\x1dy\xf8!\x8a9")) // how the key would print as numbers
	for name, v := range values {
		text := shown(v)
		if found := accountLeaks(text); found != nil || strings.Contains(text, strings.Trim(raw, "[]")) {
			t.Errorf("rule: no way of printing shows a secret, token or ticket: %s shows %q", name, found)
		}
	}
	for name, v := range map[string]interface {
		fmt.Stringer
		GoString() string
	}{"AccountToken": token, "PushKey": k} {
		if !strings.Contains(v.String(), mask) || v.GoString() != v.String() || fmt.Sprintf("%q", v) != fmt.Sprintf("%q", v.String()) {
			t.Errorf("rule: what is hidden is shown as hidden: %s: %v", name, v)
		}
		if err := gob.NewEncoder(&bytes.Buffer{}).Encode(v); err == nil {
			t.Errorf("rule: %s is not for storing", name)
		}
	}
}
