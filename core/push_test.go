package core

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

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
			{"a message that looks like an event", strings.Replace(fmt.Sprintf(text, now.Unix(), "3"), "<Content>", "<Event>subscribe</Event><Content>", 1), "text  3 oAlice_1"},
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

func TestOnlyTheEncryptedPartOfAMixedMessageCounts(t *testing.T) {
	r := newRig(t)
	var l ledger
	p := r.poster(l.push(Push{EncodingAESKey: pushAESKey}))
	encrypted := p.key.Encrypt([]byte(event("oAlice_1", "subscribe", "", r.now())))
	plain := event("oMallory_1", "unsubscribe", "", r.now())
	mixed := strings.Replace(plain, "</xml>", "<Encrypt><![CDATA["+encrypted+"]]></Encrypt></xml>", 1)
	if w := p.send("POST", p.query(encrypted), mixed); w.Code != 200 {
		t.Errorf("rule: 兼容模式 is taken: %d", w.Code)
	}
	if got := l.read(r.auth); !slices.Equal(got, []string{`follow oAlice_1 "" `}) {
		t.Errorf("rule: of a message that is there twice, only what is signed counts: %q", got)
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
	e := FollowEvent{PushMessage: PushMessage{OpenID: "oAlice_1_whole", XML: []byte(pushToken)}}
	fmt.Fprintf(&b, "%v %+v %#v %s %d %v %+v %#v %d", h, h, h, h, h, e, e, e, e)
	r.auth.config.logger().Info("x", "handler", h, "event", e)
	slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "handler", h, "event", e)
	b.WriteString(r.log.String())
	if s := b.String(); strings.Contains(s, "oAlice_1_whole") {
		t.Errorf("rule: a message is printed without whose it is: %s", s)
	}
	if s := b.String(); strings.Contains(s, pushToken) || strings.Contains(s, pushAESKey) {
		t.Errorf("rule: a token is never printed: %s", s)
	}
}
