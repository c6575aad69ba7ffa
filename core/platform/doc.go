// Package platform is a third-party platform (开放平台 第三方平台): a SaaS that logs
// visitors in to Official Accounts of other companies, without their app secrets. An
// account's administrator agrees once, on WeChat's consent page; from then on
// [Platform.Account] has an instance of package core for it, with which everything of
// this library works.
//
//	p, err := platform.New(platform.Config{
//		AppID: ..., AppSecret: ..., Token: ..., EncodingAESKey: ..., // of the platform
//		Store:    store,                                            // a table, see Store
//		Settings: func(a platform.Account) core.Config { return core.Config{PublicURL: "https://" + shops.Host(a.AppID)} },
//	})
//	mux.Handle("/wechat/events", p.EventHandler())   // 授权事件接收URL
//	mux.Handle("/wechat/messages/", p.MessageHandler(hooks)) // 消息与事件接收URL, /wechat/messages/$APPID$
//
// An account connects in three steps. A page of the app, on 授权发起页域名, links to
// [Platform.ConsentURL]. The administrator agrees. WeChat sends the browser back with
// auth_code, which the app gives to [Platform.Connect]; the same code also comes by
// push, and it is spent once, whichever comes first. [Config.OnChange] is told of every
// account that connects, changes its permissions or takes its consent back.
//
// What a platform must not lose is in a [Store]: tickets, refresh tokens and the
// accounts that have agreed. All of it is sealed. If the store is lost, [Platform.Recover]
// gets the accounts back from WeChat.
package platform
