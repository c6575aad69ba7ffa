// Package push receives what WeChat sends to an account's server address
// (接收普通消息, 接收事件推送): it decides which requests really come from WeChat,
// reads each message, and calls the app's hook for it once, however often WeChat
// sends it. It never logs a visitor in, never answers a message with a message
// (被动回复), and never sees the app secret. Of this library it may import wxapi and
// internal/vault only; who follows and which refresh tokens are kept is told to
// others through [Followers] and [Tokens].
//
// Apps fill in a [Config] and hand it to core.Auth.PushHandler. Everything that
// makes handlers ([Account], [Receiver]) is for package core.
package push
