package e2e

import "fmt"

// looks are how a visitor looks at pages and what pages know of it.
type looks struct {
	device
	lang      string // "zh" or "en"
	album     string // what the names of its pictures begin with; "" takes none
	person    string // who it is on the consent page
	noCookies bool   // blocks all cookies
}

// String names a visitor in the tests' names, as in "390-zh".
func (l looks) String() string { return fmt.Sprintf("%d-%s", l.width, l.lang) }

// device is a screen and what its browser calls itself.
type device struct {
	agent         string // WeChat on it
	other         string // another browser on it
	width, height int64
	scale         float64
	phone         bool
}

var (
	phone = device{
		agent: "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.50(0x1800322d) NetType/WIFI Language/zh_CN",
		other: "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
		width: 390, height: 844, scale: 2, phone: true,
	}
	desktop = device{
		agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/116.0.0.0 Safari/537.36 NetType/WIFI MicroMessenger/7.0.20.1781(0x6700143B) WindowsWechat(0x63090a13) XWEB/11275 Flue",
		other: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
		width: 1280, height: 800, scale: 1,
	}
)
