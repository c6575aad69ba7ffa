package wxsim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"
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
			if key != "" && (strings.Contains(d.raw, "MsgType") || !strings.HasPrefix(d.raw, "<xml>\n    <ToUserName><![CDATA[gh_") ||
				!strings.HasSuffix(d.raw, "]]></Encrypt>\n</xml>")) {
				t.Errorf("rule: encrypted there is nothing in plain but whom it is for; got %s", d.raw)
			}
		}
	}
}

func TestSameCodeSameTicket(t *testing.T) {
	if qrTicket(app, "1") != qrTicket(app, "1") || qrTicket(app, "1") == qrTicket(app, "2") || qrTicket(app, "1") == qrTicket(otherApp, "1") {
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

func TestThreeTries(t *testing.T) {
	for rule, tc := range map[string]struct {
		fails  int
		answer string
		status int
		tries  int
		err    string
	}{
		"a second try may do":                {1, "", 500, 2, ""},
		"a third try may do":                 {2, "", 500, 3, ""},
		"three tries are all":                {9, "", 500, 3, "status 500"},
		"another success is none":            {9, "success", 201, 3, "status 201"},
		"a redirect is not followed":         {9, "", 302, 3, "status 302"},
		"any other text is no success":       {9, "ok", 200, 3, "neither success nor empty"},
		"success and more is no success":     {9, "success\n", 200, 3, "neither success nor empty"},
		"other XML is no success":            {9, "<html><MsgType>text</MsgType></html>", 200, 3, "neither success nor empty"},
		"a message without type is none":     {9, "<xml></xml>", 200, 3, "neither success nor empty"},
		"an answer too long is none":         {9, strings.Repeat("x", maxBody+1), 200, 3, "longer than"},
		"a cut connection is a failed try":   {2, "", -1, 3, ""},
		"an answer cut short is a bad try":   {2, "", -2, 3, ""},
		"an empty answer is success":         {9, "", 200, 1, ""},
		"success is success":                 {9, "success", 200, 1, ""},
		"a message in reply is success, too": {9, "<xml><MsgType><![CDATA[text]]></MsgType></xml>", 200, 1, ""},
	} {
		for mode, key := range modes {
			if key != "" && strings.HasPrefix(tc.answer, "<xml>") {
				continue // see TestEncryptedReply
			}
			g, v := pushRig(t, key)
			v.answer = func(w http.ResponseWriter, r *http.Request) {
				if len(v.all()) > tc.fails {
					return
				}
				switch tc.status {
				case -1:
					panic(http.ErrAbortHandler)
				case -2:
					w.Header().Set("Content-Length", "10")
					io.WriteString(w, "suc")
				default:
					w.Header().Set("Location", "/elsewhere")
					w.WriteHeader(tc.status)
					io.WriteString(w, tc.answer)
				}
			}
			err := g.Follow(context.Background(), app, "mei")
			if tc.err == "" && err != nil || tc.err != "" && (err == nil || !strings.Contains(err.Error(), tc.err)) {
				t.Errorf("rule: %s, %s; got %v", rule, mode, err)
			}
			if !g.Following(app, "mei") {
				t.Errorf("rule: who follows does so whether it can be told or not (%s)", rule)
			}
			got := v.all()
			if len(got) != tc.tries {
				t.Errorf("rule: %s, %s; got %d tries, want %d", rule, mode, len(got), tc.tries)
			}
			nonces, signatures := map[string]bool{}, map[string]bool{}
			for _, d := range got {
				nonces[d.query.Get("nonce")], signatures[d.query.Get("signature")] = true, true
				if d.plain != got[0].plain {
					t.Errorf("rule: each try has the same message, %s; got\n%s\n%s", mode, got[0].plain, d.plain)
				}
			}
			if len(nonces) != len(got) || len(signatures) != len(got) {
				t.Errorf("rule: each try has a nonce and a signature of its own, %s; got %v", mode, nonces)
			}
		}
	}
}

func TestEncryptedReply(t *testing.T) {
	const text = "<xml><MsgType>text</MsgType></xml>"
	for rule, tc := range map[string]struct{ answer, err string }{
		"is a success":                    {sealedReply(demoKey, pushToken, app, text), ""},
		"must be signed":                  {sealedReply(demoKey, "anotherToken", app, text), "MsgSignature"},
		"must be encrypted":               {text, "nor an encrypted message"},
		"must be for the account":         {sealedReply(demoKey, pushToken, otherApp, text), "another AppID"},
		"must be of the account's key":    {sealedReply("A"+demoKey[1:], pushToken, app, text), "the answer"},
		"must hold a message":             {sealedReply(demoKey, pushToken, app, "hello"), "neither success"},
		"must be XML":                     {"hello", "nor an encrypted message"},
		"must be padded as it should be!": {strings.Replace(sealedReply(demoKey, pushToken, app, text), "CDATA[", "CDATA[AAAA", 1), "MsgSignature"},
	} {
		g, v := pushRig(t, demoKey)
		v.answer = func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, tc.answer) }
		err := g.Follow(context.Background(), app, "mei")
		if tc.err == "" && err != nil || tc.err != "" && (err == nil || !strings.Contains(err.Error(), tc.err)) {
			t.Errorf("rule: an encrypted reply %s; got %v", rule, err)
		}
	}
}

// slow is a push address that never answers.
type slow struct{ tries []time.Time }

func (s *slow) RoundTrip(r *http.Request) (*http.Response, error) {
	s.tries = append(s.tries, time.Now())
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func TestNoAnswerWithinFiveSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t)
		dead := &slow{}
		g.client.Transport = dead
		g.SetPush(app, "http://app.example.com/push", pushToken, "")
		start := time.Now()
		err := g.Follow(context.Background(), app, "mei")
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 15*time.Second || len(dead.tries) != 3 ||
			dead.tries[1].Sub(start) != 5*time.Second {
			t.Errorf("rule: three tries of five seconds; got %d in %v, %v", len(dead.tries), time.Since(start), err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 7*time.Second)
		defer cancel()
		start = time.Now()
		if err := g.Unfollow(ctx, app, "mei"); err == nil || time.Since(start) != 7*time.Second || len(dead.tries) != 5 {
			t.Errorf("rule: the context ends the tries; got %d in %v, %v", len(dead.tries), time.Since(start), err)
		}
		start = time.Now()
		if err := g.VerifyPush(context.Background(), app); err == nil || time.Since(start) != 5*time.Second {
			t.Errorf("rule: verifying is one try; got %v, %v", time.Since(start), err)
		}
	})
}

func TestVerifyPush(t *testing.T) {
	for rule, tc := range map[string]struct {
		answer func(http.ResponseWriter, *http.Request)
		err    string
	}{
		"echostr, byte for byte, is right": {func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.URL.Query().Get("echostr")) }, ""},
		"with a line break it is not":      {func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, r.URL.Query().Get("echostr")) }, "byte for byte"},
		"success is not":                   {func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "success") }, "byte for byte"},
		"nothing is not":                   {func(w http.ResponseWriter, r *http.Request) {}, "byte for byte"},
		"another status is not": {func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(403)
			io.WriteString(w, r.URL.Query().Get("echostr"))
		}, "status 403"},
	} {
		for mode, key := range modes {
			g, v := pushRig(t, key)
			v.answer = tc.answer
			err := g.VerifyPush(context.Background(), app)
			if tc.err == "" && err != nil || tc.err != "" && (err == nil || !strings.Contains(err.Error(), tc.err)) {
				t.Errorf("rule: %s, %s; got %v", rule, mode, err)
			}
			if d := v.one(); d.method != "GET" || len(d.query.Get("echostr")) != 19 || d.query.Has("openid") {
				t.Errorf("rule: the address is verified by one GET with echostr, %s; got %+v", mode, d)
			}
		}
	}
	for _, appID := range []string{app, "wxunknown"} {
		if err := newRig(t).VerifyPush(context.Background(), appID); err == nil {
			t.Errorf("rule: without push address there is nothing to verify; %s", appID)
		}
	}
}

func TestPushSettings(t *testing.T) {
	g := newRig(t)
	for rule, tc := range map[string]struct{ url, token, key, wrong string }{
		"nothing is no push":                  {"", "", "", ""},
		"address and token are plain mode":    {"http://127.0.0.1:1/x?y=1", pushToken, "", ""},
		"a key makes it encrypted":            {"https://app.example.com/", pushToken, demoKey, ""},
		"a token may wait for its address":    {"", pushToken, demoKey, ""},
		"an address needs a token":            {"http://a/", "", "", "PushToken"},
		"a token has 3 characters":            {"http://a/", "ab", "", "PushToken"},
		"a token has 32 characters at most":   {"http://a/", strings.Repeat("a", 33), "", "PushToken"},
		"a token is letters and digits":       {"http://a/", "a-secret-token", "", "PushToken"},
		"an address is absolute":              {"/push", pushToken, "", "PushURL"},
		"an address is http or https":         {"ftp://a/", pushToken, "", "PushURL"},
		"an address has a host":               {"http://:80/", pushToken, "", "PushURL"},
		"an address has no user":              {"http://u:hidden@a/", pushToken, "", "PushURL"},
		"an address has no fragment":          {"http://a/#x", pushToken, "", "PushURL"},
		"an address has no control character": {"http://a/\n", pushToken, "", "PushURL"},
		"a key has 43 characters":             {"http://a/", pushToken, "short-hidden", "EncodingAESKey"},
	} {
		err := g.SetPush(app, tc.url, tc.token, tc.key)
		_, newErr := New(Config{Accounts: []Account{{AppID: "wx1", Secret: "s", Domain: "d", PushURL: tc.url, PushToken: tc.token, EncodingAESKey: tc.key}}})
		for _, err := range []error{err, newErr} {
			if tc.wrong == "" && err != nil || tc.wrong != "" && (err == nil || !strings.HasPrefix(err.Error(), "wxsim: ") || !strings.Contains(err.Error(), tc.wrong)) {
				t.Errorf("rule: %s; got %v", rule, err)
			}
			if err != nil && (strings.Contains(err.Error(), "hidden") || strings.Contains(err.Error(), "a-secret-token")) {
				t.Errorf("rule: an error shows no value (%s); got %v", rule, err)
			}
		}
	}
	if err := g.SetPush("wxunknown", "", "", ""); err == nil {
		t.Error("rule: the account must be known")
	}
	g, v := pushRig(t, "")
	g.SetPush(app, "", "", "")
	if err := g.Follow(context.Background(), app, "mei"); err != nil || len(v.all()) != 0 {
		t.Errorf("rule: without an address nothing is sent, and that is no error; got %v", err)
	}
}

func TestPushesAreShownWithoutSecrets(t *testing.T) {
	var log bytes.Buffer
	v := newReceiver(t, demoKey)
	g := newRig(t, func(c *Config) {
		c.Logger = slog.New(slog.NewJSONHandler(&log, nil))
		c.Accounts[0].PushURL, c.Accounts[0].PushToken, c.Accounts[0].EncodingAESKey = v.url+"&key=hush", pushToken, demoKey
	})
	ctx := context.Background()
	g.Follow(ctx, app, "mei")
	v.answer = func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(500) }
	said := []error{g.SendText(ctx, app, "mei", "private"), g.VerifyPush(ctx, app)}
	g.SetPush(app, "http://127.0.0.1:1/?key=hush", pushToken, demoKey) // nobody listens on port 1
	said = append(said, g.Unfollow(ctx, app, "mei"))
	stable, ticket := g.stableBody(false).AccessToken, ""
	token := g.coreText()
	ticket = g.get(PathTicket + "?type=jsapi&access_token=" + token).Body.String()
	ticket = regexp.MustCompile(`[\w-]{86}`).FindString(ticket)
	g.use(token)
	g.json(PathFollowers+"?access_token="+token, `{"user_list":[{"openid":"`+g.OpenID(app, "mei")+`"}]}`)
	page := g.get("/").Body.String()
	for _, e := range said {
		if e == nil || !strings.HasPrefix(e.Error(), "wxsim: ") {
			t.Fatalf("rule: a push that fails is an error; got %v", said)
		}
		page += e.Error()
	}
	for _, hidden := range []string{secret, token, stable, ticket, pushToken, demoKey, "hush", "private", "signature", g.OpenID(app, "mei"),
		v.all()[0].query.Get("signature"), v.all()[0].query.Get("nonce")} {
		if hidden == "" || strings.Contains(page, hidden) || strings.Contains(log.String(), hidden) {
			t.Errorf("rule: neither page, log nor error shows a secret, token, ticket, address or message; %q is there", hidden)
		}
	}
	for _, shown := range []string{"push=subscribe tries=1", ">delivered<", "push=text tries=3", "status 500", "push=verify tries=1", "push=unsubscribe tries=3",
		"grant_type=client_credential", "type=jsapi", PathStableToken, PathFollowers} {
		if !strings.Contains(page, shown) {
			t.Errorf("rule: the page shows each push and how it went, and the calls; no %q in\n%s", shown, page)
		}
	}
	if !strings.Contains(log.String(), `"what":"subscribe"`) {
		t.Errorf("rule: the log has the pushes, too; got %s", log.String())
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
