package wxsim

import (
	"context"
	"regexp"
	"strings"
	"testing"
)

var modes = map[string]string{"plain": "", "encrypted": demoKey}

func TestEventsAreAsWeChats(t *testing.T) {
	ctx := context.Background()
	for rule, tc := range map[string]struct {
		follows bool
		act     func(*rig) error
		want    string // after MsgType
	}{
		"following is subscribe, with an empty EventKey": {false,
			func(g *rig) error { return g.Follow(ctx, app, "mei") },
			"<Event><![CDATA[subscribe]]></Event>\n<EventKey><![CDATA[]]></EventKey>"},
		"stopping is unsubscribe": {true,
			func(g *rig) error { return g.Unfollow(ctx, app, "mei") },
			"<Event><![CDATA[unsubscribe]]></Event>\n<EventKey><![CDATA[]]></EventKey>"},
		"following by a QR code is qrscene_ and a ticket": {false,
			func(g *rig) error { return g.Scan(ctx, app, "mei", "1000000") },
			"<Event><![CDATA[subscribe]]></Event>\n<EventKey><![CDATA[qrscene_1000000]]></EventKey>\n<Ticket><![CDATA[TICKET]]></Ticket>"},
		"a follower's scan is SCAN, without qrscene_": {true,
			func(g *rig) error { return g.Scan(ctx, app, "mei", "a]]>b") },
			"<Event><![CDATA[SCAN]]></Event>\n<EventKey><![CDATA[a]]]]><![CDATA[>b]]></EventKey>\n<Ticket><![CDATA[TICKET]]></Ticket>"},
	} {
		for mode, key := range modes {
			g, v := pushRig(t, key)
			g.SetFollowing(app, "mei", tc.follows)
			if err := tc.act(g); err != nil {
				t.Fatalf("rule: %s, %s; got %v", rule, mode, err)
			}
			d := v.one()
			got := regexp.MustCompile(`gQH[0-9A-Za-z_-]{86}AA==`).ReplaceAllString(d.plain, "TICKET")
			want := "<xml><ToUserName><![CDATA[" + g.accounts[app].OriginalID + "]]></ToUserName>\n<FromUserName><![CDATA[" + g.OpenID(app, "mei") +
				"]]></FromUserName>\n<CreateTime>1767323045</CreateTime>\n<MsgType><![CDATA[event]]></MsgType>\n" + tc.want + "\n</xml>"
			if got != want {
				t.Errorf("rule: %s, %s; got\n%s\nwant\n%s", rule, mode, got, want)
			}
			if d.kind != "text/xml" || d.query.Get("openid") != g.OpenID(app, "mei") || d.query.Get("timestamp") != "1767323045" ||
				!regexp.MustCompile(`^[1-9]\d{9}$`).MatchString(d.query.Get("nonce")) || d.query.Has("msg_signature") != (key != "") {
				t.Errorf("rule: the query names openid, time and nonce, %s; got %v", mode, d.query)
			}
			if !d.closes {
				t.Error("rule: no connection stays behind, as nobody owns the goroutines of one")
			}
			if key != "" && (strings.Contains(d.raw, "MsgType") || !strings.HasPrefix(d.raw, "<xml>\n    <ToUserName><![CDATA[gh_") ||
				!strings.HasSuffix(d.raw, "]]></Encrypt>\n</xml>")) {
				t.Errorf("rule: encrypted there is nothing in plain but whom it is for; got %s", d.raw)
			}
		}
	}
}

func TestSameCodeSameTicket(t *testing.T) {
	ticket := qrTicket(app, "1")
	if qrTicket(app, "1") != ticket || qrTicket(app, "2") == ticket || qrTicket(otherApp, "1") == ticket {
		t.Error("rule: a ticket is that of a QR code: one account, one scene")
	}
}

func TestSendText(t *testing.T) {
	g, v := pushRig(t, demoKey)
	if err := g.SendText(context.Background(), app, "mei", "hello"); err == nil || len(v.all()) != 0 {
		t.Errorf("rule: only followers can write; got %v", err)
	}
	g.SetFollowing(app, "mei", true)
	ids := map[string]bool{}
	for range 2 {
		if err := g.SendText(context.Background(), app, "mei", "你好 <b> & ]]>"); err != nil {
			t.Fatal(err)
		}
	}
	for _, d := range v.all() {
		m := regexp.MustCompile(`<MsgType><!\[CDATA\[text\]\]></MsgType>\n<Content><!\[CDATA\[你好 <b> & \]\]\]\]><!\[CDATA\[>\]\]></Content>\n<MsgId>([1-9]\d{16})</MsgId>\n</xml>$`).FindStringSubmatch(d.plain)
		if m == nil {
			t.Fatalf("rule: a text has Content and MsgId; got %s", d.plain)
		}
		ids[m[1]] = true
	}
	if len(ids) != 2 {
		t.Errorf("rule: each text has a MsgId of its own; got %v", ids)
	}
}

func TestPushSendsAnything(t *testing.T) {
	for mode, key := range modes {
		g, v := pushRig(t, key)
		for _, message := range []string{"<xml><FromUserName>o1</FromUserName></xml>", "no xml"} {
			if err := g.Push(context.Background(), app, []byte(message)); err != nil {
				t.Fatal(err)
			}
		}
		got := v.all()
		if got[0].plain != "<xml><FromUserName>o1</FromUserName></xml>" || got[0].query.Get("openid") != "o1" || got[1].plain != "no xml" {
			t.Errorf("rule: Push sends what it is given, %s; got %+v", mode, got)
		}
	}
}

func TestOriginalID(t *testing.T) {
	g := newRig(t, func(c *Config) { c.Accounts[1].OriginalID = "gh_21ee2dc92d7d" })
	if id := g.accounts[app].OriginalID; !regexp.MustCompile(`^gh_[0-9a-f]{12}$`).MatchString(id) || id != newRig(t).accounts[app].OriginalID {
		t.Errorf("rule: without one an account has an original id that stays; got %q", id)
	}
	if id := g.accounts[otherApp].OriginalID; id != "gh_21ee2dc92d7d" {
		t.Errorf("rule: one that is set is taken; got %q", id)
	}
}

func TestTheEnvelopeNamesWhomTheMessageNames(t *testing.T) {
	for message, want := range map[string]string{
		"<xml><ToUserName>gh_other</ToUserName></xml>": "<ToUserName><![CDATA[gh_other]]></ToUserName>",
		"<xml></xml>": "<ToUserName><![CDATA[gh_",
	} {
		g, v := pushRig(t, demoKey)
		if err := g.Push(context.Background(), app, []byte(message)); err != nil || !strings.Contains(v.one().raw, want) {
			t.Errorf("rule: an encrypted push names outside whom it names inside; %s got %v %s", message, err, v.one().raw)
		}
	}
}
