package web

import "testing"

func TestADeviceIsNamedAsAPersonWouldNameIt(t *testing.T) {
	const (
		chrome  = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
		mac     = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/"
		android = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36"
		iphone  = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1"
	)
	for _, c := range []struct {
		agent   string
		browser Browser
		system  System
	}{
		{chrome, Chrome, Windows},
		{chrome + " Edg/130.0.0.0", Edge, Windows},
		{chrome + " OPR/115.0", Opera, Windows},
		{"Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0", Firefox, Linux},
		{"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 Chrome/130.0.0.0 Safari/537.36", Chrome, ChromeOS},
		{mac + "605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15", Safari, MacOS},
		{"Mozilla/5.0 (iPad; CPU OS 12_5 like Mac OS X) AppleWebKit/605.1.15 Version/12.1 Safari/604.1", Safari, IPadOS},
		{"Mozilla/5.0 (Linux; Android 14; SM-X810) AppleWebKit/537.36 Chrome/130.0.0.0 Safari/537.36", Chrome, Android},
		{android, Chrome, Android},
		{iphone, Safari, MacOS},
		{"curl/8.5.0", OtherBrowser, OtherSystem},
		{"", OtherBrowser, OtherSystem},
	} {
		if browser, system := DeviceOf(c.agent); browser != c.browser || system != c.system {
			t.Errorf("rule: %q is %d on %d, want %d on %d", c.agent, browser, system, c.browser, c.system)
		}
	}
}
