package wxapi

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"strconv"
	"strings"
)

// JSTicket returns the ticket that pages need for the JS-SDK (getTicket, type
// jsapi). It is cached and renewed like the token. It stays on the server; a
// page gets a [JSSignature].
func (t *AccountToken) JSTicket(ctx context.Context) (string, error) { return t.ticket.get(ctx, "") }

func (t *AccountToken) fetchTicket(ctx context.Context, _ string) (ticket fetched, err error) {
	r, err := t.doWithToken(ctx, func(token string) call {
		return call{op: t.ticket.name, path: ticketPath, query: []string{"access_token", token, "type", "jsapi"}}
	})
	if err != nil {
		return fetched{}, err
	}
	return r.fetched("ticket", false)
}

// JSSignature signs a page for wx.config of the JS-SDK. It returns the SHA-1, in
// lower-case hex, of ticket, nonce, timestamp (Unix seconds) and pageURL, in the
// form that "appendix 1" of the JS-SDK's documentation gives. pageURL is the
// address of the page itself with its query; a # and what follows it are cut off.
//
// wx.config calls the nonce nonceStr. Sign only addresses on the account's own
// hosts, never one that a visitor can choose.
func JSSignature(ticket, nonce string, timestamp int64, pageURL string) string {
	pageURL, _, _ = strings.Cut(pageURL, "#")
	sum := sha1.Sum([]byte("jsapi_ticket=" + ticket + "&noncestr=" + nonce +
		"&timestamp=" + strconv.FormatInt(timestamp, 10) + "&url=" + pageURL))
	return hex.EncodeToString(sum[:])
}
