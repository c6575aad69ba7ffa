package wxapi

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestNewRefuses(t *testing.T) {
	tests := []struct {
		rule string
		cfg  Config
		want []string
	}{
		{"everything wrong is told at once",
			Config{OpenURL: "ftp://x", APIURL: "https://", Timeout: -1},
			[]string{"AppID is missing", "AppSecret is missing", "OpenURL does not begin", "APIURL has no host", "Timeout -1ns is negative"}},
		{"a line end after the secret is named",
			Config{AppID: testAppID, AppSecret: testSecret + "\n"}, []string{"AppSecret has characters"}},
		{"an app id with a space is no app id",
			Config{AppID: "wx 1", AppSecret: testSecret}, []string{"AppID has characters"}},
		{"a base with a query would swallow the path",
			Config{AppID: testAppID, AppSecret: testSecret, APIURL: "https://a.example/?x"}, []string{"APIURL has a query"}},
		{"a base with a password would show it in logs",
			Config{AppID: testAppID, AppSecret: testSecret, APIURL: "https://u:hunter2@a.example"}, []string{"APIURL has a user name"}},
		{"a base has to be a URL",
			Config{AppID: testAppID, AppSecret: testSecret, OpenURL: "http://a b:c"}, []string{"OpenURL is not a URL"}},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			c, err := New(tt.cfg)
			if err == nil || c != nil {
				t.Fatalf("rule: %s: got %v, %v", tt.rule, c, err)
			}
			lines := strings.Split(err.Error(), "\n")
			if len(lines) != len(tt.want) {
				t.Errorf("rule: %s: want %d problems, got %q", tt.rule, len(tt.want), lines)
			}
			for i, line := range lines {
				if !strings.HasPrefix(line, "wechat: "+tt.want[min(i, len(tt.want)-1)]) {
					t.Errorf("rule: %s: problem %d is %q", tt.rule, i, line)
				}
			}
			for _, hidden := range []string{testSecret, "hunter2"} {
				if strings.Contains(err.Error(), hidden) {
					t.Errorf("rule: no message quotes a secret: %v", err)
				}
			}
		})
	}
}

func TestDefaults(t *testing.T) {
	c := clientAt(t, Config{})
	if c.openURL != "https://open.weixin.qq.com" || c.apiURL != "https://api.weixin.qq.com" || c.timeout != 5*time.Second {
		t.Errorf("defaults are %s, %s, %v", c.openURL, c.apiURL, c.timeout)
	}
	tr := c.http.Transport.(*http.Transport)
	if tr.ResponseHeaderTimeout != 3*time.Second || tr.TLSHandshakeTimeout != 2*time.Second || tr.MaxResponseHeaderBytes != 64<<10 || tr.Proxy == nil {
		t.Errorf("rule: 2 s for TLS, 3 s to the header, no endless header: %+v", tr)
	}
}

func TestConfigIsNotForStoring(t *testing.T) {
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(Config{AppID: testAppID, AppSecret: testSecret}); err == nil {
		t.Error("rule: gob must refuse a Config")
	}
	if strings.Contains(b.String(), testSecret) {
		t.Error("rule: gob must not write the secret")
	}
}

func TestConfigShowsTheRest(t *testing.T) {
	b, err := json.Marshal(Config{AppID: testAppID, AppSecret: testSecret, APIURL: "http://x", Timeout: time.Second})
	const want = `{"AppID":"` + testAppID + `","AppSecret":"***","OpenURL":"","APIURL":"http://x","Timeout":"1s"}`
	if err != nil || string(b) != want {
		t.Errorf("got %s, %v\nwant %s", b, err, want)
	}
	if s := (Config{AppID: testAppID, AppSecret: testSecret}).LogValue().String(); !strings.Contains(s, testAppID) || !strings.Contains(s, "AppSecret=***") {
		t.Errorf("rule: a log shows the account, the secret masked: %s", s)
	}
	if s := (Config{}).String(); !strings.Contains(s, "AppSecret: ,") {
		t.Errorf("rule: a missing secret can be seen to be missing: %s", s)
	}
}
