package rawhttp

import (
	"net/http"
	"testing"
)

func TestARequestIsWrittenAsItStands(t *testing.T) {
	usual := [][2]string{{"User-Agent", "x"}, {"Accept", "text/html"}}
	for rule, c := range map[string]struct {
		request Request
		want    string
	}{
		"the lines have a fixed order": {
			Request{Method: "GET", Target: "/a?b=%zz", Host: "h", Cookie: "a=1", Usual: usual, Lines: []string{"X: 1"}},
			"GET /a?b=%zz HTTP/1.1\r\nHost: h\r\nUser-Agent: x\r\nAccept: text/html\r\nCookie: a=1\r\nX: 1\r\n\r\n",
		},
		"a line of the same name replaces the usual line": {
			Request{Method: "GET", Target: "/", Host: "h", Usual: usual, Lines: []string{"Accept: */*"}},
			"GET / HTTP/1.1\r\nHost: h\r\nUser-Agent: x\r\nAccept: */*\r\n\r\n",
		},
		"- leaves out Host and Cookie": {
			Request{Method: "GET", Target: "/", Host: "-", Cookie: "-"},
			"GET / HTTP/1.1\r\n\r\n",
		},
		"Content-Length counts the body and not the tail": {
			Request{Method: "PUT", Target: "/", Host: "h", Body: "abc", Tail: "de"},
			"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabcde",
		},
		"POST has a length without a body": {
			Request{Method: "POST", Target: "/", Host: "h"},
			"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n",
		},
	} {
		if got := c.request.String(); got != c.want {
			t.Errorf("rule: %s\ngot:  %q\nwant: %q", rule, got, c.want)
		}
	}
}

func TestAJarKeepsWhatAnswersSet(t *testing.T) {
	jar := Jar{"old": "1", "b": "2"}
	jar.Keep(http.Header{"Set-Cookie": {"old=; Max-Age=0", "a=3; Path=/", "b=4", "not a cookie\x00"}})
	if got, want := jar.Line(), "a=3; b=4"; got != want {
		t.Errorf("rule: an answer sets, replaces and deletes cookies; the order is fixed\ngot: %q, want %q", got, want)
	}
}

func TestTheConsentFormIsRead(t *testing.T) {
	form, ok := ConsentForm([]byte(`<input name="uuid" value="0aZ">`), "mei")
	if !ok || form != "uuid=0aZ&person=mei&allow=1" {
		t.Errorf("rule: the consent page is answered with its own id\ngot: %q, %t", form, ok)
	}
	if _, ok := ConsentForm([]byte("<html>"), "mei"); ok {
		t.Error("rule: a page without a consent form is not answered")
	}
}
