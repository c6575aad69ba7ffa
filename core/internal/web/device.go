package web

// Browser is a family of browsers, as a person would name the one in front of them.
type Browser uint8

// The families of browsers. There are at most 8: an id has three bits for them.
const (
	OtherBrowser Browser = iota
	Chrome
	Edge
	Firefox
	Safari
	Opera
	Browsers // how many there are
)

// System is a family of operating systems.
type System uint8

// The families of systems. There are at most 8: an id has three bits for them.
const (
	OtherSystem System = iota
	Windows
	MacOS
	Linux
	ChromeOS
	Android
	IPadOS
	Systems // how many there are
)

// The name that a User-Agent has for a family, in the order in which they are tried:
// Edge and Opera call themselves Chrome too, and Chrome calls itself Safari.
var (
	browserNames = [...]struct {
		part string
		is   Browser
	}{{"Edg", Edge}, {"OPR/", Opera}, {"Firefox/", Firefox}, {"Chrome/", Chrome}, {"Chromium/", Chrome}, {"Safari/", Safari}}
	systemNames = [...]struct {
		part string
		is   System
	}{{"Windows", Windows}, {"iPad", IPadOS}, {"CrOS", ChromeOS}, {"Android", Android}, {"Mac OS X", MacOS}, {"Linux", Linux}, {"X11", Linux}}
)

// DeviceOf names the families of browser and system that a User-Agent claims.
func DeviceOf(userAgent string) (Browser, System) {
	var browser Browser
	var system System
	for _, name := range browserNames {
		if containsFold(userAgent, name.part) {
			browser = name.is
			break
		}
	}
	for _, name := range systemNames {
		if containsFold(userAgent, name.part) {
			system = name.is
			break
		}
	}
	return browser, system
}
