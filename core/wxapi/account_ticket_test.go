package wxapi

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func number(n int64) string { return strconv.FormatInt(n, 10) }

func TestJSSignature(t *testing.T) {
	const ticket = "sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg"
	tests := []struct{ rule, url, want string }{
		{"the documented page", "http://mp.weixin.qq.com?params=value", "0f9de62fce790f9a083d5c99e95740ceb90c27ed"},
		{"the page documented in 2015", "http://mp.weixin.qq.com", "f4d90daf4b3bca3078ab155816175ba34c443a7b"},
		{"a fragment is not signed", "http://mp.weixin.qq.com?params=value#a#b", "0f9de62fce790f9a083d5c99e95740ceb90c27ed"},
	}
	for _, tt := range tests {
		if got := JSSignature(ticket, "Wm3WZYTPz0wzccnW", 1414587457, tt.url); got != tt.want {
			t.Errorf("rule: %s: %s, want %s", tt.rule, got, tt.want)
		}
	}
}

func TestJSTicket(t *testing.T) {
	ctx := context.Background()
	synctest.Test(t, func(t *testing.T) {
		u := newUpstream()
		u.takes = 50 * time.Millisecond
		token := u.node(t, AccountTokenConfig{})
		if failed := gang(crowd, func() error { _, err := token.JSTicket(ctx); return err }); failed > 0 {
			t.Errorf("rule: all get the ticket: %d did not", failed)
		}
		counts(t, "a crowd on a cold ticket is one call each for token and ticket", u, "stable", "ticket")
		if got := u.last.URL.RequestURI(); got != ticketPath+"?access_token="+tokenOf(1)+"&type=jsapi" {
			t.Errorf("rule: getticket is asked for the type jsapi: %s", got)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		u := newUpstream()
		token := u.node(t, AccountTokenConfig{})
		want(t, "the token is there", token, 1)
		var said bool
		u.set(func(u *upstream) {
			u.instead = func(call string, _ *http.Request) (string, error) {
				if call == "ticket" && !said {
					said = true
					return code(42001), nil
				}
				return "", nil
			}
		})
		if ticket, err := token.JSTicket(ctx); ticket != ticketOf || err != nil {
			t.Errorf("rule: a ticket asked for with a spent token is asked for again with a new one: %q, %v", ticket, err)
		}
		counts(t, "a spent token is renewed once for the ticket", u, "stable", "ticket", "stable", "ticket")
		time.Sleep(maxLife - renewBefore - time.Nanosecond)
		_, _ = token.JSTicket(ctx)
		synctest.Wait()
		counts(t, "a ticket is kept until 300 s before its end", u, "stable", "ticket", "stable", "ticket")
	})
	for rule, body := range map[string]string{
		"a reply without a ticket is ErrReply":              `{"errcode":0,"errmsg":"ok"}`,
		"a ticket of no shape is ErrReply":                  `{"errcode":0,"ticket":"a b"}`,
		"a ticket that is no text is ErrReply":              `{"errcode":0,"ticket":7}`,
		"a ticket longer than any of WeChat's is ErrReply":  `{"errcode":0,"ticket":"` + strings.Repeat("a", 1001) + `"}`,
		"a token in place of the ticket is still no ticket": `{"access_token":"a","expires_in":7200}`,
	} {
		u := newUpstream()
		u.says("ticket", body)
		if ticket, err := u.node(t, AccountTokenConfig{}).JSTicket(ctx); !errors.Is(err, ErrReply) {
			t.Errorf("rule: %s: %q, %v", rule, ticket, err)
		}
	}
	for rule, body := range map[string]string{
		"a reply without a token is ErrReply": `{"expires_in":7200}`,
		"a token of no shape is ErrReply":     `{"access_token":"a\nb","expires_in":7200}`,
	} {
		u := newUpstream()
		u.says("stable", body)
		if got, err := u.node(t, AccountTokenConfig{}).Token(ctx); !errors.Is(err, ErrReply) {
			t.Errorf("rule: %s: %q, %v", rule, got, err)
		}
	}
	source := AccountTokenConfig{Source: func(context.Context, string) (string, time.Duration, error) { return "a b", time.Hour, nil }}
	if got, err := newUpstream().node(t, source).Token(ctx); !errors.Is(err, errShape) {
		t.Errorf("rule: a source's token has to have a token's shape, too: %q, %v", got, err)
	}
}
