package wxapi

import (
	"context"
	"errors"
	"net"
	"strconv"
	"strings"
)

// Class says what helps against an error. The zero value is [ClassNone].
type Class int

const (
	// ClassNone is an error that nothing here is known to help against.
	ClassNone Class = iota

	// ClassRestart: start the login anew, and count: a cause that stays, such
	// as 48001 for a scope the account does not get, would make a loop.
	ClassRestart

	// ClassRetry: passing trouble. After -1 or a network failure one more try
	// at once is sensible, after 45011 only one in the next minute. A code
	// may have been used up by the failed try; then 40163 follows.
	ClassRetry

	// ClassRefresh: the account's token of /cgi-bin is spent and a new one
	// helps: 40001, 40014 and 42001 of an endpoint that is asked with it.
	// [AccountToken.Do] has then renewed it and asked once more already. At
	// /sns the same codes are about the visitor's token, and ClassRestart.
	ClassRefresh

	// ClassOperator: whoever runs the site has to mend its settings or its
	// code. No visitor can get past it.
	ClassOperator

	// ClassUser: only the visitor can change it, or nobody. Say so on a page.
	ClassUser
)

// String is the name in lower case: none, restart, retry, refresh, operator,
// user.
func (c Class) String() string {
	names := [...]string{"none", "restart", "retry", "refresh", "operator", "user"}
	if c < 0 || int(c) >= len(names) {
		return "Class(" + strconv.Itoa(int(c)) + ")"
	}
	return names[c]
}

// codeClasses judges WeChat's errcodes as answers to the /sns endpoints. Codes
// that are documented for /cgi-bin alone are in it if they tell of the account
// or the machine as a whole and can mean only one thing.
var codeClasses = map[int]Class{
	-1:    ClassRetry,    // system error, WeChat is busy
	40001: ClassRestart,  // access token superseded, or the wrong kind of token
	40002: ClassOperator, // invalid grant_type
	40003: ClassRestart,  // open id is not of this token
	40013: ClassOperator, // invalid appid
	40014: ClassRestart,  // malformed access token, or another account's
	40029: ClassRestart,  // code is expired, reused, garbled or another account's
	40030: ClassRestart,  // invalid refresh token
	40125: ClassOperator, // wrong app secret
	40163: ClassRestart,  // code was exchanged before
	40164: ClassOperator, // this machine's address is not on the IP whitelist
	40226: ClassUser,     // WeChat blocks this visitor as a risk
	40243: ClassOperator, // app secret is frozen
	41001: ClassOperator, // access_token missing
	41002: ClassOperator, // appid missing
	41003: ClassOperator, // refresh_token missing
	41004: ClassOperator, // secret missing
	41008: ClassRestart,  // code missing
	41009: ClassOperator, // openid missing
	42001: ClassRestart,  // access token expired
	42002: ClassRestart,  // refresh token expired
	42003: ClassRestart,  // code expired
	42007: ClassRestart,  // all tokens void, the visitor changed the password
	43001: ClassOperator, // GET required
	43002: ClassOperator, // POST required
	43003: ClassOperator, // HTTPS required
	43004: ClassUser,     // visitor has to follow the account
	44002: ClassOperator, // empty body
	45009: ClassOperator, // daily quota used up
	45011: ClassRetry,    // quota of this minute used up
	47001: ClassOperator, // body cannot be parsed
	48001: ClassRestart,  // token lacks snsapi_userinfo
	48004: ClassOperator, // API withdrawn for breach of rules
	48006: ClassOperator, // quota cannot be cleared again this month
	48017: ClassOperator, // address of WeChat's API is hard-coded and retired
	50001: ClassRestart,  // visitor has not authorised this
	50002: ClassUser,     // visitor (rarely the account) is restricted
	50004: ClassOperator, // account may not use tokens
	50005: ClassUser,     // visitor does not follow the account
	50007: ClassOperator, // account is frozen
	61024: ClassOperator, // account is delegated to a platform, whose token is needed
	89501: ClassOperator, // this machine's address waits for an administrator
	89503: ClassOperator, // this machine's address needs an administrator
	89506: ClassOperator, // this machine's address was refused for 24 hours
	89507: ClassOperator, // this machine's address was refused for 1 hour
}

// accountClasses are the codes that mean something else when the account's own
// token was sent along.
var accountClasses = map[int]Class{
	40001: ClassRefresh,  // superseded
	40014: ClassRefresh,  // malformed, or another account's
	42001: ClassRefresh,  // expired
	48001: ClassOperator, // the account has no permission for this
}

// Class looks e.Code up in the list of WeChat's documented codes, as an answer
// of e.Endpoint; [ClassNone] for a code that is not in it. No answer of a
// /cgi-bin endpoint is [ClassRestart]: no visitor's login is involved.
func (e *Error) Class() Class {
	class := codeClasses[e.Code]
	if !strings.HasPrefix(e.Endpoint, "/cgi-bin/") {
		return class
	}
	if class == ClassRestart || class == ClassNone {
		class = accountClasses[e.Code]
	}
	if class == ClassRefresh && (e.Endpoint == tokenPath || e.Endpoint == stableTokenPath) {
		if e.Code == 40001 {
			return ClassOperator // the older answer to a wrong secret
		}
		return ClassNone // no token was sent
	}
	return class
}

// Classify says what helps against err, which may wrap an error of this
// package or any other:
//
//   - an [*Error], by its code; a [*ReplyError], by its status;
//   - [ErrCode] and [ErrToken] are [ClassRestart];
//   - [ErrRefused] is [ClassOperator], whatever it wraps;
//   - a failure of the network (name, connection, certificate, time) is
//     [ClassRetry], and so is a deadline, whoever set it;
//   - the caller's own [context.Canceled] is [ClassNone], as is nil and all
//     that is not known.
func Classify(err error) Class {
	var known interface {
		error
		Class() Class
	}
	var network net.Error
	switch {
	case errors.Is(err, ErrRefused):
		return ClassOperator
	case errors.As(err, &known):
		return known.Class()
	case errors.Is(err, ErrCode), errors.Is(err, ErrToken):
		return ClassRestart
	case errors.Is(err, context.Canceled):
		return ClassNone
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network):
		return ClassRetry
	}
	return ClassNone
}
