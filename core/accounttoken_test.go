package core

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/seed467724c4/wechat/core/internal/follow"
	"github.com/seed467724c4/wechat/core/wxapi"
	"github.com/seed467724c4/wechat/core/wxsim"
)

// crowd is how many ask at once; the race detector allows for no more than 8,128
// goroutines.
const crowd = 8000

// together runs one function in a crowd, all at the same moment, and counts errors.
func together(ask func() error) (failed int64) {
	var all sync.WaitGroup
	var errs atomic.Int64
	begin := make(chan struct{})
	for range crowd {
		all.Go(func() {
			<-begin
			if ask() != nil {
				errs.Add(1)
			}
		})
	}
	close(begin)
	all.Wait()
	return errs.Load()
}

func TestACrowdCallsWeChatOnce(t *testing.T) {
	r := newRig(t)
	ctx, token := context.Background(), r.auth.AccountToken()
	if failed := together(func() error { _, err := token.Token(ctx); return err }); failed != 0 || r.sim.Calls(wxsim.PathStableToken) != 1 {
		t.Errorf("rule: concurrent calls without a cached token make one call to WeChat: %d failed, %d calls", failed, r.sim.Calls(wxsim.PathStableToken))
	}

	refused, err := token.Token(ctx)
	if err != nil {
		t.Fatal(err)
	}
	r.sim.ExpireTokens(testAppID)
	r.sim.ResetCalls()
	var answered sync.WaitGroup // all of them, before anybody does something about it
	answered.Add(crowd)
	failed := together(func() error {
		return token.Do(ctx, func(held string) error {
			if held != refused {
				return nil
			}
			answered.Done()
			answered.Wait()
			return &wxapi.Error{Endpoint: wxsim.PathFollower, Code: 40001}
		})
	})
	if failed != 0 || r.sim.Calls(wxsim.PathStableToken) != 1 {
		t.Errorf("rule: however many are answered 40001 at once, one renews and all succeed: %d failed, %d calls", failed, r.sim.Calls(wxsim.PathStableToken))
	}

	down := newRig(t)
	down.sim.Fail(wxsim.PathStableToken, wxsim.Fault{Code: -1})
	failed = together(func() error { _, err := down.auth.AccountToken().Token(ctx); return err })
	if failed != crowd || down.sim.Calls(wxsim.PathStableToken) != 2 {
		t.Errorf("rule: concurrent calls while WeChat fails make one call with one retry, and all get the error: %d failed, %d calls", failed, down.sim.Calls(wxsim.PathStableToken))
	}
	t.Logf("crowds of %d: 1 call for a cold token, 1 renewal after 40001, 1 call and 1 retry while WeChat fails", crowd)
}

func TestTheAccountsTokenIsNeverShown(t *testing.T) {
	r := newRig(t)
	b, g := members(r)
	ctx := context.Background()
	secrets := []string{testSecret}
	var told strings.Builder
	for _, echo := range []func(secrets string) wxsim.Fault{
		func(s string) wxsim.Fault { return wxsim.Fault{Code: 48001, Message: s} },
		func(s string) wxsim.Fault { return wxsim.Fault{Code: 40003, Message: s} },
		func(s string) wxsim.Fault { return wxsim.Fault{Body: "<html>" + s} },
		func(s string) wxsim.Fault { return wxsim.Fault{Code: 40001, Message: s} }, // asked twice, with two tokens
		func(string) wxsim.Fault { return wxsim.Fault{Drop: true} },
	} {
		token, err := r.auth.AccountToken().Token(ctx)
		if err != nil {
			t.Fatal(err)
		}
		ticket, err := r.auth.AccountToken().JSTicket(ctx)
		if err != nil {
			t.Fatal(err)
		}
		secrets = append(secrets, token, ticket)
		r.sim.Fail(wxsim.PathFollower, echo(strings.Join(secrets[len(secrets)-2:], " ")+" "+testSecret))
		out := b.get(g, "/members")
		r.sim.Clear(wxsim.PathFollower)
		r.advance(follow.YesLife)
		told.Write(out.Body)
		told.WriteString(out.Err.Error())
	}
	other := r.instance()
	token, err := other.AccountToken().Token(ctx)
	if err != nil {
		t.Fatal(err)
	}
	secrets = append(secrets, token)
	r.sim.Fail(wxsim.PathTicket, wxsim.Fault{Code: 40001, Message: token})
	if _, err := other.AccountToken().JSTicket(ctx); err != nil {
		told.WriteString(err.Error())
	}
	told.WriteString(r.log.String())
	for _, secret := range secrets {
		if strings.Contains(told.String(), secret) {
			t.Errorf("rule: neither token nor ticket nor secret is in a page, an error or the log, whatever WeChat answers: %s", told.String())
		}
	}
}
