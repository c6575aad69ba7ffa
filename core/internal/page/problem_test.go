package page

import (
	"encoding/json"
	"strings"
	"testing"
)

// byEncodingJSON is the document as encoding/json writes it.
func byEncodingJSON(t testing.TB, loginURL string) string {
	t.Helper()
	b, err := json.Marshal(problem{
		Type: "about:blank", Title: "Login required", Status: 401,
		Detail:   "Open login_url in the page's own window; it comes back when the visitor is logged in.",
		LoginURL: loginURL,
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestTheDocumentIsWhatEncodingJSONWrites(t *testing.T) {
	for rule, tail := range map[string]string{
		"a plain address stands as it is":          "me?x=1",
		"a query of several pairs":                 "api?a=1&b=2",
		"a quote cannot end the string":            `"},"x":{"y":"`,
		"a backslash cannot escape the end":        `me\`,
		"a script cannot begin":                    "</script><script>alert(1)</script>",
		"control bytes":                            "\x00\t\n\r\x1f\x7f",
		"another language":                         "你好",
		"line ends of JavaScript":                  "\u2028\u2029",
		"what is no UTF-8":                         "\xff\xfe\xc0\xaf\xed\xa0\x80",
		"half a character at the end":              "me\xe4\xbd",
		"the replacement character itself":         "\ufffd",
		"outside the basic plane, and one byte of": "🌸\xf0",
	} {
		if got, want := string(LoginRequired("https://app.example.com/"+tail)), byEncodingJSON(t, "https://app.example.com/"+tail); got != want {
			t.Errorf("rule: %s\n got %s\nwant %s", rule, got, want)
		}
	}
	for c := range 256 {
		s := "/" + string([]byte{byte(c)}) + "x"
		if got, want := string(LoginRequired(s)), byEncodingJSON(t, s); got != want {
			t.Errorf("rule: every byte is escaped as encoding/json escapes it\n got %s\nwant %s", got, want)
		}
	}
}

func TestAProblemSaysInEnglishWhatThePageSays(t *testing.T) {
	r := New(false)
	en := r.words["en"].Pages
	for _, kind := range kinds {
		for _, message := range []string{"", `账号"已停用"<`} {
			want := problem{Type: "about:blank", Title: en[kind].Title, Status: 403, Detail: en[kind].Body, Reference: "abc123"}
			if message != "" {
				want.Detail = message
			}
			if kind == PhoneAllowed && message == "" {
				want.Detail = strings.ReplaceAll(en[kind].Body, "{host}", "") // nor a host
			}
			if (kind == Outside || kind == ScreenWait) && message == "" {
				want.Detail = en[kind].BodyWithoutCode // a document has no code
			}
			var got problem
			if err := json.Unmarshal(r.Problem(kind, 403, "abc123", message), &got); err != nil || got != want {
				t.Errorf("rule: a script reads what the page %s says, or the app's own text: %v %+v", kind, err, got)
			}
		}
	}
}

func FuzzTheDocumentIsWhatEncodingJSONWrites(f *testing.F) {
	for _, seed := range []string{"https://app.example.com/me?x=1&y=2", `/"\<>`, "/\xff\u2028你"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, loginURL string) {
		if loginURL == "" {
			return // left out there; there always is one here
		}
		if got, want := string(LoginRequired(loginURL)), byEncodingJSON(t, loginURL); got != want {
			t.Errorf("got %s\nwant %s", got, want)
		}
	})
}
