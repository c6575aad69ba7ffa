// Command cluster is the examples' site as it is deployed on several nodes: any number
// of processes, each with the framework that -framework names, behind nginx, with
// sessions and tokens in Redis and a user table in PostgreSQL or SQLite.
//
//	go run -C example/cluster . -framework gin
//
// The environment configures it:
//
//	ADDR                address to listen on; default localhost:8080
//	REDIS_URL           sessions and shared results, such as redis://localhost:6379/0
//	REDIS_SENTINELS     addresses of Redis Sentinel, comma-separated; REDIS_URL then
//	                    names the user, password and database, and its host is the
//	                    name of the monitored master
//	DATABASE_URL        the user table in PostgreSQL
//	DB                  the user table in an SQLite file, without DATABASE_URL;
//	                    default: in memory
//	WECHAT_...          the account, see core.ConfigFromEnv; required
//	WECHAT_PREVIOUS_SECRETS    comma-separated, see core.Config.PreviousSecrets
//	WECHAT_PUSH_TOKEN, WECHAT_ENCODING_AES_KEY    of 服务器配置, address /wechat/push
//	WECHAT_SCREEN_LOGIN    1: desktop browsers log in through a phone; the phone and the
//	                    screen may reach different nodes
//	LOGOUT_EVERYWHERE   1: POST /logout/everywhere ends all sessions of a person; see
//	                    core.Config.LogoutEverywhere, and switch it on when every node
//	                    runs this release
//	DRAIN               how long the node still serves after SIGTERM while /healthz
//	                    answers 503, such as 5s; default 0
//
// Without REDIS_URL sessions stay in the process, so only one node can run.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/gin-gonic/gin"
)

func main() { os.Exit(command(os.Args[1:])) }

// command runs a node until SIGINT or SIGTERM; a second signal ends it at once.
func command(args []string) int {
	gin.SetMode(gin.ReleaseMode) // debug mode prints whole URLs, and a URL may hold a code
	flags := flag.NewFlagSet("cluster", flag.ContinueOnError)
	framework := flags.String("framework", "gin", "`name` of the framework: gin, fiber or nethttp")
	sharePort := flags.Bool("share-port", false, "let several processes listen on the same ADDR (SO_REUSEPORT)")
	prefork := flags.Bool("prefork", false, "let fiber start one process per CPU on ADDR")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	s, err := fromEnvironment(*framework)
	if err == nil {
		s.sharePort, s.prefork = *sharePort, *prefork
		if s.prefork && s.framework != "fiber" {
			fmt.Fprintln(os.Stderr, "cluster: -prefork is fiber's; use -share-port")
			return 2
		}
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		context.AfterFunc(ctx, stop)
		err = run(ctx, s, os.Stderr)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}
