// Package wxsim plays WeChat for a laptop or a test: the pages of
// open.weixin.qq.com and the endpoints of api.weixin.qq.com that a web login
// of an Official Account (公众号网页授权) needs, those that tell who follows it,
// and the messages WeChat pushes, in one [http.Handler].
//
//	sim, baseURL, stop, err := wxsim.Start(wxsim.Config{
//		Accounts:   []wxsim.Account{{AppID: "wx0123456789abcdef", Secret: "made-up", Domain: "localhost"}},
//		AnyBrowser: true,
//	})
//
// The client under test is pointed at baseURL for both hosts. Everything else
// is as with WeChat, and as strict: the registered domain, the order of the
// parameters, codes that work once and for five minutes, errors that arrive
// with HTTP status 200 as text/plain.
//
// It answers
//
//	GET      /                              who am I in this browser, last calls
//	GET      /connect/oauth2/authorize      consent page or silent redirect
//	POST     /connect/oauth2/authorize_reply
//	GET,POST /sns/oauth2/access_token       code for tokens
//	GET      /sns/oauth2/refresh_token
//	GET      /sns/auth
//	GET      /sns/userinfo
//	GET      /cgi-bin/token                 account token, a new one each time
//	POST     /cgi-bin/stable_token          account token, the same while it lives
//	GET      /cgi-bin/user/info             does an openid follow?
//	POST     /cgi-bin/user/info/batchget
//	GET      /cgi-bin/ticket/getticket      jsapi_ticket
//	GET,POST /mp/profile_ext                the account's page, to follow or stop
//	GET      /mmopen/vi_32/ID/132           avatars
//
// and sends what [Account.PushURL] is to receive: subscribe, unsubscribe, SCAN
// and text messages, in plain mode or encrypted, three tries of five seconds.
// It sends in the goroutine of who asks for it, [Sim.Follow] or a button of
// the account's page.
//
// It is no security boundary: whoever can reach it can log in as anybody. It
// belongs on the loopback interface, and a real AppSecret never belongs in it.
// The ids it hands out begin with "osim_", which no id of WeChat does.
package wxsim
