// Package wxapi is a typed client of WeChat's HTTP API for web OAuth of
// Official Accounts: the authorize URL, the exchange of a code, the profile,
// the refresh and the check of a token. [AccountToken] keeps the account's own
// token for the endpoints below /cgi-bin, which say who follows the account
// ([Client.Follower]) and give the ticket of the JS-SDK; with its Do an app
// calls all the others. [PushKey] opens what WeChat pushes.
//
// A reply is judged by its body alone. WeChat answers business errors with
// HTTP 200, serves JSON as text/plain, leaves raw control bytes in names and
// sends numbers as strings; and encoding/json on its own turns {} into an
// empty user. A call here succeeds only when the body names an open id and a
// token of sane shape and carries no error, or whatever else was asked for.
//
// Failures are of four kinds: [*Error] is WeChat's own errcode, [*ReplyError]
// (which is [ErrReply]) is a reply that is neither an answer nor an error,
// [ErrCode] and [ErrToken] are arguments that are never sent, and the rest is
// the network's or the context's. [Classify] says of any of them what helps, and
// [Error.Advice] what whoever runs the site has to do. [ErrRefused] and
// [ErrPush] belong to the account's token and to pushed messages.
//
// The app secret, codes, tokens and tickets are part of the URLs that WeChat
// prescribes. No error of this package shows a URL or one of these values,
// not even when WeChat, a proxy or an http.RoundTripper repeats it.
//
// Rules of WeChat are quoted by the name of their documentation page
// (snsAccessToken, snsRefreshToken, snsUserInfo, snsAuth, "web page
// authorization", getAccessToken, getStableAccessToken, getUserInfo,
// batchGetUserInfo, getTicket, "message push", "message encryption and
// decryption") or by their errcode.
package wxapi
