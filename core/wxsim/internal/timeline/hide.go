package timeline

import (
	"net/url"
	"strings"
	"unicode/utf8"
)

// Hidden stands for a value that is not shown.
const Hidden = "•••"

// Limits of one row, so that the log stays small whatever is sent.
const (
	MaxText   = 4 << 10 // bytes of a body or an answer
	maxValue  = 300     // bytes of a parameter
	maxParams = 40
	maxSecret = 1 << 10 // bytes of a secret in Hider.Secrets

	broken = "\uFFFD" // stands for bytes that are no UTF-8
)

// Hider takes secrets out of texts.
//
// It hides by three rules, because a client under test sends secrets in wrong
// places: a value under the name of a secret; a value that the simulator knows as
// one; and any other run of 16 or more characters that looks like a token, whatever
// its name. The last rule hides some harmless texts as well.
type Hider struct {
	// Secrets are hidden wherever they stand, even inside a word.
	Secrets []string

	// Known says how a whole word is shown that the simulator knows: an openid as
	// its person, an app id as it is. false: it is not known.
	Known func(word string) (shown string, ok bool)
}

// secretNames are the names under which secrets travel, in lower case.
var secretNames = map[string]bool{
	"secret": true, "appsecret": true, "app_secret": true, "component_appsecret": true,
	"code": true, "js_code": true, "auth_code": true, "authorization_code": true, "pre_auth_code": true,
	"access_token": true, "refresh_token": true, "component_access_token": true, "authorizer_access_token": true,
	"authorizer_refresh_token": true, "component_verify_ticket": true, "token": true, "ticket": true, "session_key": true,
	"state": true, "uuid": true, "signature": true, "msg_signature": true, "sign": true, "encoding_aes_key": true, "aes_key": true,
	"encrypt": true, "password": true, "cookie": true, "authorization": true, "openid": true, "unionid": true, "touser": true,
	"next_openid": true, "fromusername": true, "openids": true,
}

// harmless are long words that look like tokens and are none.
var harmless = map[string]bool{
	"getStableAccessToken": true, "snsapi_base": true, "snsapi_userinfo": true, "authorization_code": true,
}

// Value is a parameter's value as a row shows it.
func (h *Hider) Value(name, value string) string {
	switch {
	case value == "":
		return ""
	case secretNames[strings.ToLower(name)]:
		return h.secret(value)
	case strings.HasPrefix(value, "http://") || strings.HasPrefix(value, "https://"):
		return clip(h.Address(value), maxValue)
	}
	return h.Text(value, maxValue)
}

// secret is a value under the name of one. Only what the simulator recognises as
// harmless is told.
func (h *Hider) secret(value string) string {
	switch value {
	case "code", "authorization_code", "authdeny", "refresh_token": // values of response_type and the like under a wrong name
		return value
	}
	if shown, ok := h.known(value); ok {
		return shown
	}
	return Hidden
}

func (h *Hider) known(word string) (string, bool) {
	if h.Known == nil {
		return "", false
	}
	return h.Known(word)
}

// Address is a URL as a row shows it: the values of its query by Value, everything
// else by Text. What cannot be read as a URL is shown by Text.
func (h *Hider) Address(raw string) string {
	base, query, hasQuery := strings.Cut(raw, "?")
	out := h.Text(base, maxValue)
	if !hasQuery {
		return out
	}
	query, fragment, hasFragment := strings.Cut(query, "#")
	var parts []string
	for i, part := range strings.Split(query, "&") {
		if i == maxParams {
			parts = append(parts, "…")
			break
		}
		name, value, _ := strings.Cut(part, "=")
		parts = append(parts, h.Text(unescaped(name), maxValue)+"="+h.Value(unescaped(name), unescaped(value)))
	}
	out += "?" + strings.Join(parts, "&")
	if hasFragment {
		out += "#" + h.Text(fragment, maxValue)
	}
	return out
}

func unescaped(s string) string {
	if out, err := url.QueryUnescape(s); err == nil {
		return out
	}
	return s
}

// Params are the values of a query or form as a row shows them, sorted by order
// first. Names are hidden as values are: a client may send a secret as a name.
func (h *Hider) Params(names []string, values url.Values) []Param {
	out := []Param{}
	for _, name := range names {
		for _, value := range values[name] {
			if len(out) == maxParams {
				return append(out, Param{"…", ""})
			}
			out = append(out, Param{h.Text(name, maxValue), h.Value(name, value)})
		}
	}
	return out
}

// Text is a text of any form, JSON, XML or none, as a row shows it, at most limit
// bytes of it. A word behind the name of a secret is hidden as in "code":"x",
// code=x and <Code>x</Code>.
func (h *Hider) Text(text string, limit int) string {
	cut := len(text) > limit
	text = text[:min(len(text), limit+maxSecret)]
	for _, secret := range h.Secrets {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, Hidden)
		}
	}
	if len(text) > limit {
		cut = true
		// A token that the end cuts through is still a token: its rest must not look
		// short and harmless.
		text = strings.TrimRightFunc(text[:limit], func(r rune) bool { return r < utf8.RuneSelf && isWord(byte(r)) })
		for i := 0; i < utf8.UTFMax && strings.HasSuffix(strings.ToValidUTF8(text[max(0, len(text)-utf8.UTFMax):], broken), broken); i++ {
			text = text[:len(text)-1] // half a character
		}
	}
	text = strings.ToValidUTF8(text, broken)
	var out strings.Builder
	name := ""
	for at := 0; at < len(text); {
		if !isWord(text[at]) {
			end := at + 1
			for end < len(text) && !isWord(text[end]) {
				end++
			}
			gap := text[at:end]
			out.WriteString(gap)
			if !joins(gap) {
				name = ""
			}
			at = end
			continue
		}
		end := at + 1
		for end < len(text) && isWord(text[end]) {
			end++
		}
		word := text[at:end]
		switch {
		case word == "CDATA" && name != "": // <Name><![CDATA[value
			out.WriteString(word)
		case secretNames[strings.ToLower(name)]:
			for end < len(text) && (isWord(text[end]) || strings.IndexByte("+/=.~%", text[end]) >= 0) { // base64 and the like
				end++
			}
			out.WriteString(h.secret(text[at:end]))
			name = ""
		default:
			out.WriteString(h.word(word))
			name = word
		}
		at = end
	}
	if cut {
		out.WriteString("…")
	}
	return out.String()
}

// joins says whether a gap stands between a name and its value.
func joins(gap string) bool {
	switch strings.ReplaceAll(gap, " ", "") {
	case "=", ":", `":"`, `':'`, `":["`, ">", "><![", "[", "=\"", "%3D":
		return true
	}
	return false
}

// word is one word as a row shows it.
func (h *Hider) word(word string) string {
	if shown, ok := h.known(word); ok {
		return shown
	}
	if looksSecret(word) {
		return Hidden
	}
	return word
}

// looksSecret holds for 16 characters or more with a digit, or with small and
// capital letters. Numbers, request ids and dates are none.
func looksSecret(word string) bool {
	if len(word) < 16 || harmless[word] || isRID(word) {
		return false
	}
	digits, small, capital := 0, false, false
	for _, c := range []byte(word) {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c >= 'a' && c <= 'z':
			small = true
		case c >= 'A' && c <= 'Z':
			capital = true
		}
	}
	if digits == len(word) { // a number such as MsgId, or a time
		return len(word) > 20
	}
	return digits > 0 || small && capital
}

// isRID holds for WeChat's request ids, which are no secrets.
func isRID(word string) bool {
	if len(word) != 26 || word[8] != '-' || word[17] != '-' {
		return false
	}
	return strings.Trim(word, "0123456789abcdef-") == ""
}

func isWord(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == '-'
}

func clip(s string, max int) string {
	if len(s) <= max {
		return s
	}
	for max > 0 && !utf8.RuneStart(s[max]) {
		max--
	}
	return s[:max] + "…"
}
