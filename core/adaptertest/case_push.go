package adaptertest

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/seed467724c4/wechat/core/adaptertest/internal/rawhttp"
)

var pushRules = []rule{
	{
		name: "messages",
		text: "the handler for WeChat's messages, mounted the way the framework mounts a handler of net/http, passes WeChat's check of its address and gets encrypted messages whole",
		try:  messages,
	},
	{
		name: "raw messages",
		text: "that handler gets method, query and body of a request as they were sent, and its answer is sent unchanged",
		try:  rawMessages,
	},
}

func messages(f *fixture) error {
	ctx, cancel := context.WithTimeout(context.Background(), rawhttp.Patience)
	defer cancel()
	if err := f.sim.VerifyPush(ctx, appID); err != nil {
		return fmt.Errorf("the check of the address: %w", err)
	}
	sent := []byte("<xml><ToUserName><![CDATA[gh_suite]]></ToUserName>\r\n<FromUserName><![CDATA[" + f.openID("mei") +
		"]]></FromUserName><CreateTime>" + strconv.FormatInt(time.Now().Unix(), 10) + "</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[" +
		strings.Repeat("你好🌸 a+b=%zz &amp;\r\n", 1500) + "]]></Content><MsgId>1234567890123456</MsgId></xml>")
	if err := f.sim.Push(ctx, appID, sent); err != nil {
		return fmt.Errorf("a message of %d bytes: %w", len(sent), err)
	}
	select {
	case got := <-f.harness.messages:
		if !bytes.Equal(got, sent) {
			return fmt.Errorf("a message of %d bytes reaches the hook as %d others", len(sent), len(got))
		}
	case <-time.After(rawhttp.Patience):
		return fmt.Errorf("a message was taken and reaches no hook")
	}
	return nil
}

func rawMessages(f *fixture) error {
	b := f.browser("mei")
	body := strings.Repeat("a=1&b=\x00\xff\r\n你好;", 500)
	for _, query := range []string{"", "?b=2&a=%zz;x&a=1+2&b=%20", "?timestamp=1&nonce=&signature=你好&x=%2F"} {
		for _, method := range []string{"POST", "GET"} {
			want := pushRequest{method: method, target: pushPath + query, query: strings.TrimPrefix(query, "?")}
			if method == "POST" {
				want.body = []byte(body)
			}
			a, err := b.send(f.appURL, method, want.target, string(want.body), "Content-Type: application/x-www-form-urlencoded")
			if err != nil {
				return err
			}
			got := f.harness.lastPushRequest()
			if got.method != want.method || got.target != want.target || got.query != want.query || !bytes.Equal(got.body, want.body) {
				return fmt.Errorf("%s %s with %d bytes: the handler got %s %s, query %q, with %d",
					method, want.target, len(want.body), got.method, got.target, got.query, len(got.body))
			}
			if a.Status != 403 || len(a.Body) != 0 || a.Header.Get("Location") != "" {
				return fmt.Errorf("%s %s is nothing of WeChat's: %v, want the handler's own 403", method, want.target, a)
			}
		}
	}
	a, err := b.ask("PUT", pushPath)
	if err != nil {
		return err
	}
	if a.Status != 405 || a.Header.Get("Allow") != "GET, POST" {
		return fmt.Errorf("PUT: %v, want the handler's own 405", a)
	}
	return nil
}
