package wxsim

import (
	"slices"
	"strconv"
	"strings"
)

// faultGroup is a group of the page's list of faults.
type faultGroup struct {
	Name   string
	Faults []faultOption
}

type faultOption struct {
	Name        FaultName
	Text, Other string // in the page's language and in the other one, for the search
}

// faultKind is an idea that faults of the list share. Groups stand on the page in
// this order.
type faultKind int

const (
	kindCommon faultKind = iota
	kindBack
	kindWire
	kindExchange
	kindProfile
	kindAccountToken
	kindFollowers
	kindMenu
	kindPlatform
	kindPage
	kindScan
	faultKinds // how many
)

// faultGroups is the list of faults with plain names, in a language.
func faultGroups(lang string) []faultGroup {
	groups := make([]faultGroup, faultKinds)
	for kind, name := range faultKindNames(lang) {
		groups[kind].Name = name
	}
	for _, f := range Faults() {
		group := &groups[kindOf(f)]
		group.Faults = append(group.Faults, faultOption{f.Name, faultText(f, lang), faultText(f, tr(lang, "en", "zh"))})
	}
	return groups
}

func faultKindNames(lang string) [faultKinds]string {
	return [faultKinds]string{
		kindCommon:       tr(lang, "最常用", "Most used"),
		kindBack:         tr(lang, "返回应用时", "On the way back to the application"),
		kindWire:         tr(lang, "网络和内容", "Network and content"),
		kindExchange:     tr(lang, "错误码：用 code 换 token", "Errcodes: exchanging the code"),
		kindProfile:      tr(lang, "错误码：读取昵称头像", "Errcodes: nickname and avatar"),
		kindAccountToken: tr(lang, "错误码：公众号 token", "Errcodes: the account's token"),
		kindFollowers:    tr(lang, "错误码：关注、消息和其他接口", "Errcodes: followers, messages, others"),
		kindMenu:         tr(lang, "错误码：菜单", "Errcodes: the menu"),
		kindPlatform:     tr(lang, "错误码：第三方平台", "Errcodes: third-party platforms"),
		kindPage:         tr(lang, "授权页的错误", "Error pages of the authorisation"),
		kindScan:         tr(lang, "扫码登录", "Scan login"),
	}
}

func kindOf(f NamedFault) faultKind {
	code, err := strconv.Atoi(string(f.Name))
	switch {
	case slices.Contains(commonFaults(), f.Name):
		return kindCommon
	case err == nil:
		return kindOfCode(code, f.Endpoint)
	case strings.HasPrefix(string(f.Name), "page_"):
		return kindPage
	case f.Endpoint == Callback:
		return kindBack
	case f.Endpoint == PathQRPoll:
		return kindScan
	}
	return kindWire
}

// kindOfCode tells an errcode's kind by the endpoint that answers it. Those of
// third-party platforms stand apart: most applications never meet them.
func kindOfCode(code int, endpoint string) faultKind {
	switch code {
	case codeNoComponent, codeNoComponentToken, codeComponentExpired:
		return kindPlatform
	}
	if code/1000 == 61 {
		return kindPlatform
	}
	switch endpoint {
	case PathAccessToken, PathRefreshToken:
		return kindExchange
	case PathUserInfo:
		return kindProfile
	case PathToken, PathStableToken:
		return kindAccountToken
	case PathMenuCreate, PathMenuGet:
		return kindMenu
	}
	return kindFollowers
}

// commonFaults are those that every application should survive. They come first.
func commonFaults() []FaultName {
	return []FaultName{CodeUsed, CodeExpired, CallbackTwice, CookiesStripped, StateAltered, SystemErrorSpent, Hang, DomainWrong}
}
