package wxsim

import (
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"crypto/aes"
	"crypto/cipher"
)

const (
	component       = "wx00000000000000cc"
	componentSecret = "made-up-secret-of-the-platform"
	platformToken   = "tokenOfThePlatform"
	componentKey    = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
)

// eventSink is a platform's event address. It shares no code with the simulator.
type eventSink struct {
	t   *testing.T
	url string

	mu  sync.Mutex
	got []map[string]string
}

func newEventSink(t *testing.T) *eventSink {
	e := &eventSink{t: t}
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	e.url = server.URL + "/events?at=home"
	return e
}

func (e *eventSink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(r.Body)
	q := r.URL.Query()
	var outside struct{ AppId, ToUserName, Encrypt string }
	if err := xml.Unmarshal(raw, &outside); err != nil || outside.AppId != component && outside.ToUserName == "" || q.Get("encrypt_type") != "aes" {
		e.t.Errorf("rule: an event is encrypted and names the platform outside; got %s", raw)
	}
	if sha(platformToken, q.Get("timestamp"), q.Get("nonce"), outside.Encrypt) != q.Get("msg_signature") {
		e.t.Errorf("rule: msg_signature is made with the platform's Token")
	}
	key, _ := base64.StdEncoding.DecodeString(componentKey + "=")
	text, _ := base64.StdEncoding.DecodeString(outside.Encrypt)
	block, _ := aes.NewCipher(key)
	cipher.NewCBCDecrypter(block, key[:16]).CryptBlocks(text, text)
	text = text[16 : len(text)-int(text[len(text)-1])]
	size := int(text[2])<<8 | int(text[3])
	if of := string(text[4+size:]); of != component {
		e.t.Errorf("rule: behind an event stands the platform's AppID; got %q", of)
	}
	event := map[string]string{"path": r.URL.Path}
	d := xml.NewDecoder(strings.NewReader(string(text[4 : 4+size])))
	name := ""
	for {
		token, err := d.Token()
		if err != nil {
			break
		}
		switch token := token.(type) {
		case xml.StartElement:
			name = token.Name.Local
		case xml.CharData:
			event[name] += strings.TrimSpace(string(token))
		}
	}
	e.mu.Lock()
	e.got = append(e.got, event)
	e.mu.Unlock()
	fmt.Fprint(w, "success")
}

// take returns the events so far and forgets them.
func (e *eventSink) take() []map[string]string {
	e.mu.Lock()
	defer e.mu.Unlock()
	got := e.got
	e.got = nil
	return got
}

func platformRig(t *testing.T, change ...func(*Platform)) (*rig, *eventSink) {
	t.Helper()
	e := newEventSink(t)
	p := Platform{AppID: component, Secret: componentSecret, Domain: "saas.example.com", StartDomain: "saas.example.com",
		Token: platformToken, EncodingAESKey: componentKey, EventURL: e.url, MessageURL: strings.Replace(e.url, "/events", "/messages/$APPID$", 1)}
	for _, f := range change {
		f(&p)
	}
	return newRig(t, func(c *Config) { c.Platforms = []Platform{p} }), e
}

type componentReplyBody struct {
	ErrCode   int    `json:"errcode"`
	Token     string `json:"component_access_token"`
	ExpiresIn int    `json:"expires_in"`
	PreAuth   string `json:"pre_auth_code"`
	Info      struct {
		AppID       string           `json:"authorizer_appid"`
		Token       string           `json:"authorizer_access_token"`
		Refresh     string           `json:"authorizer_refresh_token"`
		Permissions []map[string]any `json:"func_info"`
	} `json:"authorization_info"`
	AuthorizerToken string `json:"authorizer_access_token"`
	Refresh         string `json:"authorizer_refresh_token"`
	Account         struct {
		Name       string `json:"nick_name"`
		OriginalID string `json:"user_name"`
	} `json:"authorizer_info"`
	Total int `json:"total_count"`
	List  []struct {
		AppID   string `json:"authorizer_appid"`
		Refresh string `json:"refresh_token"`
	} `json:"list"`
}

func (g *rig) component(path string, fields map[string]any) (out componentReplyBody) {
	g.t.Helper()
	if fields["component_appid"] == nil {
		fields["component_appid"] = component
	}
	raw, _ := json.Marshal(fields)
	answer := g.postJSON(path, string(raw))
	if err := json.Unmarshal([]byte(answer), &out); err != nil {
		g.t.Fatalf("%s answers JSON; got %s", path, answer)
	}
	return out
}

// componentText is a component_access_token.
func (g *rig) componentText(e *eventSink) string {
	g.t.Helper()
	e.take()
	if err := g.PushTicket(g.t.Context(), component); err != nil {
		g.t.Fatal(err)
	}
	out := g.component(PathComponentToken, map[string]any{"component_appsecret": componentSecret, "component_verify_ticket": e.take()[0]["ComponentVerifyTicket"]})
	if out.Token == "" || out.ExpiresIn != 7200 {
		g.t.Fatalf("rule: a fresh ticket gives a token of 7200 s; got %+v", out)
	}
	return out.Token
}
