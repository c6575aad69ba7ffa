// Package wxapi calls WeChat's HTTP API for one Official Account: it decides what
// a request holds, whether a reply is an answer, and what helps against an error.
// It never decides who is logged in, never follows a redirect and never shows an
// app secret, code, token or ticket in an error or a log. It may import
// core/internal/vault and nothing else of this module.
//
// # Calls
//
// [Client] has the calls of web OAuth: the authorize URL, the exchange of a code,
// the profile, the refresh and the check of a visitor's token. [AccountToken]
// keeps the account's own token for the endpoints below /cgi-bin. With it
// [Client.Follower] asks who follows the account, [AccountToken.JSTicket] gets the
// ticket of the JS-SDK, and an app calls every other endpoint through
// [AccountToken.Do]. [PushKey] opens the messages that WeChat pushes.
//
// # Replies
//
// The body alone decides whether a call succeeded. WeChat answers errors with
// HTTP 200, sends JSON as text/plain, leaves raw control bytes in names and sends
// numbers as strings; and encoding/json alone turns {} into an empty user. So a
// call succeeds only if the body has an open id and a token of the right shape (or
// what else the call asks for) and no errcode.
//
// # Errors
//
// There are four kinds: [*Error] is WeChat's own errcode; [*ReplyError], which is
// [ErrReply], is a reply that is neither an answer nor an error; [ErrCode] and
// [ErrToken] are arguments that are never sent; everything else comes from the
// network or the context. [ErrRefused] and [ErrPush] belong to the account's token
// and to pushed messages. [Classify] says what helps, [Retryable] whether to try
// once more at once, and [Error.Advice] what whoever runs the site has to do.
//
// WeChat prescribes URLs that hold the app secret, codes, tokens and tickets. No
// error of this package shows a URL or one of these values, even if WeChat, a
// proxy or an http.RoundTripper repeats it. [RedactTransport] keeps them out of
// an app's traces.
//
// # Sources
//
// Rules of WeChat are quoted by the name of their documentation page
// (snsAccessToken, snsRefreshToken, snsUserInfo, snsAuth, "web page
// authorization", getAccessToken, getStableAccessToken, getUserInfo,
// batchGetUserInfo, getTicket, "message push", "message encryption and
// decryption") or by their errcode.
package wxapi
