package push

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

func TestEveryRefusalHasItsStatusAndReason(t *testing.T) {
	message := func(r *rig) string { return event("oAlice_1", "CLICK", "k", r.now()) }
	at := func(r *rig, away time.Duration) string { return strconv.FormatInt(r.now().Add(away).Unix(), 10) }
	for _, tt := range []struct {
		rule   string
		key    string
		reason refusal
		status int
		post   func(*rig, *poster) *httptest.ResponseRecorder
	}{
		{"no signature", "", notSigned, 403, func(r *rig, p *poster) *httptest.ResponseRecorder {
			q := p.query("")
			q.Del("signature")
			return p.send("POST", q, message(r))
		}},
		{"an encrypted message without a key", "", wrongMode, 403, func(r *rig, p *poster) *httptest.ResponseRecorder {
			return p.send("POST", p.query("x"), envelope("x"))
		}},
		{"a plain message where there is a key", pushAESKey, wrongMode, 403, func(r *rig, p *poster) *httptest.ResponseRecorder {
			return p.send("POST", p.query(""), message(r))
		}},
		{"no XML where an encrypted part is wanted", pushAESKey, notOurs, 403, func(r *rig, p *poster) *httptest.ResponseRecorder {
			return p.send("POST", p.query("x"), "hello")
		}},
		{"a message without an encrypted part", pushAESKey, notOurs, 403, func(r *rig, p *poster) *httptest.ResponseRecorder {
			return p.send("POST", p.query("x"), message(r))
		}},
		{"a query of an hour ago", "", wrongTime, 403, func(r *rig, p *poster) *httptest.ResponseRecorder {
			return p.send("POST", p.resigned(at(r, -time.Hour), "7", ""), message(r))
		}},
		{"a new message in a query of before the window", "", wrongTime, 403, func(r *rig, p *poster) *httptest.ResponseRecorder {
			return p.send("POST", p.resigned(at(r, -window-30*time.Second), "7", ""), event("oAlice_1", "CLICK", "k", r.now().Add(-window)))
		}},
		{"a message of an hour ago", "", wrongTime, 403, func(r *rig, p *poster) *httptest.ResponseRecorder {
			return p.post(event("oAlice_1", "CLICK", "k", r.now().Add(-time.Hour)))
		}},
		{"another message under one signature", "", reused, 403, func(r *rig, p *poster) *httptest.ResponseRecorder {
			q := p.query("")
			p.send("POST", q, "hello")
			return p.send("POST", q, message(r))
		}},
		{"no message", "", notAMessage, 400, func(r *rig, p *poster) *httptest.ResponseRecorder { return p.post("hello") }},
		{"no message inside", pushAESKey, notAMessage, 400, func(r *rig, p *poster) *httptest.ResponseRecorder { return p.post("hello") }},
		{"half a body", "", cutOff, 400, func(r *rig, p *poster) *httptest.ResponseRecorder {
			w := httptest.NewRecorder()
			p.handler.ServeHTTP(w, httptest.NewRequest("POST", "/push?"+p.query("").Encode(), iotest.ErrReader(errors.New("gone"))))
			return w
		}},
		{"a large body", "", tooLarge, 413, func(r *rig, p *poster) *httptest.ResponseRecorder { return p.post(strings.Repeat(" ", maxBody+1)) }},
		{"no room", "", noRoom, 503, func(r *rig, p *poster) *httptest.ResponseRecorder {
			r.receiver.Close(0)
			return p.post(message(r))
		}},
	} {
		r := newRig(t)
		var l ledger
		p := r.poster(l.hooks(Config{EncodingAESKey: tt.key}))
		w := tt.post(r, p)
		if w.Code != tt.status || w.Body.Len() != 0 || (w.Header().Get("Retry-After") == "5") != (tt.status == 503) {
			t.Errorf("rule: a refusal has its status and no word: %s: %d %q %v", tt.rule, w.Code, w.Body, w.Header())
		}
		if !strings.Contains(r.log.String(), "reason="+strconv.Quote(string(tt.reason))) || !strings.Contains(r.log.String(), "count=1") {
			t.Errorf("rule: the operator reads the reason: %s, want %q: %s", tt.rule, tt.reason, r.log)
		}
		if n := strings.Count(r.log.String(), "reason="); n != 1 && tt.reason != reused {
			t.Errorf("rule: a request is refused for one reason: %s: %s", tt.rule, r.log)
		}
		if got := l.read(r.receiver); len(got) != 0 {
			t.Errorf("rule: what is refused reaches no hook: %s: %q", tt.rule, got)
		}
	}
}

func TestWrongTimesAreLogged(t *testing.T) {
	r := newRig(t)
	p := r.poster(Config{})
	q := p.resigned(strconv.FormatInt(r.now().Add(-time.Hour).Unix(), 10), "7", "")
	q.Set("echostr", "1")
	p.send("GET", q, "")
	for _, word := range []string{"timestamp=", "here="} {
		if !strings.Contains(r.log.String(), word) {
			t.Errorf("rule: a clock that is off can be seen in the log: no %s in %s", word, r.log)
		}
	}
}

func TestHeadersOfAnswers(t *testing.T) {
	r := newRig(t)
	p := r.poster(Config{})
	q := p.query("")
	q.Set("echostr", "1")
	for rule, w := range map[string]*httptest.ResponseRecorder{
		"an echo": p.send("GET", q, ""), "success": p.post(event("oAlice_1", "CLICK", "", r.now())), "a refusal": p.send("POST", p.resigned("1", "7", ""), ""), "another method": p.send("HEAD", q, ""),
	} {
		h := w.Header()
		if h.Get("Cache-Control") != "no-store" || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Content-Type") != "text/plain; charset=utf-8" {
			t.Errorf("rule: every answer is plain text that nobody keeps: %s: %v", rule, h)
		}
	}
}

func TestWhatIsPrinted(t *testing.T) {
	r := newRig(t)
	c := Config{Token: pushToken, EncodingAESKey: pushAESKey}
	h, err := r.receiver.Handler(c)
	if err != nil {
		t.Fatal(err)
	}
	inJSON, _ := json.Marshal(c)
	inXML, _ := xml.Marshal(c)
	const settings = "push.Config{Token: ***, EncodingAESKey: ***}"
	for rule, c := range map[string]struct{ got, want string }{
		"settings":                   {fmt.Sprintf("%v", c), settings},
		"settings in Go":             {c.GoString(), settings},
		"settings in a log":          {c.LogValue().String(), settings},
		"settings in JSON":           {string(inJSON), strconv.Quote(settings)},
		"settings in XML":            {string(inXML), "<Config>" + settings + "</Config>"},
		"a handler":                  {fmt.Sprintf("%d", h), "wechat push handler of " + testAppID},
		"a message":                  {fmt.Sprintf("%+v", Message{Type: "event", Event: "CLICK", OpenID: "oAlice_1"}), "message event CLICK of oAlice***"},
		"a message in a log":         {slog.AnyValue(Message{Type: "text", OpenID: "1234567"}).Resolve().String(), "message text  of 123456***"},
		"a person of few characters": {fmt.Sprint(Message{Type: "text", OpenID: "123456"}), "message text  of ***"},
	} {
		if c.got != c.want {
			t.Errorf("rule: %s prints as %q: %q", rule, c.want, c.got)
		}
	}
}

func TestAMessageWithoutItsHookGoesToOnMessage(t *testing.T) {
	for _, name := range []string{"subscribe", "unsubscribe", "SCAN", "CLICK"} {
		r := newRig(t)
		var l ledger
		p := r.poster(Config{OnMessage: func(_ context.Context, m Message) error { return l.add("%s", m.Event) }})
		p.post(event("oAlice_1", name, "", r.now()))
		if got := l.read(r.receiver); !slices.Equal(got, []string{name}) || r.log.String() != "" {
			t.Errorf("rule: an event without a hook of its own goes to OnMessage: %s: %q %s", name, got, r.log)
		}
		r = newRig(t)
		if w := r.poster(Config{}).post(event("oAlice_1", name, "", r.now())); w.Code != 200 {
			t.Errorf("rule: without any hook it is taken all the same: %d", w.Code)
		}
		r.receiver.waiting.running.Wait()
		if r.log.String() != "" {
			t.Errorf("rule: and nothing is logged: %s: %s", name, r.log)
		}
	}
}
