package platform

import (
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed467724c4/wechat/core/wxsim"
)

func TestTicketsOpenTheWay(t *testing.T) {
	r := newRig(t)
	p := r.node()
	ctx := t.Context()
	r.sim.SetPlatformMode(platformID, wxsim.PlatformMode{LoseTickets: true})
	r.sim.Fail(wxsim.PathStartPushTicket, wxsim.Fault{Code: -1, Times: 2})
	if _, err := p.ComponentToken(ctx, ""); !errors.Is(err, ErrNoTicket) || r.calls(wxsim.PathStartPushTicket) != 2 || r.calls(wxsim.PathComponentToken) != 0 {
		t.Errorf("rule: without a ticket there is no token, and WeChat is asked for tickets: %v", err)
	}
	if _, err := p.ComponentToken(ctx, ""); !errors.Is(err, ErrNoTicket) || r.calls(wxsim.PathStartPushTicket) != 2 {
		t.Errorf("rule: WeChat is not asked again within a minute: %v", err)
	}
	r.sim.Advance(time.Minute)
	token, err := p.ComponentToken(ctx, "")
	if err != nil || token == "" || r.calls(wxsim.PathStartPushTicket) != 3 || r.calls(wxsim.PathComponentToken) != 1 {
		t.Errorf("rule: after a minute it is asked again, and the ticket that comes opens the way at once: %v", err)
	}
	if again, err := p.ComponentToken(ctx, ""); err != nil || again != token || r.calls(wxsim.PathComponentToken) != 1 {
		t.Errorf("rule: the token is kept: %v", err)
	}
	if node := r.node(); func() bool { got, err := node.ComponentToken(ctx, ""); return err != nil || got != token }() {
		t.Error("rule: another node has the same token from the store")
	}
	r.sim.Advance(2*time.Hour - 4*time.Minute)
	if _, err := p.ComponentToken(ctx, ""); err != nil {
		t.Error(err)
	}
	r.sim.Advance(5 * time.Minute)
	if renewed, err := p.ComponentToken(ctx, ""); err != nil || renewed == token {
		t.Errorf("rule: a token that has ended is replaced: %v", err)
	}
	r.sim.Advance(12 * time.Hour)
	r.sim.SetPlatformMode(platformID, wxsim.PlatformMode{LoseTickets: true})
	r.sim.Fail(wxsim.PathStartPushTicket, wxsim.Fault{Code: -1, Times: 2})
	asked := r.calls(wxsim.PathComponentToken)
	if _, err := p.ComponentToken(ctx, ""); !errors.Is(err, ErrNoTicket) || r.calls(wxsim.PathComponentToken) != asked {
		t.Errorf("rule: a ticket of 12 hours is no ticket, and is not sent to WeChat: %v", err)
	}
}

func TestTheTicketBeforeIsKept(t *testing.T) {
	r := newRig(t)
	p := r.node()
	for range 3 {
		r.sim.Advance(time.Second)
		r.ticket()
	}
	var kept ticketRecord
	if _, _, err := p.records.load(t.Context(), ticketName, &kept); err != nil || len(kept.Tickets) != 2 || kept.Tickets[0].Made <= kept.Tickets[1].Made {
		t.Errorf("rule: the last two are kept, newest first: %v %v", kept, err)
	}
	// The newest is damaged in the store's hands.
	update(t.Context(), &p.records, ticketName, func(r *ticketRecord, _ bool) bool { r.Tickets[0].Ticket = "ticket@@@broken"; return true })
	if _, err := p.ComponentToken(t.Context(), ""); err != nil || r.calls(wxsim.PathComponentToken) != 2 {
		t.Errorf("rule: if WeChat does not accept the newest, the one before is tried: %v", err)
	}
	for n, late := range []string{"the oldest", "the one before"} {
		if status := r.again(n, ""); status != 200 {
			t.Errorf("rule: a push that is repeated is a success (%s): %d", late, status)
		}
		var now ticketRecord
		p.records.load(t.Context(), ticketName, &now)
		if len(now.Tickets) != 2 || now.Tickets[0].Made != kept.Tickets[0].Made || now.Tickets[1] != kept.Tickets[1] {
			t.Errorf("rule: an older ticket that comes late takes no newer one's place (%s): %v", late, now)
		}
	}
}

func TestPushesThatAreNotWeChatsForThisPlatformAreRefused(t *testing.T) {
	r := newRig(t)
	p := r.node()
	r.ticket()
	target, body := r.raw[0].target, r.raw[0].body
	if status := r.send(target, body); status != http.StatusOK {
		t.Errorf("rule: the push itself is accepted, twice as well: %d", status)
	}
	other := r.node(func(c *Config) { c.AppID, c.Store = "wxanother", NewMemoryStore() })
	for rule, c := range map[string]struct {
		target string
		body   []byte
		want   int
		to     int
	}{
		"another signature":               {strings.Replace(target, "msg_signature=", "msg_signature=0", 1), body, 403, 0},
		"no signature":                    {"/events", body, 403, 0},
		"another time":                    {strings.Replace(target, "timestamp=", "timestamp=1", 1), body, 403, 0},
		"one byte turned":                 {target, []byte(strings.Replace(string(body), "CDATA[", "CDATA[A", 2)), 403, 0},
		"nothing":                         {target, nil, 403, 0},
		"no XML":                          {target, []byte("{}"), 403, 0},
		"plain text":                      {target, []byte("<xml><AppId>" + platformID + "</AppId><InfoType>component_verify_ticket</InfoType><ComponentVerifyTicket>x</ComponentVerifyTicket></xml>"), 403, 0},
		"more than 64 KiB":                {target, []byte("<xml>" + strings.Repeat(" ", 65<<10) + "</xml>"), 413, 0},
		"the message of another platform": {target, body, 403, 1},
	} {
		r.pushTo = c.to
		if status := r.send(c.target, c.body); status != c.want {
			t.Errorf("rule: %s is refused with %d: %d", rule, c.want, status)
		}
	}
	r.pushTo = 0
	var kept ticketRecord
	if _, found, _ := other.records.load(t.Context(), ticketName, &kept); found {
		t.Error("rule: nothing of a refused push is stored")
	}
	if res, err := http.Get(r.pushes.URL + target); err != nil || res.StatusCode != 405 {
		t.Errorf("rule: events come by POST: %v", err)
	}
	r.sim.Advance(6 * time.Minute)
	if status := r.send(target, body); status != 403 {
		t.Errorf("rule: a push of six minutes ago is refused: %d", status)
	}
	if p.records.load(t.Context(), ticketName, &kept); len(kept.Tickets) != 1 {
		t.Errorf("rule: a ticket that came twice is kept once: %v", kept)
	}
	if text := r.log.String(); strings.Count(text, "not signed by WeChat for this platform") < 1 || strings.Contains(text, "ticket@@@") {
		t.Errorf("rule: the log has the reason and no ticket: %s", text)
	}
}

func TestOneNodeAsksWeChatForAToken(t *testing.T) {
	r := newRig(t)
	r.ready()
	for range 3 {
		r.node()
	}
	got := make([]string, 8)
	var calls []func()
	for i := range got {
		calls = append(calls, func() {
			token, err := r.nodes[i/2].ComponentToken(t.Context(), "")
			if err != nil {
				t.Error(err)
			}
			got[i] = token
		})
	}
	together(calls...)
	for _, token := range got {
		if token == "" || token != got[0] {
			t.Errorf("rule: all nodes have one token")
		}
	}
	if n := r.calls(wxsim.PathComponentToken); n != 1 {
		t.Errorf("rule: one node of four asks: %d calls", n)
	}
	r.sim.ExpireComponentToken(platformID)
	for i := range calls {
		calls[i] = func() {
			if token, err := r.nodes[i/2].ComponentToken(t.Context(), got[i]); err != nil || token == got[i] {
				t.Errorf("rule: a refused token is replaced: %v", err)
			}
		}
	}
	together(calls...)
	if n := r.calls(wxsim.PathComponentToken); n != 2 {
		t.Errorf("rule: of a refused token, one node asks for the next: %d calls", n)
	}
	if token, err := r.nodes[0].ComponentToken(t.Context(), "an older token"); err != nil || r.calls(wxsim.PathComponentToken) != 2 {
		t.Errorf("rule: a late report about an older token changes nothing: %v %v", token != "", err)
	}
}

func TestTheStoreMayBeDownForAWhile(t *testing.T) {
	r := newRig(t)
	var down atomic.Bool
	r.store = brokenStore{r.store, down.Load}
	p := r.ready()
	token, err := p.ComponentToken(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	r.connect(shopA)
	auth := r.auth(p, shopA)
	down.Store(true)
	r.sim.Advance(time.Minute)
	if again, err := p.ComponentToken(t.Context(), ""); err != nil || again != token {
		t.Errorf("rule: a token that is held stays in use: %v", err)
	}
	if again, err := p.Account(t.Context(), shopA); err != nil || again != auth {
		t.Errorf("rule: an account that is known stays known: %v", err)
	}
	if _, err := p.Account(t.Context(), shopB); err == nil || errors.Is(err, ErrUnknown) || strings.Contains(err.Error(), "secret") {
		t.Errorf("rule: of any other nobody says that it is unknown: %v", err)
	}
	if err := r.sim.PushTicket(t.Context(), platformID); err == nil {
		t.Error("rule: a ticket that is not stored is pushed again")
	}
	if _, err := p.ComponentToken(t.Context(), token); err == nil {
		t.Error("rule: without the store there is no ticket")
	}
	down.Store(false)
	r.sim.Advance(time.Minute)
	if _, err := p.ComponentToken(t.Context(), token); err != nil {
		t.Errorf("rule: with the store back everything is as before: %v", err)
	}
}

func TestTroubleAtWeChatCountsForASecond(t *testing.T) {
	r := newRig(t)
	p := r.ready()
	r.sim.Fail(wxsim.PathComponentToken, wxsim.Fault{Code: 61004})
	for range 5 {
		if _, err := p.ComponentToken(t.Context(), ""); !isCode(err, 61004) {
			t.Errorf("rule: the reason is told: %v", err)
		}
	}
	if n := r.calls(wxsim.PathComponentToken); n != 1 {
		t.Errorf("rule: a failure counts for the callers of the next second: %d calls", n)
	}
	r.sim.Clear(wxsim.PathComponentToken)
	r.sim.Advance(time.Second)
	token, err := p.ComponentToken(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	r.sim.Advance(2*time.Hour - 4*time.Minute)
	r.sim.Fail(wxsim.PathComponentToken, wxsim.Fault{Code: -1})
	if again, err := p.ComponentToken(t.Context(), ""); err != nil || again != token {
		t.Errorf("rule: while the old token works, nobody waits for the next: %v", err)
	}
}
