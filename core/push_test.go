package core

import (
	"context"
	"crypto/rand"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed467724c4/wechat/core/push"
	"github.com/seed467724c4/wechat/core/wxapi"
)

const (
	pushToken  = "PushTokenCanary"
	pushAESKey = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
)

// poster sends messages as WeChat does.
type poster struct {
	rig     *rig
	handler http.Handler
	key     *wxapi.PushKey // nil in plain mode
}

func (r *rig) poster(p push.Config) *poster {
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

// hookLog writes a line for every hook that is called.
type hookLog struct {
	mu    sync.Mutex
	lines []string
}

func (l *hookLog) add(format string, args ...any) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, fmt.Sprintf(format, args...))
	return nil
}

func (l *hookLog) config(key string) push.Config {
	return push.Config{
		Token: pushToken, EncodingAESKey: key,
		OnFollow:   func(_ context.Context, e push.FollowEvent) error { return l.add("follow %s %q", e.OpenID, e.Scene) },
		OnUnfollow: func(_ context.Context, e push.UnfollowEvent) error { return l.add("unfollow %s", e.OpenID) },
		OnScan:     func(_ context.Context, e push.ScanEvent) error { return l.add("scan %s %q", e.OpenID, e.Scene) },
		OnMessage:  func(_ context.Context, m push.Message) error { return l.add("%s %s", m.Type, m.OpenID) },
	}
}

func TestEveryMessageOfTheSimulatorReachesItsHook(t *testing.T) {
	for mode, key := range map[string]string{"明文模式": "", "安全模式": pushAESKey} {
		var l hookLog
		r := newRig(t)
		h, err := r.auth.PushHandler(l.config(key))
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(h)
		t.Cleanup(server.Close)
		if err := r.sim.SetPush(testAppID, server.URL, pushToken, key); err != nil {
			t.Fatal(err)
		}
		ctx, person := context.Background(), r.browser().person
		for _, err := range []error{
			r.sim.VerifyPush(ctx, testAppID), r.sim.Scan(ctx, testAppID, person, "1000000"), r.sim.SendText(ctx, testAppID, person, "a]]>b"),
			r.sim.Scan(ctx, testAppID, person, "7"), r.sim.Unfollow(ctx, testAppID, person),
		} {
			if err != nil {
				t.Errorf("rule: WeChat reads success (%s): %v", mode, err)
			}
		}
		r.auth.Close()
		id := r.sim.OpenID(testAppID, person)
		want := []string{"follow " + id + ` "1000000"`, "text " + id, "scan " + id + ` "7"`, "unfollow " + id}
		if !slices.Equal(l.lines, want) {
			t.Errorf("rule: every message reaches its hook, in order (%s): %q", mode, l.lines)
		}
	}
}
