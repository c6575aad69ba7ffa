package pushclients

import (
	"context"
	"encoding/xml"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/push"
)

// perEncoder is how many messages each encoder sends, half of them encrypted.
const perEncoder = 2000

// pieces are what texts are put together from: words, markup, and bytes that XML
// forbids or that are not UTF-8.
var pieces = []string{
	"hello", "你好", "🌸", " ", "\t", "\r\n", "&", "&amp;", "&#2;", "<", ">", "]]>", "]]", "]]></Content>", "</xml>", "<![CDATA[",
	"<FromUserName>oMallory_1</FromUserName>", "<xml><MsgType>event</MsgType></xml>", "\x00", "\x02", "\x08", "\x1f", "\x7f", "\uFFFE", "\uFEFF", "\xff", "\xc3(", "\xed\xa0\x80", `"`, "'", "%zz", "\\",
}

func text(r *rand.Rand) string {
	var b strings.Builder
	for range r.IntN(30) {
		b.WriteString(pieces[r.IntN(len(pieces))])
	}
	return b.String()
}

// expected is what the hook must get: the message itself, and its text without the
// characters that XML forbids.
type expected struct{ openID, kind, id, content string }

// message is one text message or event as WeChat writes it, with a text put in as it
// is.
func message(r *rand.Rand, i int, now time.Time) ([]byte, expected) {
	e := expected{openID: fmt.Sprintf("oPerson_%d", i)}
	typed := text(r)
	head := "<xml><ToUserName><![CDATA[gh_1]]></ToUserName>\n<FromUserName><![CDATA[" + e.openID + "]]></FromUserName>\n<CreateTime>" +
		strconv.FormatInt(now.Unix(), 10) + "</CreateTime>\n"
	if r.IntN(3) == 0 {
		// An event key cannot hold its own closing tag, nor can a text here hold one of Label.
		typed = strings.ReplaceAll(typed, "]]></Content>", "")
		e.kind, e.content = "event", readable(typed)
		return []byte(head + "<MsgType><![CDATA[event]]></MsgType>\n<Event><![CDATA[CLICK]]></Event>\n<EventKey><![CDATA[" + typed + "]]></EventKey>\n</xml>"), e
	}
	e.kind, e.id, e.content = "text", strconv.Itoa(1_000_000+i), readable(typed)
	return []byte(head + "<MsgType><![CDATA[text]]></MsgType>\n<Content><![CDATA[" + typed + "]]></Content>\n<MsgId>" + e.id + "</MsgId>\n</xml>"), e
}

// readable is a text without what XML forbids, with line ends as XML reads them. Where
// a text joins two sections, as a careful sender does to write "]]>", the joint goes.
func readable(s string) string {
	s = strings.ToValidUTF8(s, "")
	s = strings.Map(func(c rune) rune {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == 0xFFFE || c == 0xFFFF {
			return -1
		}
		return c
	}, s)
	s = strings.ReplaceAll(s, "]]><![CDATA[", "")
	return strings.ReplaceAll(s, "\r\n", "\n")
}

func TestForeignEncodersLoseNothing(t *testing.T) {
	for name, encode := range map[string]func(*testing.T, []outgoing) []signed{"silenceper": silenceper, "wechat-crypto": wechatCrypto} {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(7, uint64(len(name))))
			now := time.Now()
			var all []outgoing
			want := map[string]expected{}
			for i := range perEncoder {
				body, e := message(r, i, now)
				all = append(all, outgoing{body, strconv.FormatInt(now.Unix(), 10), strconv.Itoa(100_000_000 + r.IntN(900_000_000)), i%2 == 1})
				want[e.openID] = e
			}
			got := deliver(t, all, encode(t, all))
			lost, differ := 0, 0
			for openID, e := range want {
				switch m, ok := got[openID]; {
				case !ok:
					lost++
				case m != e:
					differ++
					t.Errorf("got  %q\nwant %q", m, e)
				}
			}
			if lost+differ > 0 || len(got) != len(want) {
				t.Errorf("rule: a message is delivered as it was sent, whoever encodes it: %d lost, %d differ, %d delivered", lost, differ, len(got))
			}
			t.Logf("%s: %d messages, %d lost, %d differences", name, len(want), lost, differ)
		})
	}
}

// deliver posts the messages and returns what the hook got, by person.
func deliver(t *testing.T, all []outgoing, encoded []signed) map[string]expected {
	t.Helper()
	if len(encoded) != len(all) {
		t.Fatalf("%d of %d messages were encoded", len(encoded), len(all))
	}
	auth, err := core.New(core.Config{AppID: appID, AppSecret: "secret-of-the-test", PublicURL: "https://app.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	hooked := make(chan expected, len(all))
	onMessage := func(_ context.Context, m push.Message) error {
		var texts struct{ Content string }
		if err := xml.Unmarshal(m.XML, &texts); err != nil {
			t.Errorf("rule: encoding/xml reads every message: %v in %q", err, m.XML)
		}
		hooked <- expected{m.OpenID, m.Type, m.ID, texts.Content + m.EventKey}
		return nil
	}
	plain, err := auth.PushHandler(push.Config{Token: token, OnMessage: onMessage, MaxWaiting: len(all)})
	if err != nil {
		t.Fatal(err)
	}
	encrypted, err := auth.PushHandler(push.Config{Token: token, EncodingAESKey: aesKey, OnMessage: onMessage, MaxWaiting: len(all)})
	if err != nil {
		t.Fatal(err)
	}
	for i, o := range all {
		q := url.Values{"timestamp": {o.Timestamp}, "nonce": {o.Nonce}, "signature": {encoded[i].Signature}}
		body, h := string(o.Message), plain
		if o.Encrypt {
			q.Set("encrypt_type", "aes")
			q.Set("msg_signature", encoded[i].MessageSignature)
			body = "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><Encrypt><![CDATA[" + encoded[i].Encrypted + "]]></Encrypt></xml>"
			h = encrypted
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("POST", "/push?"+q.Encode(), strings.NewReader(body)))
		if w.Code != 200 || w.Body.String() != "success" {
			t.Errorf("rule: a genuine message is acknowledged: %d %q for %q", w.Code, w.Body, o.Message)
		}
	}
	auth.Close() // waits for the hooks
	close(hooked)
	got := map[string]expected{}
	for e := range hooked {
		got[e.openID] = e
	}
	return got
}
