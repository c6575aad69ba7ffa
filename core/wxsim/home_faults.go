package wxsim

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/seed467724c4/wechat/core/wxsim/internal/timeline"
)

// maxTimes is how often the page lets one fault happen.
const maxTimes = 1000

// waitingFault are faults that have not happened yet, of one name at one endpoint.
type waitingFault struct {
	Endpoint string
	Where    timeline.Words
	Text     string // the fault's plain name
	Count    int
}

// faultText is a fault's plain name.
func faultText(f NamedFault, lang string) string {
	if code, err := strconv.Atoi(string(f.Name)); err == nil {
		reason, _ := timeline.Reason(code)
		return string(f.Name) + " " + reason.In(lang)
	}
	if code, ok := strings.CutPrefix(string(f.Name), "page_"); ok {
		number, _ := strconv.Atoi(code)
		return code + " " + tr(lang, pageFailure(number, "").Text, pageMeaning(number))
	}
	return tr(lang, faultChinese[f.Name], f.Summary)
}

// faultChinese are the summaries of the faults that are no number, for Chinese
// readers.
var faultChinese = map[FaultName]string{
	SystemErrorSpent: "-1 系统繁忙，但 code 已经用掉",
	OldErrorStyle:    "40029，2020 年以前的写法",
	Delayed:          "回答正确，但晚 2 秒",
	Hang:             "不回答，直到应用放弃",
	EmptyBody:        "状态 200，内容为空",
	CutBody:          "只有一半内容就断开",
	HTMLBody:         "状态 200，但内容是网页",
	Status500:        "500，没有内容",
	Status502:        "502，代理的网页",
	Status503:        "503，代理的网页",
	ConnectionReset:  "连接被重置",
	ConnectionClosed: "连接被关闭",
	ControlBytes:     "昵称里有控制字符（微信真的发过）",
	BrokenUTF8:       "昵称里有坏掉的 UTF-8",
	WrongTypes:       "数字变成字符串，openid 变成数字",
	MissingFields:    "除 access_token 外的字段都没有",
	MissingScope:     "没有 scope（微信的示例就没有）",
	TrailingComma:    "scope 以逗号结尾（早期如此）",
	DateAhead:        "Date 头快 10 分钟，好像本机的时钟慢了",
	TokenRotated:     "另一台服务器刚取过新 token：40001",
	DomainWrong:      "10003 域名不一致的错误页",
	StateAltered:     "state 被改了一个字符",
	StateSuffixed:    "state 后面多了一个网址（有浏览器这样做过）",
	StateLowered:     "state 变成小写",
	StateLost:        "没有 state",
	CodeLost:         "没有 code",
	CodeUsed:         "返回的 code 已被用过：40163",
	CodeExpired:      "返回的 code 已过期：40029",
	CodeUnknown:      "code 是别的公众号的：40029",
	MiniProgramCode:  "code 是小程序的：40242",
	CallbackTwice:    "回调来两次，第一次不带 Cookie",
	CookiesStripped:  "回调不带浏览器的 Cookie",
	SnapshotPage:     "快照页的登录：is_snapshotuser 为 1",
	PollWithoutCode:  "询问进展时得到 405，但没有 code",
	PollError:        "询问进展时得到 500",
}

// pageMeaning is an error page of the authorisation in English.
func pageMeaning(code int) string {
	switch code {
	case pageRedirect:
		return "the domain of redirect_uri is not registered"
	case 10004:
		return "the account is banned"
	case pageScope:
		return "the scope is wrong or not allowed"
	case pageSandbox:
		return "only followers of the test account may log in"
	case 10009:
		return "too many attempts, try again later"
	case pageNoScope:
		return "scope is missing"
	case pageNoRedirect:
		return "redirect_uri is missing"
	case pageNoAppID:
		return "appid is missing"
	case 10013:
		return "state is missing"
	case 10015:
		return "the account has not authorised the platform"
	case pageWebsite:
		return "the appid is a website application's"
	}
	return "the link cannot be opened"
}

// faultPaths are the endpoints that a fault can be moved to.
func faultPaths() []string {
	var out []string
	for path := range endpoints() {
		if path != "/" && !strings.HasSuffix(path, "/") {
			out = append(out, path)
		}
	}
	slices.Sort(out)
	return out
}

// waitingFaults are the faults that wait, by endpoint and name.
func (s *Sim) waitingFaults(lang string) []waitingFault {
	type key struct {
		endpoint string
		name     FaultName
	}
	s.mu.Lock()
	counts := map[key]int{}
	for endpoint, queue := range s.faults {
		for _, f := range queue {
			counts[key{endpoint, f.name}] += max(f.Times, 1)
		}
	}
	s.mu.Unlock()
	var out []waitingFault
	for k, count := range counts {
		out = append(out, waitingFault{k.endpoint, s.whereOf(k.endpoint), faultTextOf(k.name, lang), count})
	}
	slices.SortFunc(out, func(a, b waitingFault) int {
		return cmp.Or(strings.Compare(a.Endpoint, b.Endpoint), strings.Compare(a.Text, b.Text))
	})
	return out
}

// whereOf says where a fault happens.
func (s *Sim) whereOf(endpoint string) timeline.Words {
	if endpoint == Callback {
		return timeline.Words{ZH: "返回应用时", EN: "on the way back to the application"}
	}
	return s.pathName(endpoint)
}

// faultTextOf is the plain name of a fault of the list. A test's own faults have none.
func faultTextOf(name FaultName, lang string) string {
	if f, ok := namedFault(name); ok {
		return faultText(f, lang)
	}
	return tr(lang, "测试自己的故障", "a fault of a test")
}
