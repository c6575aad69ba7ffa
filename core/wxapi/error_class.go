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
	// ClassNone is an error without a known remedy.
	ClassNone Class = iota

	// ClassRestart: a new login helps. Count the attempts: if the cause stays,
	// every new login fails in the same way.
	ClassRestart

	// ClassRetry: WeChat or the network has a temporary problem. [Retryable]
	// says whether one more try makes sense at once. The failed try may have
	// used the code up; the next answer is then 40163.
	ClassRetry

	// ClassRefresh: the account's token is no longer valid, and a new one helps:
	// 40001, 40014 and 42001 of an endpoint below /cgi-bin. [AccountToken.Do]
	// has renewed the token and repeated the call before it returns such an
	// error. At /sns the same codes are about the visitor's token and are
	// ClassRestart.
	ClassRefresh

	// ClassOperator: whoever runs the site has to change its settings or its
	// code. No visitor can log in until then. See [Error.Advice].
	ClassOperator

	// ClassUser: only the visitor can change it, or nobody can. Say so on a page.
	ClassUser

	// ClassScope: the visitor's token lacks the scope snsapi_userinfo (48001 at
	// /sns). A login with that scope helps. If this login had asked for that
	// scope, WeChat does not grant it: another login gets the same answer, so
	// continue without the profile or show a page.
	ClassScope
)

// String returns the name in lower case: none, restart, retry, refresh,
// operator, user, scope.
func (c Class) String() string {
	names := [...]string{"none", "restart", "retry", "refresh", "operator", "user", "scope"}
	if c < 0 || int(c) >= len(names) {
		return "Class(" + strconv.Itoa(int(c)) + ")"
	}
	return names[c]
}

// codeClasses are WeChat's errcodes as answers of the /sns endpoints. A code
// that WeChat documents for /cgi-bin only is listed as well, if it is about the
// account or the machine and can mean only one thing.
var codeClasses = map[int]Class{
	-1:    ClassRetry,    // system error, WeChat is busy
	40001: ClassRestart,  // access token superseded, or the wrong kind of token
	40002: ClassOperator, // invalid grant_type
	40003: ClassRestart,  // the open id does not belong to this token
	40013: ClassOperator, // invalid appid
	40014: ClassRestart,  // malformed access token, or another account's
	40029: ClassRestart,  // invalid code
	40030: ClassRestart,  // invalid refresh token
	40125: ClassOperator, // invalid app secret
	40163: ClassRestart,  // code has been used
	40164: ClassOperator, // the address of this machine is not on the IP whitelist
	40226: ClassUser,     // WeChat blocks this visitor as a risk
	40242: ClassRestart,  // the code comes from a mini program (wx.login)
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
	42007: ClassRestart,  // all tokens revoked, the visitor changed the password
	43001: ClassOperator, // GET required
	43002: ClassOperator, // POST required
	43003: ClassOperator, // HTTPS required
	43004: ClassUser,     // the visitor has to follow the account
	44002: ClassOperator, // empty body
	45009: ClassOperator, // daily quota used up
	45011: ClassRetry,    // quota of this minute used up
	47001: ClassOperator, // body cannot be parsed
	48001: ClassScope,    // the token lacks snsapi_userinfo
	48004: ClassOperator, // API withdrawn as a penalty
	48006: ClassOperator, // quota cannot be cleared again this month
	48017: ClassOperator, // the address of WeChat's API is hard-coded and retired
	50001: ClassRestart,  // the visitor has not authorised this
	50002: ClassUser,     // the visitor (rarely the account) is restricted
	50004: ClassOperator, // the account may not fetch tokens
	50005: ClassUser,     // the visitor does not follow the account
	50007: ClassOperator, // the account is frozen
	61024: ClassOperator, // the account is delegated to a platform, whose token is needed
	89501: ClassOperator, // the address of this machine waits for an administrator
	89503: ClassOperator, // the address of this machine needs an administrator
	89506: ClassOperator, // the address of this machine was rejected for 24 hours
	89507: ClassOperator, // the address of this machine was rejected for 1 hour
}

// accountClasses are the codes with another meaning below /cgi-bin, where the
// account's own token is sent.
var accountClasses = map[int]Class{
	40001: ClassRefresh,  // superseded
	40014: ClassRefresh,  // malformed, or another account's
	42001: ClassRefresh,  // expired
	48001: ClassOperator, // the account has no permission for this API
}

// Class looks e.Code up in the list of WeChat's documented codes, as an answer
// of e.Endpoint. It is [ClassNone] for a code that is not listed. An endpoint
// below /cgi-bin never answers [ClassRestart] or [ClassScope], because no
// visitor's login is involved.
func (e *Error) Class() Class {
	if e.isComponents() {
		if class, ok := e.componentClass(); ok {
			return class
		}
	}
	class := codeClasses[e.Code]
	if !strings.HasPrefix(e.Endpoint, "/cgi-bin/") {
		return class
	}
	if class == ClassRestart || class == ClassScope || class == ClassNone {
		class = accountClasses[e.Code]
	}
	if class == ClassRefresh && (e.Endpoint == tokenPath || e.Endpoint == stableTokenPath) {
		if e.Code == 40001 {
			return ClassOperator // an older answer to a wrong secret
		}
		return ClassNone // the request holds no token
	}
	return class
}

// Classify says what helps against err, which may wrap an error of this
// package or any other:
//
//   - an [*Error] by its code, a [*ReplyError] by its status;
//   - [ErrCode] and [ErrToken] are [ClassRestart];
//   - [ErrRefused] is [ClassOperator], whatever it wraps;
//   - a failure of the network (name, connection, certificate, timeout) is
//     [ClassRetry], and so is an expired deadline, also the caller's;
//   - the caller's own [context.Canceled], nil and any other error are
//     [ClassNone].
func Classify(err error) Class {
	var classified interface {
		error
		Class() Class
	}
	var network net.Error
	switch {
	case errors.Is(err, ErrRefused):
		return ClassOperator
	case errors.As(err, &classified):
		return classified.Class()
	case errors.Is(err, ErrCode), errors.Is(err, ErrToken):
		return ClassRestart
	case errors.Is(err, context.Canceled):
		return ClassNone
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network):
		return ClassRetry
	}
	return ClassNone
}

// Retryable reports whether one more try makes sense at once: after -1, after a
// status of 500 or above and after a failure of the network. After 45011 it is
// false although that is [ClassRetry]: the quota is new only in the next minute,
// and a call before then makes it worse. It is false after 61005 and 61006, too: only
// the next push to the platform brings another ticket.
func Retryable(err error) bool {
	var e *Error
	return Classify(err) == ClassRetry && !isQuotaError(err) && !(errors.As(err, &e) && isTicketError(e))
}

// isQuotaError reports whether a quota is used up, of the day (45009) or of the
// minute (45011): another call before the next minute cannot succeed.
func isQuotaError(err error) bool {
	var e *Error
	return errors.As(err, &e) && (e.Code == 45009 || e.Code == 45011)
}

// isBusy reports whether WeChat answered -1. It did nothing then, so one more
// try costs no quota and spends no token.
func isBusy(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == -1
}

// isTokenError reports whether WeChat no longer accepts the account's token. It
// ignores the endpoint, which an app may leave out in its own [*Error].
func isTokenError(err error) bool {
	var e *Error
	return errors.As(err, &e) && accountClasses[e.Code] == ClassRefresh
}
