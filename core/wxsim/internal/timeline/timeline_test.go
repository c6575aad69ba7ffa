package timeline

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func testHider() *Hider {
	return &Hider{Secrets: []string{"made-up secret"}, Known: func(word string) (string, bool) {
		shown, ok := map[string]string{"wx0123456789abcdef": "wx0123456789abcdef", "osim_Abcdefgh1234567890abcd": "•••mei"}[word]
		return shown, ok
	}}
}

func TestSecretsAreHidden(t *testing.T) {
	const token = "59_Abcdefghijklmnop-qrstuv_123"
	for rule, tc := range map[string][2]string{
		"a secret's name in JSON":         {`{"access_token":"abc","expires_in":7200}`, `{"access_token":"•••","expires_in":7200}`},
		"a secret's name in a query":      {"code=abc&scope=snsapi_base", "code=•••&scope=snsapi_base"},
		"a secret's name in XML":          {"<Ticket><![CDATA[abc]]></Ticket><Event>SCAN</Event>", "<Ticket><![CDATA[•••]]></Ticket><Event>SCAN</Event>"},
		"base64 behind a secret's name":   {"<Encrypt>ab+cd/ef==</Encrypt>", "<Encrypt>•••</Encrypt>"},
		"a token under a harmless name":   {`{"nickname":"` + token + `"}`, `{"nickname":"•••"}`},
		"a token as a name":               {token + "=1", "•••=1"},
		"a secret inside another word":    {"xmade-up secretx", "x•••x"},
		"an openid is its person":         {`{"openid":"osim_Abcdefgh1234567890abcd"}`, `{"openid":"•••mei"}`},
		"an app id is shown":              {"appid=wx0123456789abcdef", "appid=wx0123456789abcdef"},
		"a request id is shown":           {"invalid code, rid: 61a969fa-3824f418-2a65b14e", "invalid code, rid: 61a969fa-3824f418-2a65b14e"},
		"numbers and Chinese are shown":   {"<MsgId>12345678901234567</MsgId>你好", "<MsgId>12345678901234567</MsgId>你好"},
		"long words in small are shown":   {"/cgi-bin/get_current_autoreply_info", "/cgi-bin/get_current_autoreply_info"},
		"broken UTF-8 is made readable":   {"a\xffb", "a\uFFFDb"},
		"a secret's name as a JSON list":  {`{"code" : "abc"}`, `{"code" : "•••"}`},
		"an empty secret stays empty":     {`{"secret":""}`, `{"secret":""}`},
		"a word that only sounds secret":  {`invalid code and state`, `invalid code and state`},
		"a secret in capitals of a query": {"SECRET=abc", "SECRET=•••"},
	} {
		if got := testHider().Text(tc[0], 1000); got != tc[1] {
			t.Errorf("rule: %s; got %q, want %q", rule, got, tc[1])
		}
	}
	if got := testHider().Value("redirect_uri", "http://localhost:8080/me?code=abc&a=1#x"); got != "http://localhost:8080/me?code=•••&a=1#x" {
		t.Errorf("rule: an address shows its path and the names of its query; got %q", got)
	}
}

func TestRowsAreSmall(t *testing.T) {
	for rule, text := range map[string]string{
		"a long text":             strings.Repeat("好", 10000),
		"a token at the cut":      strings.Repeat("a ", 45) + strings.Repeat("A1", 1000),
		"a secret across the cut": strings.Repeat("a ", 47) + "made-up secret" + strings.Repeat(" b", 100),
	} {
		got := testHider().Text(text, 100)
		if len(got) > 110 || !utf8.ValidString(got) || strings.Contains(got, "A1A1") || strings.Contains(got, "made-up") {
			t.Errorf("rule: a text is short, whole characters and without a piece of a secret, %s; got %q", rule, got)
		}
	}
}

func TestTheLogIsBounded(t *testing.T) {
	l := NewLog(3)
	news := l.News()
	for range 5 {
		l.Add(Entry{})
	}
	select {
	case <-news:
	default:
		t.Error("rule: whoever waits is told")
	}
	if rows := l.Since(0); len(rows) != 3 || rows[0].ID != 3 || rows[2].ID != 5 {
		t.Errorf("rule: the oldest is forgotten first, numbers go on; got %+v", rows)
	}
	if got := l.Since(4); len(got) != 1 || got[0].ID != 5 {
		t.Errorf("rule: only newer rows are asked for; got %+v", got)
	}
	l.Clear()
	l.Add(Entry{})
	if got := l.Since(0); len(got) != 1 || got[0].ID != 6 {
		t.Errorf("rule: numbers go on after Clear, so that a live page misses nothing; got %+v", got)
	}
}
