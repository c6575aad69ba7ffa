package core

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/seed467724c4/wechat/core/push"
	"github.com/seed467724c4/wechat/core/wxsim"
)

func (tr *tour) following() {
	g := tr.gate(ModeRequire, MustFollow)
	for _, follows := range []bool{true, false} {
		b := tr.visitor()
		tr.logsIn(b, tr.gate(ModeRequire))
		b.follows(follows)
		tr.advance(10 * time.Minute)
		b.get(g, "/")
	}
	b := tr.visitor()
	tr.logsIn(b, tr.gate(ModeRequire))
	tr.advance(10 * time.Minute)
	tr.fails(wxsim.Fault{Code: 48001, Message: canaryMessage + ", rid: 60d5-bbbb"}, wxsim.PathFollower, func() { b.get(g, "/") })
	tr.advance(time.Minute)
	tr.sim.ExpireTokens(testAppID)
	b.get(g, "/")
	other := tr.instance(observed(tr.seen), func(c *Config) { c.Cache = tr.auth.config.Cache })
	here, _ := tr.auth.Follows(context.Background(), b.openID())
	if there, err := other.Follows(context.Background(), b.openID()); err != nil || there != here {
		tr.t.Errorf("another node: %v %v", there, err)
	}
	_, _ = tr.auth.JSConfig(context.Background(), "https://app.example.com/?"+canaryQuery)
	_, _ = other.JSConfig(context.Background(), "https://app.example.com/?"+canaryQuery)
	failing := tr.instance(observed(tr.seen), func(c *Config) {
		c.AccountToken = func(context.Context, string) (string, time.Duration, error) { return "", 0, errors.New(canaryHook) }
	})
	_, _ = failing.AccountToken().Token(context.Background())
	refused := tr.instance(observed(tr.seen))
	tr.fails(wxsim.Fault{Code: 40125, Message: canaryMessage + ", rid: 60d5-dddd"}, wxsim.PathStableToken, func() { _, _ = refused.AccountToken().Token(context.Background()) })
}

func (tr *tour) messages() {
	failed := make(chan bool, 8)
	p := tr.poster(push.Config{OnMessage: func(context.Context, push.Message) error { failed <- true; return errors.New(canaryHook) }})
	id := tr.visitor().openID()
	text := "<xml><ToUserName>gh_1</ToUserName><FromUserName>" + id + "</FromUserName><CreateTime>" + seconds(tr.now()) + "</CreateTime><MsgType>text</MsgType><Content>" + canaryContent + "</Content><MsgId>7</MsgId></xml>"
	p.post(text)
	<-failed
	p.post(text) // again
	p.post(event(id, "subscribe", "qrscene_"+canaryKey, tr.now()))
	p.post(event(id, "unsubscribe", "", tr.now()))
	p.post(event(id, canaryKey, canaryKey, tr.now()))
	p.post(canaryBody)
	p.post(strings.Repeat(canaryBody, 10_000))
	p.send("GET", url.Values{"echostr": {canaryQuery}}, "")
	q := p.query("")
	p.send("POST", q, text)
	p.send("POST", q, strings.ReplaceAll(text, ">7<", ">8<"))
	q = p.query("")
	tr.advance(time.Hour)
	p.send("POST", q, text)
	p.send("POST", url.Values{"encrypt_type": {"aes"}}, text)
	tr.auth.Close() // waits for the hooks, and takes no more
	p.post(strings.ReplaceAll(text, ">7<", ">9<"))
}

func seconds(at time.Time) string { return strconv.FormatInt(at.Unix(), 10) }
