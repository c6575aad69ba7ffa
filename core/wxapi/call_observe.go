package wxapi

import "time"

// Call is a call to WeChat that has ended, for [Config.OnCall].
type Call struct {
	// Endpoint is the path, such as /sns/oauth2/access_token. It has no query.
	Endpoint string
	// Took is the time from dialling to the last byte of the reply.
	Took time.Duration
	// Retry says that this is the second try, after WeChat was busy (-1).
	Retry bool
	// Err is nil if WeChat answered what was asked for. It shows no secret.
	Err error
}

// Refresh is a renewal of the account's token or ticket that has ended, for
// [AccountTokenConfig.OnRefresh].
type Refresh struct {
	// Value is "access_token" or "jsapi_ticket".
	Value string
	// Reason is "first", "expiry" or "refused" (WeChat did not accept the old one).
	Reason string
	// Shared says that another node had put the new one into the Cache.
	Shared bool
	// Took is the time of the look into the Cache and of the fetch.
	Took time.Duration
	// Err is nil if there is a new value. It shows no secret.
	Err error
}
