// Command platform is a small SaaS: merchants connect their Official Accounts to it, and
// each gets a site at /shops/APPID/ where visitors log in with WeChat, through a
// third-party platform (第三方平台) and without the account's secret. A merchant who takes
// the consent back has a site that says so.
//
//	go run -C example/platform .
//
// It listens on localhost:8080, or on ADDR, and keeps its tables in memory, or in the
// SQLite file that DB names. Without WECHAT_PLATFORM_APP_ID a simulator plays WeChat,
// with two accounts, and any browser will do. A real platform needs
// WECHAT_PLATFORM_APP_ID, WECHAT_PLATFORM_APP_SECRET, WECHAT_PLATFORM_TOKEN,
// WECHAT_PLATFORM_ENCODING_AES_KEY and WECHAT_PUBLIC_URL, whose host is registered as
// 公众号开发域名 and 授权发起页域名; its 授权事件接收URL is /wechat/events and its
// 消息与事件接收URL /wechat/messages/$APPID$.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second one ends it at once
	if err := run(ctx, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
