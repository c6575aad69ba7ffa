package push

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

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
			{"a message that looks like an event", strings.Replace(fmt.Sprintf(text, now.Unix(), "3"), "<Content>", "<Event>subscribe</Event><Content>", 1), "text  3 oAlice_1"},
			{"a message behind an XML declaration", `<?xml version="1.0" encoding="utf-8"?>` + fmt.Sprintf(text, now.Unix(), "2"), "text  2 oAlice_1"},
		} {
			var l ledger
			p := r.poster(l.hooks(Config{EncodingAESKey: key}))
			if w := p.post(tt.message); w.Code != 200 || w.Body.String() != "success" {
				t.Errorf("rule: %s reaches its hook (%s): %d %s", tt.rule, mode, w.Code, w.Body)
			}
			if got := l.read(r.receiver); !slices.Equal(got, []string{tt.want}) {
				t.Errorf("rule: %s reaches its hook, once (%s): %q", tt.rule, mode, got)
			}
		}
	}
}

func TestOnlyTheEncryptedPartOfAMixedMessageCounts(t *testing.T) {
	r := newRig(t)
	var l ledger
	p := r.poster(l.hooks(Config{EncodingAESKey: pushAESKey}))
	encrypted := p.key.Encrypt([]byte(event("oAlice_1", "subscribe", "", r.now())))
	plain := event("oMallory_1", "unsubscribe", "", r.now())
	mixed := strings.Replace(plain, "</xml>", "<Encrypt><![CDATA["+encrypted+"]]></Encrypt></xml>", 1)
	if w := p.send("POST", p.query(encrypted), mixed); w.Code != 200 {
		t.Errorf("rule: 兼容模式 is taken: %d", w.Code)
	}
	if got := l.read(r.receiver); !slices.Equal(got, []string{`follow oAlice_1 "" `}) {
		t.Errorf("rule: of a message that is there twice, only what is signed counts: %q", got)
	}
}

func TestTheSignatureOfTheModeCounts(t *testing.T) {
	for rule, c := range map[string]struct {
		key, spoilt string
		want        int
	}{
		"明文模式: time and nonce are signed":                     {"", "signature", 403},
		"明文模式: there is no other signature":                   {"", "msg_signature", 200},
		"安全模式: the message is signed":                         {pushAESKey, "msg_signature", 403},
		"安全模式: the signature of time and nonce is not needed": {pushAESKey, "signature", 200},
	} {
		for _, to := range []string{"", "0"} {
			r := newRig(t)
			p := r.poster(Config{EncodingAESKey: c.key})
			message, encrypted := event("oAlice_1", "CLICK", "", r.now()), ""
			if c.key != "" {
				encrypted = p.key.Encrypt([]byte(message))
				message = envelope(encrypted)
			}
			q := p.query(encrypted)
			q.Set(c.spoilt, to)
			if w := p.send("POST", q, message); w.Code != c.want {
				t.Errorf("rule: %s: with %s=%q: %d, want %d", rule, c.spoilt, to, w.Code, c.want)
			}
		}
	}
}

func TestPushAddressIsVerified(t *testing.T) {
	r := newRig(t)
	p := r.poster(Config{})
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

func TestPushSettingsAreChecked(t *testing.T) {
	r := newRig(t)
	for rule, p := range map[string]Config{
		"an empty token":          {},
		"a key that is too short": {Token: pushToken, EncodingAESKey: "abc"},
		"a key that is no base64": {Token: pushToken, EncodingAESKey: strings.Repeat("!", 43)},
	} {
		h, err := r.receiver.Handler(p)
		if h != nil || err == nil || !strings.HasPrefix(err.Error(), "wechat: ") || strings.Contains(err.Error(), pushToken) {
			t.Errorf("rule: %s is refused when the handler is made: %v", rule, err)
		}
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%v %+v %#v %s %d", Config{Token: pushToken, EncodingAESKey: pushAESKey}, Config{Token: pushToken}, Config{Token: pushToken}, Config{Token: pushToken}, Config{Token: pushToken})
	h, err := r.receiver.Handler(Config{Token: pushToken, EncodingAESKey: pushAESKey})
	if err != nil {
		t.Fatal(err)
	}
	e := FollowEvent{Message: Message{OpenID: "oAlice_1_whole", XML: []byte(pushToken)}}
	fmt.Fprintf(&b, "%v %+v %#v %s %d %v %+v %#v %d", h, h, h, h, h, e, e, e, e)
	r.receiver.account.Logger.Info("x", "handler", h, "event", e)
	slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "handler", h, "event", e)
	b.WriteString(r.log.String())
	if s := b.String(); strings.Contains(s, "oAlice_1_whole") {
		t.Errorf("rule: a message is printed without whose it is: %s", s)
	}
	if s := b.String(); strings.Contains(s, pushToken) || strings.Contains(s, pushAESKey) {
		t.Errorf("rule: a token is never printed: %s", s)
	}
}
