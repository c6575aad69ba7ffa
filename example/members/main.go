// Command members is a small site whose members are the followers of a WeChat
// account, with a user table in SQLite. Of those who open its page for members,
//
//   - who follows and is known is logged in;
//   - who follows and is not known is registered and logged in;
//   - who does not follow is asked to, and gets in afterwards without a new login.
//
// Who follows the account is registered at that moment, before any visit. Who also logs in
// at a desktop browser, with a website application, is the same member there: the union id
// joins the two open ids.
//
//	go run -C example/members .
//
// It listens on localhost:8080, or on ADDR, and keeps its table in memory, or in the
// file that DB names. Without WECHAT_APP_ID a simulator plays WeChat, and any browser
// will do. A real account needs WECHAT_APP_ID, WECHAT_APP_SECRET, WECHAT_PUBLIC_URL,
// WECHAT_ACCOUNT_NAME and WECHAT_FOLLOW_QRCODE, and for what WeChat pushes to
// /wechat/push, WECHAT_PUSH_TOKEN and WECHAT_ENCODING_AES_KEY (服务器配置, 安全模式).
// WECHAT_WEBSITE_APP_ID and WECHAT_WEBSITE_APP_SECRET switch the scan login on.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/gin-gonic/gin"
)

func main() {
	gin.SetMode(gin.ReleaseMode) // debug mode prints whole URLs, and a URL may hold a code
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second one ends it at once
	if err := run(ctx, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
