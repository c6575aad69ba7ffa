package push

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
)

// resigned is a query with other parameters under a right signature.
func (p *poster) resigned(timestamp, nonce, encrypted string) url.Values {
	q := url.Values{"timestamp": {timestamp}, "nonce": {nonce}, "signature": {sha1Of(pushToken, timestamp, nonce)}}
	if encrypted != "" {
		q.Set("encrypt_type", "aes")
		q.Set("msg_signature", sha1Of(pushToken, timestamp, nonce, encrypted))
	}
	return q
}

func TestOnlyWeChatsParametersAreSigned(t *testing.T) {
	for mode, key := range map[string]string{"明文模式": "", "安全模式": pushAESKey} {
		r := newRig(t)
		var l ledger
		p := r.poster(l.hooks(Config{EncodingAESKey: key}))
		now := strconv.FormatInt(r.now().Unix(), 10)
		for _, tt := range []struct {
			rule, timestamp, nonce string
			want                   int
		}{
			{"a nonce of one digit", now, "7", 200},
			{"a nonce of 32 letters and digits", now, strings.Repeat("aZ09", 8), 200},
			{"a nonce of 33", now, strings.Repeat("1", 33), 403},
			{"no nonce", now, "", 403},
			{"a nonce with the padding of SHA-1", now, "1\x80\x00\x00\x00\x00\x00\xb8x", 403},
			{"a nonce with a blank", now, "1 2", 403},
			{"a nonce with a sign", now, "-12", 403},
			{"a nonce of full-width digits", now, "１２", 403},
			{"a timestamp with a nought in front", "0" + now, "7", 403},
			{"a timestamp with a blank", now + " ", "7", 403},
			{"a timestamp with a sign", "+" + now[1:], "7", 403},
			{"a timestamp of nine digits", now[:9], "7", 403},
			{"a timestamp that is no number", "18000000xx", "7", 403},
			{"a timestamp in milliseconds", now + "000", "7", 403},
			{"no timestamp", "", "7", 403},
		} {
			body, encrypted := event("oAlice_1", "CLICK", tt.rule, r.now()), ""
			if key != "" {
				encrypted = p.key.Encrypt([]byte(body))
				body = envelope(encrypted)
			}
			if w := p.send("POST", p.resigned(tt.timestamp, tt.nonce, encrypted), body); w.Code != tt.want {
				t.Errorf("rule: nonce and timestamp are such as WeChat sends, whatever the signature says: %s (%s): %d", tt.rule, mode, w.Code)
			}
			q := p.resigned(tt.timestamp, tt.nonce, "")
			if _, ok := readParameters(q); ok != (tt.want == 200) {
				t.Errorf("rule: that is decided before any clock is looked at: %s: %t", tt.rule, ok)
			}
			q.Set("echostr", "1")
			if w := p.send("GET", q, ""); w.Code != tt.want {
				t.Errorf("rule: the console's check of the address obeys the same rules: %s (%s): %d", tt.rule, mode, w.Code)
			}
		}
	}
}

func TestOldQueriesCarryNoMessage(t *testing.T) {
	for mode, key := range map[string]string{"明文模式": "", "安全模式": pushAESKey} {
		r := newRig(t)
		p := r.poster(Config{EncodingAESKey: key})
		sent := r.now()
		// The nonce of this message is a time as well, of 26 hours later.
		later := sent.Add(26 * time.Hour)
		nonce := strconv.FormatInt(later.Unix(), 10)
		message := event("oAlice_1", "subscribe", "", sent)
		encrypted := ""
		if key != "" {
			encrypted = p.key.Encrypt([]byte(message))
			message = envelope(encrypted)
		}
		if w := p.send("POST", p.resigned(strconv.FormatInt(sent.Unix(), 10), nonce, encrypted), message); w.Code != 200 {
			t.Fatalf("a genuine message: %d", w.Code)
		}
		r.advance(26 * time.Hour)
		if w := p.send("POST", p.resigned(nonce, strconv.FormatInt(sent.Unix(), 10), encrypted), message); w.Code != 403 {
			t.Errorf("rule: a query whose nonce is sent as its time carries no old message (%s): %d", mode, w.Code)
		}
		for _, tt := range []struct {
			rule string
			made time.Duration // from the timestamp
			want int
		}{
			{"made when it was sent", 0, 200},
			{"repeated for the second time", -15 * time.Second, 200},
			{"made by a clock that is a little ahead", maxAhead, 200},
			{"made after it was sent", maxAhead + time.Second, 403},
			{"made long before", -window, 200},
			{"made longer before", -window - time.Second, 403},
			{"made a day before", -24 * time.Hour, 403},
			{"made a day after", 24 * time.Hour, 403},
		} {
			made := event("oAlice_1", "CLICK", tt.rule, r.now().Add(tt.made))
			if w := p.post(made); w.Code != tt.want {
				t.Errorf("rule: a message is as old as its query: %s (%s): %d", tt.rule, mode, w.Code)
			}
		}
		for _, tt := range []struct {
			rule       string
			made, sent time.Duration // from now
		}{
			{"old, and sent a little later", -window - 4*time.Minute, -4 * time.Minute},
			{"new, and sent before the window", -window, -window - 30*time.Second},
			{"new, and sent behind the window", 2 * time.Minute, window + time.Minute},
			{"both within the window, and more than a window apart", -4 * time.Minute, 2 * time.Minute},
		} {
			message, encrypted := event("oAlice_1", "CLICK", tt.rule, r.now().Add(tt.made)), ""
			if key != "" {
				encrypted = p.key.Encrypt([]byte(message))
				message = envelope(encrypted)
			}
			if w := p.send("POST", p.resigned(strconv.FormatInt(r.now().Add(tt.sent).Unix(), 10), "1", encrypted), message); w.Code != 403 {
				t.Errorf("rule: message and query are both of the last 5 minutes: %s (%s): %d", tt.rule, mode, w.Code)
			}
		}
	}
}

func TestAClockThatIsOffIsNamed(t *testing.T) {
	for mode, key := range map[string]string{"明文模式": "", "安全模式": pushAESKey} {
		for rule, away := range map[string]time.Duration{"behind": -window - time.Second, "ahead": window + time.Second} {
			r := newRig(t)
			p := r.poster(Config{EncodingAESKey: key})
			sent := p.query("")
			sent.Set("echostr", "1")
			message := event("oAlice_1", "subscribe", "", r.now())
			encrypted := ""
			if key != "" {
				encrypted = p.key.Encrypt([]byte(message))
				message = envelope(encrypted)
			}
			q := p.query(encrypted)
			r.advance(away)
			if w := p.send("POST", q, message); w.Code != 403 {
				t.Errorf("%d", w.Code)
			}
			if log := r.log.String(); !strings.Contains(log, "check the clock of this server") || strings.Contains(log, "signed with") {
				t.Errorf("rule: a clock that is %s is named in the log, not the token (%s): %s", rule, mode, log)
			}
			r.advance(time.Hour)
			p.send("GET", sent, "")
			if log := r.log.String(); strings.Count(log, "check the clock") != 2 {
				t.Errorf("rule: at the console's check, too (%s): %s", mode, log)
			}
		}
	}
}

func TestEveryRefusalIsLoggedOnceAMinute(t *testing.T) {
	r := newRig(t)
	goOn := make(chan struct{})
	defer close(goOn)
	p := r.poster(Config{MaxWaiting: 1, OnFollow: wait(goOn)})
	p.post(event("oAlice_1", "subscribe", "", r.now()))
	for range 2 {
		for range 3 {
			for want, send := range map[int]func() int{
				400: func() int { return p.post("<xml>").Code },
				413: func() int { return p.post(strings.Repeat("x", maxBody+1)).Code },
				503: func() int { return p.post(event("oBob_123", "subscribe", "", r.now())).Code },
				403: func() int { return p.send("POST", url.Values{}, "").Code },
			} {
				if got := send(); got != want {
					t.Errorf("%d, want %d", got, want)
				}
			}
		}
		r.advance(logEvery)
	}
	for _, reason := range []refusal{notAMessage, tooLarge, noRoom, notSigned} {
		lines := 0
		for _, line := range r.log.lines {
			if strings.Contains(line, strconv.Quote(string(reason))) {
				if lines++; lines == 2 && !strings.Contains(line, "count=3") {
					t.Errorf("rule: a line counts what was refused since the last one: %s", line)
				}
			}
		}
		if lines != 2 {
			t.Errorf("rule: each reason is logged, once a minute: %q %d times: %s", reason, lines, r.log)
		}
	}
}

func TestAToken(t *testing.T) {
	r := newRig(t)
	for rule, token := range map[string]string{
		"with a line end": "Token\n", "with CR": "Token\r", "with a blank in front": " Token", "with a blank in it": "To ken", "with a tab": "Token\t",
		"with a byte order mark": "\uFEFFToken", "with a no-break space": "Token\u00a0", "with a zero-width space": "Token\u200b", "in full-width letters": "Ｔoken", "of blanks": " \t ", "with NUL": "Token\x00",
	} {
		if _, err := r.receiver.Handler(Config{Token: token}); err == nil || strings.Contains(err.Error(), token) {
			t.Errorf("rule: a token %s is refused when the handler is made, and not printed: %v", rule, err)
		}
	}
	for rule, key := range map[string]string{"with a line end": pushAESKey + "\n", "with a line end in it": pushAESKey[:42] + "\n", "with a blank": " " + pushAESKey, "too long": pushAESKey + "a"} {
		if _, err := r.receiver.Handler(Config{Token: pushToken, EncodingAESKey: key}); err == nil {
			t.Errorf("rule: a key %s is refused when the handler is made", rule)
		}
	}
	for rule, c := range map[string]Config{"MaxWaiting": {Token: pushToken, MaxWaiting: -1}, "HookTimeout": {Token: pushToken, HookTimeout: -1}} {
		if _, err := r.receiver.Handler(c); err == nil || !strings.Contains(err.Error(), rule) {
			t.Errorf("rule: a negative limit is refused, and named: %v", err)
		}
	}
	_, err := r.receiver.Handler(Config{EncodingAESKey: "x", MaxWaiting: -1})
	if s := fmt.Sprint(err); !strings.Contains(s, "Token") || !strings.Contains(s, "EncodingAESKey") || !strings.Contains(s, "MaxWaiting") {
		t.Errorf("rule: everything wrong is named at once: %s", s)
	}
}

func TestNothingPrintsAToken(t *testing.T) {
	c := Config{Token: pushToken, EncodingAESKey: pushAESKey}
	h, err := newRig(t).receiver.Handler(c)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(c); err == nil {
		t.Error("rule: gob refuses the settings")
	}
	if err := gob.NewEncoder(&b).Encode(struct{ Push *Config }{&c}); err == nil {
		t.Error("rule: gob refuses the settings inside a struct")
	}
	own := struct{ h any }{h}
	inner := h.(*handler)
	for _, v := range []any{c, &c, h, struct{ C Config }{c}, []Config{c}, map[string]Config{"a": c}, own, struct{ h *handler }{inner}, struct{ config func() *Config }{inner.config}} {
		fmt.Fprintf(&b, "%v %+v %#v %s %d %x", v, v, v, v, v, v)
		text, _ := json.Marshal(v)
		b.Write(text)
	}
	for _, secret := range []string{pushToken, pushAESKey, fmt.Sprintf("%x", pushToken)} {
		if strings.Contains(b.String(), secret) {
			t.Errorf("rule: neither fmt nor json nor gob prints a token or key: %s", b.String())
		}
	}
}
