package wxapi

import "testing"

func TestAuthorizeURL(t *testing.T) {
	const head = "https://open.weixin.qq.com/connect/oauth2/authorize?appid=" + testAppID + "&redirect_uri="
	tests := []struct{ rule, open, redirect, scope, state, want string }{
		{"parameters stand in the documented order and end in the fragment", "",
			"https://m.example.com/a", "snsapi_base", "S1",
			head + "https%3A%2F%2Fm.example.com%2Fa&response_type=code&scope=snsapi_base&state=S1#wechat_redirect"},
		{"an inner query is escaped whole", "",
			"https://m.example.com/a?x=1&y=2#z", "snsapi_userinfo", "S1",
			head + "https%3A%2F%2Fm.example.com%2Fa%3Fx%3D1%26y%3D2%23z&response_type=code&scope=snsapi_userinfo&state=S1#wechat_redirect"},
		{"what is escaped already is escaped once more, exactly", "",
			"https://m.example.com/%E4%BD%A0?u=a%26b", "snsapi_base", "S1",
			head + "https%3A%2F%2Fm.example.com%2F%25E4%25BD%25A0%3Fu%3Da%2526b&response_type=code&scope=snsapi_base&state=S1#wechat_redirect"},
		{"scope and state cannot add parameters or end the query", "",
			"https://m.example.com/", "a&b=c", "s#t&u=v",
			head + "https%3A%2F%2Fm.example.com%2F&response_type=code&scope=a%26b%3Dc&state=s%23t%26u%3Dv#wechat_redirect"},
		{"another base may have a port and a path, its last slash does not double", "http://127.0.0.1:8080/sim/",
			"http://a.example/", "snsapi_base", "S1",
			"http://127.0.0.1:8080/sim/connect/oauth2/authorize?appid=" + testAppID + "&redirect_uri=http%3A%2F%2Fa.example%2F&response_type=code&scope=snsapi_base&state=S1#wechat_redirect"},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			c := clientAt(t, Config{OpenURL: tt.open})
			if got := c.AuthorizeURL(tt.redirect, tt.scope, tt.state); got != tt.want {
				t.Errorf("rule: %s\n got %s\nwant %s", tt.rule, got, tt.want)
			}
		})
	}
}
