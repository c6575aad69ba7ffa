package core

import "github.com/seed467724c4/wechat/core/internal/screen"

// screenFacts is everything that an answer at Config.ScreenPath depends on. Whoever asks
// as a phone is logged in: the gate in front has seen to it.
type screenFacts struct {
	asks   screenAsk
	valid  bool         // the code was made on this site
	fresh  bool         // it may still be opened
	own    bool         // this very browser shows it
	phone  bool         // whoever asks is logged in to the account itself, not at a screen
	note   screen.State // what has become of it
	mine   bool         // the noted person is this phone's
	signed bool         // the form is the one that this phone was shown, and comes from this site
	window bool         // the answer is seen in a window of its own
}

// screenAsk is what a request at Config.ScreenPath asks for.
type screenAsk uint8

const (
	asksState   screenAsk = iota // the screen's script: what has become of the code?
	asksNumber                   // the screen: is this the number?
	asksOpen                     // the phone opens the code
	asksAllow                    // the phone's person allows the login
	asksDeny                     // the phone's person refuses
	asksWebsite                  // the screen: log me in with the website application instead
	screenAsks                   // how many there are
)

// screenStep is what to do at Config.ScreenPath.
type screenStep uint8

const (
	tellState     screenStep = iota // tell the screen's script
	tryNumber                       // compare the number, and log the screen in if it is right
	scanCode                        // note that this phone came first, then decide again
	askPerson                       // ask for consent
	allowScreen                     // keep the answer, then decide again
	denyScreen                      // end the code, then decide again
	showNumber                      // show the phone the digits
	sayRefused                      // say that the screen was not logged in
	sayTaken                        // say that another phone came first
	sayOver                         // say that the code is over
	ordinaryLogin                   // the code is this browser's own: it is logged in itself
	leaveFrame                      // show a page with a link to the top window
	goToWebsite                     // redirect to WeChat's own page with a QR code
	screenSteps                     // how many there are
)

// decideScreen decides about a request at Config.ScreenPath from the facts alone.
func decideScreen(f screenFacts) screenStep {
	switch {
	case f.asks == asksState && f.valid && f.own:
		return tellState
	case f.asks == asksNumber && f.valid && f.own && f.signed:
		return tryNumber
	case f.asks == asksState, f.asks == asksNumber, !f.valid:
		return sayOver
	case !f.window:
		return leaveFrame
	case f.asks == asksWebsite:
		return goToWebsite
	case f.own:
		return ordinaryLogin
	case f.asks != asksOpen && !f.signed, !f.phone:
		return sayOver
	case f.note == screen.Untouched && f.asks == asksOpen && f.fresh:
		return scanCode
	case f.note == screen.Untouched:
		return sayOver
	case !f.mine:
		return sayTaken
	}
	switch f.note {
	case screen.Scanned:
		switch f.asks {
		case asksAllow:
			return allowScreen
		case asksDeny:
			return denyScreen
		}
		return askPerson
	case screen.Allowed:
		if f.asks == asksDeny {
			return denyScreen
		}
		return showNumber
	case screen.Denied:
		return sayRefused
	}
	return sayOver
}
