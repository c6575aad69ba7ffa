package wxsim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// FaultName names a fault of the list that [Faults] returns. Every error code of
// the API is one, written as a number ("40163"), and every code of the
// authorisation page, written "page_10003".
type FaultName string

// The faults that are no error code.
const (
	SystemErrorSpent FaultName = "system_error_spent"
	OldErrorStyle    FaultName = "old_error_style"
	Delayed          FaultName = "delay"
	Hang             FaultName = "hang"
	EmptyBody        FaultName = "empty_body"
	CutBody          FaultName = "cut_body"
	HTMLBody         FaultName = "html"
	Status500        FaultName = "http_500"
	Status502        FaultName = "http_502"
	Status503        FaultName = "http_503"
	ConnectionReset  FaultName = "reset"
	ConnectionClosed FaultName = "closed"
	ControlBytes     FaultName = "control_bytes"
	BrokenUTF8       FaultName = "broken_utf8"
	WrongTypes       FaultName = "wrong_types"
	MissingFields    FaultName = "missing_fields"
	MissingScope     FaultName = "missing_scope"
	TrailingComma    FaultName = "trailing_comma"
	TokenRotated     FaultName = "token_rotated"
	DateAhead        FaultName = "date_ahead"

	DomainWrong     FaultName = "domain_wrong"
	StateAltered    FaultName = "state_altered"
	StateSuffixed   FaultName = "state_suffixed"
	StateLowered    FaultName = "state_lowered"
	StateLost       FaultName = "state_lost"
	CodeLost        FaultName = "code_lost"
	CodeUsed        FaultName = "code_used"
	CodeExpired     FaultName = "code_expired"
	CodeUnknown     FaultName = "code_unknown"
	MiniProgramCode FaultName = "mini_program_code"
	CallbackTwice   FaultName = "callback_twice"
	CookiesStripped FaultName = "cookies_stripped"
	SnapshotPage    FaultName = "snapshot"

	PollWithoutCode FaultName = "poll_without_code"
	PollError       FaultName = "poll_500"
)

// NamedFault is a row of the list of faults.
type NamedFault struct {
	Name     FaultName `json:"name"`
	Endpoint string    `json:"endpoint"` // where it happens unless told otherwise
	Summary  string    `json:"summary"`

	fault Fault // without Times
}

// Faults lists every fault that [Sim.Next] and the control API take.
func Faults() []NamedFault {
	list := []NamedFault{
		{SystemErrorSpent, PathAccessToken, "-1 system error, and the code is spent all the same", Fault{Code: codeSystem, Consume: true}},
		{OldErrorStyle, PathAccessToken, "40029 with the request id as WeChat wrote it until 2020", Fault{Code: codeCode, Message: "invalid code, hints: [ req_id: 1foBSgMre-Hz ]"}},
		{Delayed, PathAccessToken, "the right answer, 2 seconds late", Fault{Delay: 2 * time.Second}},
		{Hang, PathAccessToken, "no answer until the caller gives up", Fault{Wait: make(chan struct{})}},
		{EmptyBody, PathAccessToken, "status 200 and nothing else", Fault{}},
		{CutBody, PathAccessToken, "half the body, then the connection ends", Fault{Cut: true}},
		{HTMLBody, PathAccessToken, "an HTML page with status 200", Fault{Body: "<html><head><title>302 Found</title></head><body>login</body></html>"}},
		{Status500, PathAccessToken, "500 without a body", Fault{Status: 500}},
		{Status502, PathAccessToken, "502 with the HTML of a proxy", Fault{Status: 502, Body: "<html><h1>502 Bad Gateway</h1></html>"}},
		{Status503, PathAccessToken, "503 with the HTML of a proxy", Fault{Status: 503, Body: "<html><h1>503 Service Unavailable</h1></html>"}},
		{ConnectionReset, PathAccessToken, "the connection is reset without an answer", Fault{Reset: true}},
		{ConnectionClosed, PathAccessToken, "the connection is closed without an answer", Fault{Drop: true}},
		{ControlBytes, PathUserInfo, "raw control bytes in the nickname, as WeChat has sent them", Fault{alter: insertInText("\x14\b\x07")}},
		{BrokenUTF8, PathUserInfo, "broken UTF-8 in the nickname", Fault{alter: insertInText("S\xefY\xff4")}},
		{WrongTypes, PathAccessToken, "numbers arrive as strings, openid as a number", Fault{alter: swapTypes}},
		{MissingFields, PathAccessToken, "every field but access_token is missing", Fault{alter: keepFields("access_token", "nickname")}},
		{MissingScope, PathAccessToken, "scope is missing, as in WeChat's own sample", Fault{alter: dropFields("scope")}},
		{TrailingComma, PathAccessToken, "scope ends in a comma, as old replies did", Fault{alter: replaceOnce(`"scope":"`+scopeUserInfo+`"`, `"scope":"`+scopeUserInfo+`,"`, `"scope":"`+scopeBase+`"`, `"scope":"`+scopeBase+`,"`)}},
		{TokenRotated, PathFollower, "another node has asked for a newer account token: 40001", Fault{before: (*Sim).expireAllTokens}},
		{DateAhead, PathStableToken, "the Date header is ten minutes ahead, as if this machine's clock were behind", Fault{Ahead: 10 * time.Minute}},

		{DomainWrong, PathAuthorize, "page 10003, as if the registered domain were another", Fault{Code: pageRedirect}},
		{StateAltered, Callback, "one character of state comes back changed", changed(func(d *callbackTrip) { d.state = alterLast(d.state) })},
		{StateSuffixed, Callback, "an address is appended to state, as a browser has been seen to do", changed(func(d *callbackTrip) { d.state += "https://i.maxthon.cn" })},
		{StateLowered, Callback, "state comes back in lower case", changed(func(d *callbackTrip) { d.state = strings.ToLower(d.state) })},
		{StateLost, Callback, "the callback has no state", changed(func(d *callbackTrip) { d.with = false })},
		{CodeLost, Callback, "the callback has no code", changed(func(d *callbackTrip) { d.text = "" })},
		{CodeUsed, Callback, "the code that comes back has been exchanged before: 40163", changed(func(d *callbackTrip) { d.code.used, d.code.byFault = true, true })},
		{CodeExpired, Callback, "the code has expired: 40029", changed(func(d *callbackTrip) { d.code.expired, d.code.byFault = true, true })},
		{CodeUnknown, Callback, "the code is of another account: 40029", changed(func(d *callbackTrip) { d.code.appID, d.code.byFault = "", true })},
		{MiniProgramCode, Callback, "the code is a mini program's: 40242", changed(func(d *callbackTrip) { d.code.miniProgram, d.code.byFault = true, true })},
		{CallbackTwice, Callback, "the callback is delivered twice, first without cookies", changed(func(d *callbackTrip) { d.twice = true })},
		{CookiesStripped, Callback, "the callback is delivered without the browser's cookies", changed(func(d *callbackTrip) { d.bare = true })},
		{SnapshotPage, Callback, "the login is one of a snapshot page: is_snapshotuser 1", changed(func(d *callbackTrip) { d.code.makeVirtual() })},

		{PollWithoutCode, PathQRPoll, "the poll says 405 and has no code", Fault{Body: "window.wx_errcode=405;window.wx_code='';", ContentType: "text/javascript"}},
		{PollError, PathQRPoll, "the poll says 500", Fault{Body: "window.wx_errcode=500;window.wx_code='';", ContentType: "text/javascript"}},
	}
	for _, code := range pageCodes() {
		list = append(list, NamedFault{FaultName("page_" + strconv.Itoa(code)), PathAuthorize, pageFailure(code, "").Text, Fault{Code: code}})
	}
	for _, e := range errcodes() {
		list = append(list, NamedFault{FaultName(strconv.Itoa(e.code)), e.path, e.text, Fault{Code: e.code}})
	}
	return list
}

func changed(change func(*callbackTrip)) Fault { return Fault{change: change} }

// Next makes the next call meet a fault of the list, once. It happens at the
// fault's own endpoint, or at the one named. The error names an unknown fault,
// a fault of the way back that is asked for elsewhere, and one that would be too many:
// 256 can wait.
func (s *Sim) Next(name FaultName, endpoint ...string) error {
	return s.queueNamed(name, 1, endpoint...)
}

// namedFault finds a row of the list.
func namedFault(name FaultName) (row NamedFault, ok bool) {
	list := Faults()
	i := slices.IndexFunc(list, func(f NamedFault) bool { return f.Name == name })
	if i < 0 {
		return NamedFault{}, false
	}
	return list[i], true
}

func (s *Sim) queueNamed(name FaultName, times int, endpoint ...string) error {
	row, ok := namedFault(name)
	if !ok {
		return fmt.Errorf("wxsim: no fault with the name %q", clipped(string(name)))
	}
	where := row.Endpoint
	if len(endpoint) > 0 && endpoint[0] != "" {
		where = endpoint[0]
	}
	if (row.fault.change != nil) != (where == Callback) {
		return fmt.Errorf("wxsim: fault %q happens at %q, not at %q", name, row.Endpoint, clipped(where))
	}
	row.fault.Times, row.fault.name = times, name
	return s.queue(where, row.fault)
}

// expireAllTokens ends the account tokens of every account.
func (s *Sim) expireAllTokens() {
	for appID := range s.accounts {
		s.ExpireTokens(appID)
	}
}
