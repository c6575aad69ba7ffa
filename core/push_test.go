package core

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/seed467724c4/wechat/core/wxapi"
)

const (
	pushToken  = "push-token-canary"
	pushAESKey = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
)

// poster sends messages as WeChat does.
type poster struct {
	rig     *rig
	handler http.Handler
	key     *wxapi.PushKey // nil in plain mode
}

func (r *rig) poster(p Push) *poster {
	r.t.Helper()
	p.Token = pushToken
	h, err := r.auth.PushHandler(p)
	if err != nil {
		r.t.Fatal(err)
	}
	out := &poster{rig: r, handler: h}
	if p.EncodingAESKey != "" {
		if out.key, err = wxapi.NewPushKey(testAppID, p.EncodingAESKey); err != nil {
			r.t.Fatal(err)
		}
	}
	return out
}

// sha1Of is WeChat's signature, worked out by itself.
func sha1Of(parts ...string) string {
	slices.Sort(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, "")))
	return hex.EncodeToString(sum[:])
}

// query is what WeChat appends to the address, signed.
func (p *poster) query(encrypted string) url.Values {
	timestamp, nonce := strconv.FormatInt(p.rig.now().Unix(), 10), rand.Text()
	q := url.Values{"timestamp": {timestamp}, "nonce": {nonce}, "signature": {sha1Of(pushToken, timestamp, nonce)}}
	if encrypted != "" {
		q.Set("encrypt_type", "aes")
		q.Set("msg_signature", sha1Of(pushToken, timestamp, nonce, encrypted))
	}
	return q
}

func (p *poster) send(method string, q url.Values, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	p.handler.ServeHTTP(w, httptest.NewRequest(method, "/push?"+q.Encode(), strings.NewReader(body)))
	return w
}

// post delivers one message once.
func (p *poster) post(message string) *httptest.ResponseRecorder {
	if p.key == nil {
		return p.send("POST", p.query(""), message)
	}
	encrypted := p.key.Encrypt([]byte(message))
	return p.send("POST", p.query(encrypted), envelope(encrypted))
}

func envelope(encrypted string) string {
	return "<xml>\n<ToUserName><![CDATA[gh_1]]></ToUserName>\n<Encrypt><![CDATA[" + encrypted + "]]></Encrypt>\n</xml>"
}

// event is an event's XML as WeChat writes it.
func event(openID, name, key string, at time.Time, more ...string) string {
	return "<xml>\n<ToUserName><![CDATA[gh_1]]></ToUserName>\n<FromUserName><![CDATA[" + openID + "]]></FromUserName>\n<CreateTime>" +
		strconv.FormatInt(at.Unix(), 10) + "</CreateTime>\n<MsgType><![CDATA[event]]></MsgType>\n<Event><![CDATA[" + name +
		"]]></Event>\n<EventKey><![CDATA[" + key + "]]></EventKey>\n" + strings.Join(more, "") + "</xml>"
}

// ledger counts what hooks were called with.
type ledger struct {
	mu    sync.Mutex
	lines []string
}

func (l *ledger) add(format string, args ...any) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, fmt.Sprintf(format, args...))
	return nil
}

func (l *ledger) push(p Push) Push {
	p.OnFollow = func(_ context.Context, e FollowEvent) error {
		return l.add("follow %s %q %s", e.OpenID, e.Scene, e.Ticket)
	}
	p.OnUnfollow = func(_ context.Context, e UnfollowEvent) error { return l.add("unfollow %s", e.OpenID) }
	p.OnScan = func(_ context.Context, e ScanEvent) error {
		return l.add("scan %s %q %s", e.OpenID, e.Scene, e.Ticket)
	}
	p.OnMessage = func(_ context.Context, m PushMessage) error {
		return l.add("%s %s %s %s", m.Type, m.Event, m.ID, m.OpenID)
	}
	return p
}

// read waits for the hooks and returns what they saw.
func (l *ledger) read(a *Auth) []string {
	a.work.working.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.lines)
}

func TestPushHooks(t *testing.T) {
	text := "<xml><ToUserName>gh_1</ToUserName><FromUserName>oAlice_1</FromUserName><CreateTime>%d</CreateTime><MsgType>text</MsgType><Content>hi</Content><MsgId>%s</MsgId></xml>"
	for mode, key := range map[string]string{"plain": "", "AES": pushAESKey} {
		r := newRig(t)
		now := r.now()
		for _, tt := range []struct{ rule, message, want string }{
			{"a follow", event("oAlice_1", "subscribe", "", now), `follow oAlice_1 "" `},
			{"a follow by a QR code tells its parameter", event("oAlice_1", "subscribe", "qrscene_1000000", now, "<Ticket><![CDATA[gQHr8ToA]]></Ticket>"), `follow oAlice_1 "1000000" gQHr8ToA`},
			{"an unfollow", event("oAlice_1", "unsubscribe", "", now), "unfollow oAlice_1"},
			{"a follow by another way has no parameter", event("oAlice_1", "subscribe", "last_trade_no_4008", now), `follow oAlice_1 "" `},
			{"a scan", event("oAlice_1", "SCAN", "1000000", now, "<Ticket><![CDATA[gQHr8ToA]]></Ticket>"), `scan oAlice_1 "1000000" gQHr8ToA`},
			{"an event that brings the number of a message", event("oAlice_1", "CLICK", "menu", now.Add(time.Second), "<MsgId>7</MsgId>"), "event CLICK  oAlice_1"},
			{"another one with that number", event("oAlice_1", "CLICK", "menu", now.Add(2*time.Second), "<MsgId>7</MsgId>"), "event CLICK  oAlice_1"},
			{"any other event", event("oAlice_1", "CLICK", "menu", now), "event CLICK  oAlice_1"},
			{"a message", fmt.Sprintf(text, now.Unix(), "1"), "text  1 oAlice_1"},
			{"a message behind an XML declaration", `<?xml version="1.0" encoding="utf-8"?>` + fmt.Sprintf(text, now.Unix(), "2"), "text  2 oAlice_1"},
		} {
			var l ledger
			p := r.poster(l.push(Push{EncodingAESKey: key}))
			if w := p.post(tt.message); w.Code != 200 || w.Body.String() != "success" {
				t.Errorf("rule: %s reaches its hook (%s): %d %s", tt.rule, mode, w.Code, w.Body)
			}
			if got := l.read(r.auth); !slices.Equal(got, []string{tt.want}) {
				t.Errorf("rule: %s reaches its hook, once (%s): %q", tt.rule, mode, got)
			}
		}
	}
}

func TestPushAddressIsVerified(t *testing.T) {
	r := newRig(t)
	p := r.poster(Push{})
	good := p.query("")
	good.Set("echostr", "5837397520665436492")
	if w := p.send("GET", good, ""); w.Code != 200 || w.Body.String() != "5837397520665436492" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("rule: the console reads back what it sent: %d %s", w.Code, w.Body)
	}
	for rule, change := range map[string]func(url.Values){
		"a wrong signature":          func(q url.Values) { q.Set("signature", sha1Of("other", q.Get("timestamp"), q.Get("nonce"))) },
		"no signature":               func(q url.Values) { q.Del("signature") },
		"an empty token's signature": func(q url.Values) { q.Set("signature", sha1Of("", q.Get("timestamp"), q.Get("nonce"))) },
		"nothing to echo":            func(q url.Values) { q.Del("echostr") },
		"a page to echo":             func(q url.Values) { q.Set("echostr", strings.Repeat("<script>", 100)) },
	} {
		q := url.Values{}
		for name, values := range good {
			q[name] = slices.Clone(values)
		}
		change(q)
		if w := p.send("GET", q, ""); w.Code != 403 || w.Body.Len() != 0 {
			t.Errorf("rule: %s is refused: %d %s", rule, w.Code, w.Body)
		}
	}
	if w := p.send("PUT", good, ""); w.Code != 405 || w.Header().Get("Allow") != "GET, POST" {
		t.Errorf("rule: WeChat uses GET and POST: %d", w.Code)
	}
}

// forge makes 300 messages that WeChat never sent, out of one that it did.
func (p *poster) forge(message string) (all []struct {
	rule string
	q    url.Values
	body string
}) {
	add := func(rule string, q url.Values, body string) {
		all = append(all, struct {
			rule string
			q    url.Values
			body string
		}{rule, q, body})
	}
	signature, encrypted := "signature", ""
	body := func() string { return message }
	if p.key != nil {
		signature = "msg_signature"
		encrypted = p.key.Encrypt([]byte(message))
		body = func() string { return envelope(encrypted) }
	}
	right := p.query(encrypted)[signature][0]
	for i := range 40 {
		q := p.query(encrypted)
		turned := []byte(q.Get(signature))
		turned[i] = "0123456789abcdef"[(strings.IndexByte("0123456789abcdef", turned[i])+1)%16]
		q.Set(signature, string(turned))
		add("a signature with one wrong digit", q, body())
		q = p.query(encrypted)
		q.Set(signature, right[:i])
		add("a signature that is too short, and of another time", q, body())
	}
	for i := range 30 {
		for _, sign := range []int{1, -1} {
			q := p.query(encrypted)
			timestamp := strconv.FormatInt(p.rig.now().Add(time.Duration(sign)*(pushWindow+time.Duration(1+i*i)*time.Minute)).Unix(), 10)
			q.Set("timestamp", timestamp)
			q.Set("signature", sha1Of(pushToken, timestamp, q.Get("nonce")))
			if p.key != nil {
				q.Set("msg_signature", sha1Of(pushToken, timestamp, q.Get("nonce"), encrypted))
			}
			add("a right signature of another hour", q, body())
		}
		q := p.query(encrypted)
		other := sha1Of(fmt.Sprint("token", i), q.Get("timestamp"), q.Get("nonce"))
		if p.key != nil {
			other = sha1Of(fmt.Sprint("token", i), q.Get("timestamp"), q.Get("nonce"), encrypted)
		}
		q.Set(signature, other)
		add("another token's signature", q, body())
	}
	for _, name := range []string{"timestamp", "nonce", signature} {
		for _, value := range []string{"", "0", "-1", "1e9", "９", strings.Repeat("1", 5000), "%00", right} {
			q := p.query(encrypted)
			if q.Set(name, value); value == "" {
				q.Del(name)
			}
			add("a parameter "+name+" of another value", q, body())
		}
	}
	for i := 0; len(all) < 300; i++ {
		q := p.query(encrypted)
		if p.key == nil {
			q.Set("signature", sha1Of(pushToken, q.Get("nonce"), fmt.Sprint(i)))
			add("a signature over other things", q, body())
			continue
		}
		other := []byte(encrypted)
		at := i % (len(other) - 4)
		other[at] ^= 1
		add("another ciphertext under the signature", q, envelope(string(other)))
		q = p.query("")
		q.Set("encrypt_type", "aes")
		add("no signature of the ciphertext", q, body())
		add("a plain message where encryption is demanded", p.query(""), message)
		q = p.query(encrypted)
		q.Set("msg_signature", q.Get("signature"))
		add("the signature of the plain parts", q, body())
	}
	return all
}

func TestNoForgedMessageIsAccepted(t *testing.T) {
	for mode, key := range map[string]string{"plain": "", "AES": pushAESKey} {
		r := newRig(t)
		var l ledger
		p := r.poster(l.push(Push{EncodingAESKey: key}))
		forged := p.forge(event("oAlice_1", "subscribe", "", r.now()))
		for _, f := range forged {
			if w := p.send("POST", f.q, f.body); w.Code != 403 || w.Body.Len() != 0 {
				t.Errorf("rule: %s is refused without a word (%s): %d %s", f.rule, mode, w.Code, w.Body)
			}
		}
		if got := l.read(r.auth); len(forged) < 300 || len(got) != 0 {
			t.Errorf("rule: nothing forged is accepted (%s): %d of %d", mode, len(got), len(forged))
		}
		if n := strings.Count(r.log.String(), "a message was refused"); n != 1 {
			t.Errorf("rule: an attacker does not fill the log (%s): %d lines", mode, n)
		}
		for i := range 100 {
			p.post(event(fmt.Sprintf("oPerson_%d", i), "subscribe", "", r.now()))
		}
		if got := l.read(r.auth); len(got) != 100 {
			t.Errorf("rule: what is genuine is accepted beside it (%s): %d of 100", mode, len(got))
		}
		t.Logf("%s: %d forged, 0 accepted", mode, len(forged))
	}
}

func TestMutatedCiphertexts(t *testing.T) {
	r := newRig(t)
	var l ledger
	p := r.poster(l.push(Push{EncodingAESKey: pushAESKey}))
	encrypted := p.key.Encrypt([]byte(event("oAlice_1", "subscribe", "", r.now())))
	letters := "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_ \n<"
	for i := range 10000 {
		b := []byte(encrypted)
		switch i % 4 {
		case 0:
			b[i%len(b)] = letters[(strings.IndexByte(letters, b[i%len(b)])+1+i/len(b))%len(letters)]
		case 1:
			b = b[:i%len(b)]
		case 2:
			at := i % len(b)
			b = slices.Concat(b[:at], b[at:at+min(16, len(b)-at)], b[at:])
		case 3:
			b = slices.Concat(b[i%len(b):], b[:i%len(b)])
		}
		if string(b) == encrypted {
			continue
		}
		// Signed, as whoever knows the token but not the key could.
		if w := p.send("POST", p.query(string(b)), envelope(string(b))); w.Code == 200 {
			t.Fatalf("rule: a ciphertext that was changed is not accepted: %q", b)
		}
	}
	if got := l.read(r.auth); len(got) != 0 {
		t.Errorf("rule: a ciphertext that was changed reaches nobody: %q", got)
	}
}

func TestAnotherAccountsMessageIsRefused(t *testing.T) {
	r := newRig(t)
	p := r.poster(Push{EncodingAESKey: pushAESKey})
	var err error
	if p.key, err = wxapi.NewPushKey("wxffffffffffffffff", pushAESKey); err != nil {
		t.Fatal(err)
	}
	if w := p.post(event("oAlice_1", "subscribe", "", r.now())); w.Code != 403 {
		t.Errorf("rule: a message for another account is refused: %d", w.Code)
	}
}

func TestWhatIsNoMessageIsRefused(t *testing.T) {
	now := time.Now().Unix()
	rest := fmt.Sprintf("<FromUserName>oAlice_1</FromUserName><CreateTime>%d</CreateTime><MsgType>event</MsgType><Event>subscribe</Event>", now)
	bodies := map[string]string{
		"nothing":                 "",
		"no XML":                  "hello",
		"JSON":                    `{"FromUserName":"oAlice_1"}`,
		"half a message":          "<xml>" + rest,
		"a document type":         "<!DOCTYPE xml><xml>" + rest + "</xml>",
		"an external entity":      `<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml>` + rest + "<A>&a;</A></xml>",
		"an entity bomb":          `<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><xml>` + rest + "<A>&b;</A></xml>",
		"an undeclared entity":    "<xml>" + rest + "<A>&a;</A></xml>",
		"a directive inside":      "<xml>" + rest + "<!ELEMENT a ANY></xml>",
		"another instruction":     "<?php x ?><xml>" + rest + "</xml>",
		"an instruction inside":   "<xml>" + rest + `<?xml version="1.0"?></xml>`,
		"another root":            "<html>" + rest + "</html>",
		"a root of a name space":  `<a:xml xmlns:a="b">` + rest + "</a:xml>",
		"two roots":               "<xml>" + rest + "</xml><xml>" + rest + "</xml>",
		"an empty second root":    "<xml>" + rest + "</xml><xml></xml>",
		"text behind the root":    "<xml>" + rest + "</xml>x",
		"text in the root":        "<xml>x" + rest + "</xml>",
		"a person twice":          "<xml>" + rest + "<FromUserName>oMallory</FromUserName></xml>",
		"an event twice":          "<xml>" + rest + "<Event>unsubscribe</Event></xml>",
		"too deep":                "<xml>" + rest + strings.Repeat("<a>", maxPushDepth) + strings.Repeat("</a>", maxPushDepth) + "</xml>",
		"8,000 elements deep":     "<xml>" + strings.Repeat("<a>", 8000) + strings.Repeat("</a>", 8000) + rest + "</xml>",
		"no person":               strings.Replace("<xml>"+rest+"</xml>", "oAlice_1", "", 1),
		"a person of odd letters": strings.Replace("<xml>"+rest+"</xml>", "oAlice_1", "o'; drop", 1),
		"no time":                 strings.Replace("<xml>"+rest+"</xml>", fmt.Sprint(now), "", 1),
		"a time of long ago":      strings.Replace("<xml>"+rest+"</xml>", fmt.Sprint(now), "-5", 1),
		"no type":                 strings.Replace("<xml>"+rest+"</xml>", "<MsgType>event</MsgType>", "", 1),
		"no event":                strings.Replace("<xml>"+rest+"</xml>", "<Event>subscribe</Event>", "", 1),
		"a text without an id":    strings.Replace("<xml>"+rest+"</xml>", "<MsgType>event</MsgType>", "<MsgType>text</MsgType>", 1),
		"broken UTF-8":            "<xml>" + rest + "<A>\xff</A></xml>",
		"a control byte":          "<xml>" + rest + "<A>\x00</A></xml>",
		"another charset":         `<?xml version="1.0" encoding="gbk"?><xml>` + rest + "</xml>",
		"elements that cross":     "<xml>" + rest + "<A><B></A></B></xml>",
		"an open comment":         "<xml>" + rest + "<!-- </xml>",
		"an open CDATA":           "<xml>" + rest + "<A><![CDATA[</A></xml>",
		"an attribute unquoted":   "<xml>" + rest + "<A b=c></A></xml>",
		"a person as an element":  strings.Replace("<xml>"+rest+"</xml>", "oAlice_1", "<a>oAlice_1</a>", 1),
	}
	for mode, key := range map[string]string{"plain": "", "AES": pushAESKey} {
		for rule, body := range bodies {
			r := newRig(t)
			var l ledger
			p := r.poster(l.push(Push{EncodingAESKey: key}))
			w := p.post(body)
			if got := l.read(r.auth); w.Code != 400 && !(w.Code == 413 && rule == "8,000 elements deep") || len(got) != 0 {
				t.Errorf("rule: %s is no message (%s): %d %q", rule, mode, w.Code, got)
			}
		}
	}
	r := newRig(t)
	p := r.poster(Push{})
	if w := p.post("<xml>" + strings.Repeat(" ", maxPush) + "</xml>"); w.Code != 413 {
		t.Errorf("rule: a message has at most 64 KiB: %d", w.Code)
	}
}

func TestOneSignatureCarriesOneMessage(t *testing.T) {
	r := newRig(t)
	var l ledger
	p := r.poster(l.push(Push{}))
	q := p.query("")
	first := event("oAlice_1", "subscribe", "", r.now())
	for _, tt := range []struct {
		rule, body string
		want       int
	}{
		{"the message", first, 200}, {"the same message again", first, 200},
		{"another one under its signature", event("oAlice_1", "unsubscribe", "", r.now()), 403},
	} {
		if w := p.send("POST", q, tt.body); w.Code != tt.want {
			t.Errorf("rule: one signature carries one message: %s: %d", tt.rule, w.Code)
		}
	}
	// The signature is of time and nonce in one: a nought may be of either.
	q = p.query("")
	timestamp := q.Get("timestamp")
	q.Set("nonce", "0120")
	q.Set("signature", sha1Of(pushToken, timestamp, "0120"))
	if w := p.send("POST", q, event("oBob_123", "unsubscribe", "", r.now())); w.Code != 200 {
		t.Errorf("%d", w.Code)
	}
	q.Set("timestamp", "0"+timestamp)
	q.Set("nonce", "012")
	if sha1Of(pushToken, "0"+timestamp, "012") != q.Get("signature") {
		q.Set("nonce", "120") // whichever way the parts sort
	}
	if w := p.send("POST", q, event("oEve_1234", "subscribe", "", r.now())); w.Code != 403 {
		t.Errorf("rule: one signature carries one message, however time and nonce are cut: %d", w.Code)
	}
	if got := l.read(r.auth); len(got) != 2 {
		t.Errorf("rule: one signature carries one message: %q", got)
	}
}

func TestRetriesAreHandledOnce(t *testing.T) {
	for mode, key := range map[string]string{"plain": "", "AES": pushAESKey} {
		r := newRig(t)
		var handled, wrong atomic.Int64
		p := r.poster(Push{EncodingAESKey: key, OnFollow: func(context.Context, FollowEvent) error {
			handled.Add(1)
			return nil
		}})
		var senders sync.WaitGroup
		for i := range 1000 {
			for range 3 {
				senders.Go(func() {
					for p.post(event(fmt.Sprintf("oPerson_%d", i), "subscribe", "", r.now())).Code != 200 {
						wrong.Add(1) // too much to do at once: WeChat sends it again
					}
				})
			}
		}
		senders.Wait()
		r.auth.work.working.Wait()
		if handled.Load() != 1000 {
			t.Errorf("rule: 1,000 events sent three times are handled 1,000 times (%s): %d", mode, handled.Load())
		}
		t.Logf("%s: 1,000 events, 3,000 deliveries, %d handled, %d sent again", mode, handled.Load(), wrong.Load())
	}
}

func TestEventsOfOneSecondAreToldApartByTheirNumber(t *testing.T) {
	r := newRig(t)
	var l ledger
	p := r.poster(l.push(Push{}))
	for _, number := range []string{"1", "2", "2"} {
		p.post(event("oAlice_1", "TEMPLATESENDJOBFINISH", "", r.now(), "<MsgID>"+number+"</MsgID>"))
	}
	if got := l.read(r.auth); len(got) != 2 {
		t.Errorf("rule: two of one second are two, one sent twice is one: %q", got)
	}
}

func TestRetriesToAnotherNodeAreHandledOnce(t *testing.T) {
	var l ledger
	shared := newMemory()
	r := newRig(t, func(c *Config) { c.Cache = shared })
	one := r.poster(l.push(Push{}))
	first := r.auth
	r.auth = r.instance(func(c *Config) { c.Cache = shared })
	two := r.poster(l.push(Push{}))
	message := event("oAlice_1", "subscribe", "", r.now())
	one.post(message)
	l.read(first)
	two.post(message)
	if got := l.read(r.auth); len(got) != 1 {
		t.Errorf("rule: a message that one node handled is not handled by another: %q", got)
	}
}

func TestTheAnswerDoesNotWaitForTheHook(t *testing.T) {
	r := newRig(t)
	goOn := make(chan struct{})
	var l ledger
	p := l.push(Push{})
	p.OnFollow = func(_ context.Context, e FollowEvent) error {
		<-goOn
		return l.add("follow %s", e.OpenID)
	}
	post := r.poster(p)
	if w := post.post(event("oAlice_1", "subscribe", "", r.now())); w.Code != 200 {
		t.Errorf("rule: WeChat is answered before the work is done: %d", w.Code)
	}
	post.post(event("oAlice_1", "unsubscribe", "", r.now().Add(time.Second)))
	post.post(event("oBob_123", "unsubscribe", "", r.now()))
	for len(func() []string { l.mu.Lock(); defer l.mu.Unlock(); return l.lines }()) == 0 {
		runtime.Gosched() // somebody else's work is not held up
	}
	close(goOn)
	if got := l.read(r.auth); !slices.Equal(got, []string{"unfollow oBob_123", "follow oAlice_1", "unfollow oAlice_1"}) {
		t.Errorf("rule: one person's messages are worked on in their order: %q", got)
	}
}

// slowStore takes as long as it is given.
type slowStore struct{ scs.Store }

func (slowStore) FindCtx(ctx context.Context, _ string) ([]byte, bool, error) {
	<-ctx.Done()
	return nil, false, ctx.Err()
}
func (slowStore) CommitCtx(ctx context.Context, _ string, _ []byte, _ time.Time) error {
	<-ctx.Done()
	return ctx.Err()
}
func (slowStore) DeleteCtx(ctx context.Context, _ string) error { <-ctx.Done(); return ctx.Err() }

func TestWeChatIsAnsweredWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		auth, err := newAuth(Config{AppID: testAppID, AppSecret: testSecret, Cache: slowStore{newMemory()}, Logger: slog.New(slog.DiscardHandler)}, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		defer auth.Close()
		p := (&rig{t: t, auth: auth, time: time.Now()}).poster(Push{OnFollow: func(context.Context, FollowEvent) error {
			time.Sleep(pushBudget) // the clock of synctest: nobody waits
			return nil
		}})
		began := time.Now()
		w := p.post(event("oAlice_1", "subscribe", "", began))
		if took := time.Since(began); w.Code != 200 || took > time.Second {
			t.Errorf("rule: WeChat is answered within a second, however slow cache and hook are: %d after %v", w.Code, took)
		}
	})
}

func TestTooMuchToDoIsSentAgain(t *testing.T) {
	r := newRig(t)
	goOn := make(chan struct{})
	var handled atomic.Int64
	p := r.poster(Push{OnFollow: func(context.Context, FollowEvent) error {
		<-goOn
		handled.Add(1)
		return nil
	}})
	message := func(i int) string { return event(fmt.Sprintf("oPerson_%d", i), "subscribe", "", r.now()) }
	for i := range maxPushWork {
		p.post(message(i))
	}
	if w := p.post(message(maxPushWork)); w.Code != 503 || w.Header().Get("Retry-After") == "" {
		t.Errorf("rule: what there is no room for is not acknowledged: %d", w.Code)
	}
	close(goOn)
	r.auth.work.working.Wait()
	if w := p.post(message(maxPushWork)); w.Code != 200 {
		t.Errorf("rule: what is sent again is taken: %d", w.Code)
	}
	r.auth.work.working.Wait()
	if handled.Load() != maxPushWork+1 {
		t.Errorf("rule: nothing is lost and nothing done twice: %d", handled.Load())
	}
}

func TestAHookThatFailsHarmsNobody(t *testing.T) {
	r := newRig(t)
	calls := 0
	p := r.poster(Push{OnFollow: func(_ context.Context, e FollowEvent) error {
		if calls++; calls == 1 {
			panic("secret of the app's")
		}
		return errors.New("table is locked")
	}})
	for i := range 2 {
		if w := p.post(event("oAlice_1", "subscribe", "", r.now().Add(time.Duration(i)*time.Second))); w.Code != 200 {
			t.Errorf("%d", w.Code)
		}
	}
	r.auth.work.working.Wait()
	log := r.log.String()
	if !strings.Contains(log, "panic of type string") || !strings.Contains(log, "table is locked") || strings.Contains(log, "secret of") || strings.Contains(log, "oAlice_1") {
		t.Errorf("rule: a hook that fails is logged, without what a panic holds or whose message it was: %s", log)
	}
}

func TestCloseWaitsForHooks(t *testing.T) {
	r := newRig(t)
	goOn := make(chan struct{})
	ended := false
	p := r.poster(Push{OnFollow: func(ctx context.Context, _ FollowEvent) error {
		<-goOn
		ended = ctx.Err() == nil
		return nil
	}})
	p.post(event("oAlice_1", "subscribe", "", r.now()))
	go func() {
		for !r.auth.work.isClosed() {
			runtime.Gosched()
		}
		close(goOn)
	}()
	r.auth.Close()
	if !ended {
		t.Error("rule: Close waits for hooks, and lets them work meanwhile")
	}
	if w := p.post(event("oAlice_1", "unsubscribe", "", r.now())); w.Code != 503 {
		t.Errorf("rule: nothing is acknowledged that nobody works on: %d", w.Code)
	}
}

func (q *queue) isClosed() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.closed
}

func TestPushSettingsAreChecked(t *testing.T) {
	r := newRig(t)
	for rule, p := range map[string]Push{
		"an empty token":          {},
		"a key that is too short": {Token: pushToken, EncodingAESKey: "abc"},
		"a key that is no base64": {Token: pushToken, EncodingAESKey: strings.Repeat("!", 43)},
	} {
		h, err := r.auth.PushHandler(p)
		if h != nil || err == nil || !strings.HasPrefix(err.Error(), "wechat: ") || strings.Contains(err.Error(), pushToken) {
			t.Errorf("rule: %s is refused when the handler is made: %v", rule, err)
		}
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%v %+v %#v %s %d", Push{Token: pushToken, EncodingAESKey: pushAESKey}, Push{Token: pushToken}, Push{Token: pushToken}, Push{Token: pushToken}, Push{Token: pushToken})
	h, err := r.auth.PushHandler(Push{Token: pushToken, EncodingAESKey: pushAESKey})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&b, "%v %+v %#v %s %d %v", h, h, h, h, h, FollowEvent{PushMessage: PushMessage{OpenID: "oAlice_1_whole", XML: []byte(pushToken)}})
	r.auth.config.logger().Info("x", "handler", h, "event", UnfollowEvent{PushMessage{OpenID: "oAlice_1_whole"}})
	b.WriteString(r.log.String())
	if s := b.String(); strings.Contains(s, "oAlice_1_whole") {
		t.Errorf("rule: a message is printed without whose it is: %s", s)
	}
	if s := b.String(); strings.Contains(s, pushToken) || strings.Contains(s, pushAESKey) {
		t.Errorf("rule: a token is never printed: %s", s)
	}
}
