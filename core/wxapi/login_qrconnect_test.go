package wxapi

import (
	"context"
	"net/http"
	"strings"
	"testing"
)

func TestQRConnectURL(t *testing.T) {
	const head = "https://open.weixin.qq.com/connect/qrconnect?appid=wxwebsite&redirect_uri="
	website, err := clientAt(t, Config{}).Application("wxwebsite", "secret-of-the-website")
	if err != nil {
		t.Fatal(err)
	}
	for rule, c := range map[string][4]string{ // redirect URI, state, lang, link
		"the parameters stand in the documented order": {"https://a.example/x?y=1&z", "S1", "",
			head + "https%3A%2F%2Fa.example%2Fx%3Fy%3D1%26z&response_type=code&scope=snsapi_login&state=S1#wechat_redirect"},
		"the language comes last": {"https://a.example/", "S1", "en",
			head + "https%3A%2F%2Fa.example%2F&response_type=code&scope=snsapi_login&state=S1&lang=en#wechat_redirect"},
		"no value ends the query": {"https://a.example/", "s#t&u=v", "en&x=1",
			head + "https%3A%2F%2Fa.example%2F&response_type=code&scope=snsapi_login&state=s%23t%26u%3Dv&lang=en%26x%3D1#wechat_redirect"},
	} {
		if got := website.QRConnectURL(c[0], c[1], c[2]); got != c[3] {
			t.Errorf("rule: %s\n got %s\nwant %s", rule, got, c[3])
		}
	}
}

func TestAnApplicationHasItsOwnCredentials(t *testing.T) {
	var sent []string
	c := client(t, func(w http.ResponseWriter, r *http.Request) {
		sent = append(sent, r.URL.Query().Get("appid")+" "+r.URL.Query().Get("secret"))
		says(200, goodToken)(w, r)
	})
	other, err := c.Application("wxwebsite", "secret-of-the-website")
	if err != nil {
		t.Fatal(err)
	}
	for _, each := range []*Client{other, c, other} {
		if _, err := each.Exchange(context.Background(), testCode); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{"wxwebsite secret-of-the-website", testAppID + " " + testSecret, "wxwebsite secret-of-the-website"}; strings.Join(sent, "|") != strings.Join(want, "|") {
		t.Errorf("rule: each client sends its own app id and secret: %q", sent)
	}
	for _, bad := range [][2]string{{"", "s"}, {"wx", ""}, {"wx 1", "s"}, {"wx", "hush hush"}} {
		if _, err := c.Application(bad[0], bad[1]); err == nil || strings.Contains(err.Error(), "hush") {
			t.Errorf("rule: credentials are checked, and not quoted: %v", err)
		}
	}
}
