package core

// callsOf returns how many calls to WeChat a login makes, with the check of a
// follower that may come right after it.
func (a *Auth) callsOf(asked Scope) int {
	calls := 1 // the exchange
	if asked == Prompt {
		calls++ // the profile
	}
	if a.checksFollowers.Load() {
		calls++
	}
	return calls
}

// prepareLogin opens connections while the visitor is at WeChat, so that the callback
// waits for one round trip a call. Anybody can start logins: wxapi limits what a flood
// of them opens.
func (a *Auth) prepareLogin(asked Scope) {
	a.wechat.DialAhead(a.callsOf(asked))
	if a.checksFollowers.Load() {
		a.token.Prefetch()
	}
}

// prepareCallback opens what is missing for the calls after the exchange while the
// exchange runs: the login may have started on another node, or longer than a minute
// ago.
func (a *Auth) prepareCallback(asked Scope) {
	if calls := a.callsOf(asked); calls > 1 {
		a.wechat.KeepReady(calls)
	}
	if a.checksFollowers.Load() {
		a.token.Prefetch()
	}
}
