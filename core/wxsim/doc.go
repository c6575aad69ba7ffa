// Package wxsim is a WeChat for laptops and tests, in one [http.Handler]: the
// pages of open.weixin.qq.com and mp.weixin.qq.com and the endpoints of
// api.weixin.qq.com that a web login needs (公众号网页授权, 网站应用微信登录), and the
// messages WeChat pushes.
//
// It decides what WeChat would answer. It never talks to WeChat, and no code of
// it belongs in an application that serves real people. It imports the standard
// library and what draws QR codes, nothing of this module, so that a mistake of
// the code under test cannot be here as well.
//
//	sim, baseURL, stop, err := wxsim.Start(wxsim.Config{
//		Accounts:   []wxsim.Account{{AppID: "wx0123456789abcdef", Secret: "made-up", Domain: "localhost"}},
//		AnyBrowser: true,
//	})
//
// Point the client under test at baseURL instead of both hosts; or leave the
// hosts alone and give its HTTP client [Sim.Transport]. Everything else is as
// with WeChat, and as strict: the registered domain, codes that work once and
// for five minutes, errors that arrive with HTTP status 200 as text/plain.
// [Sim.Login] logs a person in to a handler with one call.
//
// Pages:
//
//	GET,POST /                              who am I in this browser, last calls
//	GET      /connect/oauth2/authorize      consent page or silent redirect
//	POST     /connect/oauth2/authorize_reply
//	GET,POST /connect/qrconnect             scan login of a website application
//	GET      /connect/qrcode/UUID           its QR code
//	GET      /connect/l/qrconnect           its long poll: 408, 404, 403, 402, 405
//	GET,POST /connect/confirm               the page on the phone that scanned it
//	GET,POST /mp/profile_ext                the account's page, to follow or stop
//	GET      /q/ID                          where a QR code with a scene leads
//	GET      /mmopen/vi_32/ID/132           avatars
//
// API of a login:
//
//	GET,POST /sns/oauth2/access_token       code for tokens
//	GET      /sns/oauth2/refresh_token
//	GET      /sns/auth
//	GET      /sns/userinfo
//	GET      /sns/jscode2session            code of a mini program
//
// API of the account:
//
//	GET      /cgi-bin/token                 a new token each time
//	POST     /cgi-bin/stable_token          the same token while it lives
//	GET      /cgi-bin/user/info             does an openid follow?
//	POST     /cgi-bin/user/info/batchget
//	GET      /cgi-bin/user/get              all followers
//	GET      /cgi-bin/ticket/getticket      jsapi and wx_card
//	POST     /cgi-bin/qrcode/create         QR codes with a scene
//	GET      /cgi-bin/showqrcode
//	POST     /cgi-bin/message/custom/send   see [Sim.Sent]
//	POST,GET /cgi-bin/menu/create, get, delete
//	POST     /cgi-bin/clear_quota, openapi/quota/get, openapi/rid/get
//	GET      /cgi-bin/getcallbackip, get_api_domain_ip
//
// API and pages of a third-party platform (see [Platform]):
//
//	POST     /cgi-bin/component/api_component_token, api_start_push_ticket,
//	         api_create_preauthcode, api_query_auth, api_authorizer_token,
//	         api_get_authorizer_info, api_get_authorizer_list
//	GET      /cgi-bin/componentloginpage    consent of an account's administrator
//	GET      /wxaopen/safe/bindcomponent    the same on a phone
//	GET,POST /sns/oauth2/component/access_token
//	GET      /sns/oauth2/component/refresh_token
//
// Any other path of the API is errcode 40066. Messages and events go to
// [Account.PushURL] in the goroutine of whoever causes them, plain or encrypted,
// three tries of five seconds.
//
// What goes wrong at WeChat goes wrong here on demand: [Sim.Next] takes a fault
// of the list [Faults] by name, [Sim.Fail] any other, [Sim.Advance] moves the
// clock. Tests in other languages do the same over HTTP under /_sim/, which
// /_sim/openapi.json describes; the program core/cmd/wxsim serves it.
//
// It is no security boundary: whoever can reach it can log in as anybody. Keep
// it on the loopback interface, and never give it a real AppSecret. The ids it
// hands out begin with "osim_", which no id of WeChat does.
package wxsim
