package web

import "strings"

// Language picks the offered language that an Accept-Language header prefers (RFC 9110
// 12.5.4). The highest q wins, and among equal ones the first. The result is offered[0]
// when the header names none of the offered languages, and for "*".
//
// Offered tags are BCP 47 tags such as "en" or "zh-TW". A requested tag fits an offer
// of the same language. Chinese is the exception, because its two scripts differ:
// Hant, Taiwan, Hong Kong and Macau fit "zh-TW" and all other Chinese fits "zh-CN".
//
// The header is read once from left to right.
func Language(acceptLanguage string, offered []string) string {
	best, bestQ := offered[0], 0
	for part := range strings.SplitSeq(acceptLanguage, ",") {
		tag, parameters, _ := strings.Cut(part, ";")
		fit := fitting(strings.TrimSpace(tag), offered)
		if fit == "" {
			continue
		}
		if q := quality(parameters); q > bestQ { // q=0 means "not this one"
			best, bestQ = fit, q
		}
	}
	return best
}

// WeChatLanguage is the lang parameter of userinfo for the same header: zh_CN, zh_TW
// or en (api_snsuserinfo).
func WeChatLanguage(acceptLanguage string) string {
	switch Language(acceptLanguage, []string{"zh-CN", "zh-TW", "en"}) {
	case "en":
		return "en"
	case "zh-TW":
		return "zh_TW"
	}
	return "zh_CN"
}

// fitting is the offer that a requested tag fits, "" for none.
func fitting(tag string, offered []string) string {
	if tag == "*" {
		return offered[0]
	}
	// RFC 5646 4.4.1: 35 bytes are enough for every tag in use.
	if tag == "" || len(tag) > 35 {
		return ""
	}
	tag = strings.ReplaceAll(tag, "_", "-") // Java clients send zh_TW
	language, rest, _ := strings.Cut(tag, "-")
	if strings.EqualFold(language, "zh") {
		language, tag = "zh", chinese(rest)
	}
	for _, offer := range offered {
		if strings.EqualFold(offer, tag) {
			return offer
		}
	}
	for _, offer := range offered {
		if primary, _, _ := strings.Cut(offer, "-"); language != "zh" && strings.EqualFold(primary, language) {
			return offer
		}
	}
	return ""
}

// chinese finds the script from the subtags behind "zh". A named script counts before
// the region: zh-Hans-HK is simplified.
func chinese(subtags string) string {
	traditional := false
	for subtag := range strings.SplitSeq(strings.ToLower(subtags), "-") {
		switch subtag {
		case "hans":
			return "zh-CN"
		case "hant":
			return "zh-TW"
		case "tw", "hk", "mo":
			traditional = true
		}
	}
	if traditional {
		return "zh-TW"
	}
	return "zh-CN"
}

// quality reads ";q=0.8" as 800. Without a q it is 1000, and 0 where q is no number
// between 0 and 1.
func quality(parameters string) int {
	for parameter := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(parameter, "=")
		if strings.EqualFold(strings.TrimSpace(name), "q") {
			return thousandths(strings.TrimSpace(value))
		}
	}
	return 1000
}

func thousandths(q string) int {
	whole, decimals, _ := strings.Cut(q, ".")
	if whole != "0" && whole != "1" || len(decimals) > 3 {
		return 0
	}
	n, unit := 1000*int(whole[0]-'0'), 100
	for i := range len(decimals) {
		if decimals[i] < '0' || decimals[i] > '9' {
			return 0
		}
		n += unit * int(decimals[i]-'0')
		unit /= 10
	}
	if n > 1000 {
		return 0
	}
	return n
}
