package wxapi

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// JSTicket returns the ticket that pages need for the JS-SDK (getTicket, type
// jsapi). It is kept exactly as the token is: one fetch at a time, 300 s before
// its end, sealed in the Cache. It stays on the server; pages get a
// [JSSignature].
func (t *AccountToken) JSTicket(ctx context.Context) (string, error) { return t.ticket.get(ctx, "") }

func (t *AccountToken) fetchTicket(ctx context.Context, _ string) (ticket string, life time.Duration, err error) {
	var used []string // the second answer may still show the first token
	err = t.Do(ctx, func(token string) error {
		used = append(used, token)
		r, err := t.client.call(ctx, t.ticket.name, ticketPath, append(t.hidden(), used...),
			"access_token", token,
			"type", "jsapi")
		if err == nil {
			ticket, life, err = r.value("ticket")
		}
		return err
	})
	return ticket, life, err
}

// JSSignature signs a page for wx.config of the JS-SDK: the SHA-1, in lower-case
// hex, of ticket, nonce, timestamp (Unix seconds) and the page's address, as the
// JS-SDK's documentation ("appendix 1") lays them out. The address is the one
// that the page itself has, with its query; what follows a # is left out.
//
// wx.config calls the nonce nonceStr. Only addresses on the account's own hosts
// may be signed: never one that a visitor names freely.
func JSSignature(ticket, nonce string, timestamp int64, pageURL string) string {
	pageURL, _, _ = strings.Cut(pageURL, "#")
	sum := sha1.Sum([]byte("jsapi_ticket=" + ticket + "&noncestr=" + nonce +
		"&timestamp=" + strconv.FormatInt(timestamp, 10) + "&url=" + pageURL))
	return hex.EncodeToString(sum[:])
}
