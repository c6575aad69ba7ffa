package push

import (
	"context"
	"crypto/sha256"
	"strconv"
	"time"

	"github.com/patrickmn/go-cache"

	"github.com/seed467724c4/wechat/core/internal/vault"
)

// remembered is how long a message is recognised. A message is accepted from one
// window before its time to one window after it, and a repetition must not outlive
// the memory of the first.
const remembered = 2 * window

// messageKey is the same for every delivery of one message and differs between two
// messages. WeChat says: messages by MsgId, events by FromUserName and CreateTime
// (接收普通消息, 接收事件推送). A MsgId alone is not enough, as two people's messages
// have been seen under one (WxJava#333); neither are person and second, as two events
// may happen in one (WxJava#2231). body is the message as it was opened.
func messageKey(appID string, m *Message, body []byte) string {
	made := strconv.FormatInt(m.Time.Unix(), 10)
	if m.ID != "" {
		return vault.Key("push", appID, "message", m.OpenID, made, m.ID)
	}
	sum := sha256.Sum256(body)
	return vault.Key("push", appID, "body", m.OpenID, made, string(sum[:]))
}

// firstUse is false for a signature that came with another message before. In
// 明文模式 the signature covers time and nonce only, so one query could carry any
// number of messages. Residual risk: another node has not seen it.
func (r *Receiver) firstUse(signature string, body []byte) bool {
	sum := sha256.Sum256(body)
	key := vault.Key("push", "signature", signature)
	if r.recent.Add(key, sum, cache.DefaultExpiration) == nil {
		return true
	}
	before, _ := r.recent.Get(key)
	return before == sum
}

// first is false for a message that came before. A message that could not be accepted
// after all is given to forget.
func (r *Receiver) first(key string) bool {
	return r.recent.Add(key, true, cache.DefaultExpiration) == nil
}

func (r *Receiver) forget(ctx context.Context, key string) {
	r.recent.Delete(key)
	if r.account.Shared != nil {
		_ = r.account.Shared.Delete(ctx, key)
	}
}

// isOurs says that this node is to handle a message, and no other one. Residual risk:
// with a store that cannot claim (see core.Config.Cache), two nodes that get one message
// at the same instant both handle it. WeChat repeats after 5 s. A store that is down is
// as good as none.
func (r *Receiver) isOurs(ctx context.Context, key string) bool {
	if r.account.Shared == nil {
		return true
	}
	claimed, err := r.account.Shared.Claim(ctx, key, time.Now().Add(remembered))
	return err != nil || claimed
}

// handledHere tells the other nodes, those too that look and do not claim.
func (r *Receiver) handledHere(ctx context.Context, key string) {
	if r.account.Shared != nil {
		_ = r.account.Shared.Put(ctx, key, []byte{1}, time.Now().Add(remembered))
	}
}
