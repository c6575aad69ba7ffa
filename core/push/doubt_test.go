package push

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestBehindOneTextInDoubtNothingIsRead(t *testing.T) {
	const doubtful = "<%><![CDATA[x]]></%><C/><%><![CDATA[y]]></%>"
	text := func(name string) string { return strings.ReplaceAll(doubtful, "%", name) }
	fields := "<FromUserName>oAlice_1</FromUserName><CreateTime>1800000000</CreateTime><MsgType>event</MsgType><Event>e</Event>"
	for _, tt := range []struct {
		rule, message string
		read          bool
	}{
		{"behind the fields", "<xml>" + fields + text("A") + "</xml>", true},
		{"two behind the fields", "<xml>" + fields + text("A") + text("B") + "</xml>", true},
		{"in front of them", "<xml>" + text("A") + fields + "</xml>", false},
		{"in front of them, and one behind", "<xml>" + text("A") + fields + text("B") + "</xml>", false},
		{"behind the first one, and one at the end", "<xml><ToUserName>gh_1</ToUserName>" + text("A") + fields + text("B") + "</xml>", false},
	} {
		if m, err := readMessage([]byte(tt.message)); (err == nil) != tt.read {
			t.Errorf("rule: what stands behind a text that may end in two places is not read: the text stands %s: %v %v", tt.rule, m, err)
		}
	}
}

func TestForbiddenBytesAreLeftOutWhereverTheyStand(t *testing.T) {
	message := textMessage("hi")
	for rule, in := range map[string]string{
		"in front":             "\x02" + message,
		"two in front":         "\x02\xff" + message,
		"behind":               message + "\x02",
		"in front and behind":  "\uFFFE" + message + "\uFFFF",
		"in a tag":             strings.Replace(message, "<xml>", "<x\x00ml>", 1),
		"between two elements": strings.Replace(message, "\n", "\x1f\n", 1),
	} {
		if m, err := readMessage([]byte(in)); err != nil || string(m.XML) != message {
			t.Errorf("rule: a byte that XML forbids is left out, and no other: %s: %v %v", rule, m, err)
		}
	}
}

// ending keeps the context that followers are told in.
type ending struct {
	listener
	ctx context.Context
}

func (e *ending) Heard(ctx context.Context, _ string, _ bool, _ time.Time) { e.ctx = ctx }

func TestContextsEndWithTheirWork(t *testing.T) {
	r := newRig(t)
	followers, hook := &ending{}, context.Background()
	r.receiver.account.Followers = followers
	p := r.poster(Config{OnFollow: func(ctx context.Context, _ FollowEvent) error {
		hook = ctx
		return ctx.Err()
	}})
	p.post(event("oAlice_1", "subscribe", "", r.now()))
	r.receiver.waiting.running.Wait()
	if r.log.String() != "" || !errors.Is(hook.Err(), context.Canceled) {
		t.Errorf("rule: the context of a hook ends with the hook, so that what it began and left behind ends too: %v %s", hook.Err(), r.log)
	}
	if !errors.Is(followers.ctx.Err(), context.Canceled) {
		t.Errorf("rule: the context that followers are told in ends with the answer: %v", followers.ctx.Err())
	}
}

func TestBetweenElementsStandsNothing(t *testing.T) {
	for _, stray := range []string{"x", "xa/>", "xa>1</a>", "<!-- a -->", "<?a?>", "<![CDATA[a]]>", "&amp;", "/>", "<>", "</>", "< a/>", "<a b='c'/>", "<1/>", "<-a/>", "<.a/>", "<a", "<a/", "</a>"} {
		for where, message := range map[string]string{
			"below the root": body("<MsgType>text</MsgType>" + stray + "<MsgId>1</MsgId>"),
			"in a list":      body("<MsgType>text</MsgType><L><i/>" + stray + "</L><MsgId>1</MsgId>"),
			"at the end":     body("<MsgType>text</MsgType><MsgId>1</MsgId>" + stray),
			"behind it":      body("<MsgType>text</MsgType><MsgId>1</MsgId>") + stray,
			"in front":       stray + body("<MsgType>text</MsgType><MsgId>1</MsgId>"),
		} {
			if m, err := readMessage([]byte(message)); err == nil {
				t.Errorf("rule: between elements stand blanks only: %q %s is read as %v", stray, where, m)
			}
		}
	}
}
