package push

import (
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

	"github.com/alexedwards/scs/v2"

	"github.com/seed467724c4/wechat/core/internal/vault"
	"github.com/seed467724c4/wechat/core/wxapi"
)

const testAppID = "wx0123456789abcdef"

// rig is a receiver with a clock, a log, followers and refresh tokens of its own.
type rig struct {
	t        testing.TB
	receiver *Receiver
	log      *ledger // lines of the log
	told     *ledger // what followers and tokens were told
	mu       sync.Mutex
	time     time.Time
}

func newRig(t testing.TB) *rig {
	t.Helper()
	r := &rig{t: t, log: &ledger{}, told: &ledger{}, time: time.Unix(1_800_000_000, 0)}
	r.receiver = r.node(nil)
	return r
}

// node is the receiver of another process of the same account. store is nil for none.
func (r *rig) node(store scs.Store) *Receiver {
	seal, err := vault.NewSeal(testAppID, "secret-canary", "push")
	if err != nil {
		r.t.Fatal(err)
	}
	receiver := NewReceiver(Account{
		AppID: testAppID, Shared: vault.New(store, seal), Followers: listener{r.told}, Tokens: listener{r.told},
		Logger: slog.New(slog.NewTextHandler(r.log, nil)), Now: r.now,
	})
	r.t.Cleanup(func() { receiver.Close(0) })
	return receiver
}

func (r *rig) now() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.time
}

func (r *rig) advance(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.time = r.time.Add(d)
}

// listener is the Followers and Tokens of a rig.
type listener struct{ told *ledger }

func (l listener) Heard(_ context.Context, openID string, follows bool, made time.Time) {
	l.told.add("learn %s %t %d", openID, follows, made.Unix())
}

func (l listener) Forget(_ context.Context, openID string) { l.told.add("forget %s", openID) }

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

func (r *rig) poster(p Config) *poster {
	r.t.Helper()
	p.Token = pushToken
	h, err := r.receiver.Handler(p)
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

// Write takes a line of the log.
func (l *ledger) Write(line []byte) (int, error) { return len(line), l.add("%s", line) }

// String is everything so far.
func (l *ledger) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "\n")
}

// hooks sets every hook of p to one that writes a line.
func (l *ledger) hooks(p Config) Config {
	p.OnFollow = func(_ context.Context, e FollowEvent) error {
		return l.add("follow %s %q %s", e.OpenID, e.Scene, e.Ticket)
	}
	p.OnUnfollow = func(_ context.Context, e UnfollowEvent) error { return l.add("unfollow %s", e.OpenID) }
	p.OnScan = func(_ context.Context, e ScanEvent) error {
		return l.add("scan %s %q %s", e.OpenID, e.Scene, e.Ticket)
	}
	p.OnMessage = func(_ context.Context, m Message) error {
		return l.add("%s %s %s %s", m.Type, m.Event, m.ID, m.OpenID)
	}
	return p
}

// read waits for the hooks and returns what they saw.
func (l *ledger) read(r *Receiver) []string {
	r.waiting.running.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.lines)
}

// wait is an OnFollow that takes until the channel is closed.
func wait(goOn chan struct{}) func(context.Context, FollowEvent) error {
	return func(context.Context, FollowEvent) error { <-goOn; return nil }
}
