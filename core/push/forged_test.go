package push

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/seed467724c4/wechat/core/wxapi"
)

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
			timestamp := strconv.FormatInt(p.rig.now().Add(time.Duration(sign)*(window+time.Duration(1+i*i)*time.Minute)).Unix(), 10)
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
		p := r.poster(l.hooks(Config{EncodingAESKey: key}))
		forged := p.forge(event("oAlice_1", "subscribe", "", r.now()))
		for _, f := range forged {
			if w := p.send("POST", f.q, f.body); w.Code != 403 || w.Body.Len() != 0 {
				t.Errorf("rule: %s is refused without a word (%s): %d %s", f.rule, mode, w.Code, w.Body)
			}
		}
		if got := l.read(r.receiver); len(forged) < 300 || len(got) != 0 {
			t.Errorf("rule: nothing forged is accepted (%s): %d of %d", mode, len(got), len(forged))
		}
		for _, reason := range []refusal{notSigned, notOurs, wrongMode, wrongTime} {
			if n := strings.Count(r.log.String(), strconv.Quote(string(reason))); n > 1 {
				t.Errorf("rule: an attacker does not fill the log (%s): %d lines of %q", mode, n, reason)
			}
		}
		for i := range 100 {
			p.post(event(fmt.Sprintf("oPerson_%d", i), "subscribe", "", r.now()))
		}
		if got := l.read(r.receiver); len(got) != 100 {
			t.Errorf("rule: what is genuine is accepted beside it (%s): %d of 100", mode, len(got))
		}
		t.Logf("%s: %d forged, 0 accepted", mode, len(forged))
	}
}

func TestMutatedCiphertexts(t *testing.T) {
	r := newRig(t)
	var l ledger
	p := r.poster(l.hooks(Config{EncodingAESKey: pushAESKey}))
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
		if w := p.send("POST", p.query(encrypted), envelope(string(b))); w.Code != 403 {
			t.Fatalf("rule: a ciphertext that was changed under its signature is not accepted: %d %q", w.Code, b)
		}
	}
	if got := l.read(r.receiver); len(got) != 0 {
		t.Errorf("rule: a ciphertext that was changed reaches nobody: %q", got)
	}
}

func TestAnotherAccountsMessageIsRefused(t *testing.T) {
	r := newRig(t)
	p := r.poster(Config{EncodingAESKey: pushAESKey})
	var err error
	if p.key, err = wxapi.NewPushKey("wxffffffffffffffff", pushAESKey); err != nil {
		t.Fatal(err)
	}
	if w := p.post(event("oAlice_1", "subscribe", "", r.now())); w.Code != 403 {
		t.Errorf("rule: a message for another account is refused: %d", w.Code)
	}
}

func TestWhatIsNoMessageIsRefused(t *testing.T) {
	now := newRig(t).now().Unix()
	rest := fmt.Sprintf("<FromUserName>oAlice_1</FromUserName><CreateTime>%d</CreateTime><MsgType>event</MsgType><Event>subscribe</Event>", now)
	bodies := map[string]string{
		"nothing":                 "",
		"no XML":                  "hello",
		"JSON":                    `{"FromUserName":"oAlice_1"}`,
		"half a message":          "<xml>" + rest,
		"a document type":         "<!DOCTYPE xml><xml>" + rest + "</xml>",
		"an external entity":      `<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml>` + rest + "<A>&a;</A></xml>",
		"an entity bomb":          `<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><xml>` + rest + "<A>&b;</A></xml>",
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
		"too deep":                "<xml>" + rest + strings.Repeat("<a>", maxDepth) + strings.Repeat("</a>", maxDepth) + "</xml>",
		"8,000 elements deep":     "<xml>" + strings.Repeat("<a>", 8000) + strings.Repeat("</a>", 8000) + rest + "</xml>",
		"no person":               strings.Replace("<xml>"+rest+"</xml>", "oAlice_1", "", 1),
		"a person of odd letters": strings.Replace("<xml>"+rest+"</xml>", "oAlice_1", "o'; drop", 1),
		"no time":                 strings.Replace("<xml>"+rest+"</xml>", fmt.Sprint(now), "", 1),
		"a time of long ago":      strings.Replace("<xml>"+rest+"</xml>", fmt.Sprint(now), "-5", 1),
		"no type":                 strings.Replace("<xml>"+rest+"</xml>", "<MsgType>event</MsgType>", "", 1),
		"no event":                strings.Replace("<xml>"+rest+"</xml>", "<Event>subscribe</Event>", "", 1),
		"another charset":         `<?xml version="1.0" encoding="gbk"?><xml>` + rest + "</xml>",
		"elements that cross":     "<xml>" + rest + "<A><B></A></B></xml>",
		"an open comment":         "<xml>" + rest + "<!-- </xml>",
		"an open CDATA":           "<xml>" + rest + "<A><![CDATA[</A></xml>",
		"an attribute unquoted":   "<xml>" + rest + "<A b=c></A></xml>",
		"half a closing tag":      "<xml>" + rest + "</xml",
		"a closing tag's begin":   "<xml>" + rest + "</",
		"half an opening tag":     "<xml>" + rest + "<A",
		"an open declaration":     `<?xml version="1.0"` + "<xml>" + rest + "</xml>",
		"a root without content":  "<xml/>",
		"another closing tag":     "<xml>" + rest + "</html>",
		"a name with a digit":     "<xml>" + rest + "<1A></1A></xml>",
		"a list that is cut":      "<xml>" + rest + "<L><i>1</i><j>1</j><i>1</i></L></xml>",
		"a person as an element":  strings.Replace("<xml>"+rest+"</xml>", "oAlice_1", "<a>oAlice_1</a>", 1),
	}
	for mode, key := range map[string]string{"plain": "", "AES": pushAESKey} {
		for rule, body := range bodies {
			r := newRig(t)
			var l ledger
			p := r.poster(l.hooks(Config{EncodingAESKey: key}))
			w := p.post(body)
			if got := l.read(r.receiver); w.Code != 400 && !(w.Code == 413 && rule == "8,000 elements deep") || len(got) != 0 {
				t.Errorf("rule: %s is no message (%s): %d %q", rule, mode, w.Code, got)
			}
		}
	}
	r := newRig(t)
	p := r.poster(Config{})
	if w := p.post("<xml>" + strings.Repeat(" ", maxBody) + "</xml>"); w.Code != 413 {
		t.Errorf("rule: a message has at most 64 KiB: %d", w.Code)
	}
}

func TestOneSignatureCarriesOneMessage(t *testing.T) {
	r := newRig(t)
	var l ledger
	p := r.poster(l.hooks(Config{}))
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
	if got := l.read(r.receiver); len(got) != 2 {
		t.Errorf("rule: one signature carries one message: %q", got)
	}
}
