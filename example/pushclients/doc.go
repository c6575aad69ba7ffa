// Package pushclients sends messages to core.Auth.PushHandler that encoders of others
// have signed and encrypted: npm's wechat-crypto and github.com/silenceper/wechat.
package pushclients
