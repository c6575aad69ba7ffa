package core

import "github.com/seed467724c4/wechat/core/internal/web"

// facts is everything that a decision depends on.
type facts struct {
	mode         Mode
	kind         web.Kind
	client       web.Client
	level        level       // what the session holds
	want         level       // what the route asks for; at least silentLevel
	callback     callback    // what came back from WeChat
	asked        level       // what the login asked for that came back; anonymous without a state of ours
	news         bool        // the code is newer than the session's login, or asks for more than the session holds
	spent        bool        // no attempts are left
	withheld     bool        // the browser brought no binding cookie, and may bring it on a request from this site
	allowOutside bool        // the route lets visitors outside WeChat continue without a login
	follow       followState // whether the logged-in visitor follows the account
	website      bool        // a website application logs desktop browsers in
	screen       screenState // what has become of the code on this screen; noScreen before it was looked up
}

// callback is what came back from WeChat. Before the exchange it is what the URL says,
// after it what the exchange came to.
type callback uint8

const (
	noCallback      callback = iota // no state of ours
	codeReturned                    // a state that this browser was given, and a code
	refusalReturned                 // a state of ours without a code: the visitor refused
	staleState                      // a state of ours that is old or another browser's

	loggedIn    // exchanged: the session holds the user
	codeDead    // exchanged: WeChat does not know the code any more; or it cannot be a code and was not sent
	tooLittle   // exchanged: WeChat granted less than the login asked for
	unavailable // exchanged: WeChat, the store or the app failed
	denied      // exchanged: the app refuses this person
	withdrawn   // exchanged: the account no longer allows the platform to log in to it
	snapshot    // exchanged: the virtual visitor of a snapshot page
	callbacks   // how many there are
)

// followState says whether the visitor follows the account.
type followState uint8

const (
	followNotAsked    followState = iota // the route does not ask, or the visitor is anonymous
	followUnknown                        // not looked up yet
	isFollower                           // the visitor follows the account
	notFollowing                         // the visitor does not follow the account
	followUnavailable                    // WeChat does not answer
	followStates                         // how many there are
)

// screenState says what has become of the code that this browser shows. Only codes that
// this browser can redeem are looked up.
type screenState uint8

const (
	noScreen          screenState = iota // no screen login here, or not looked up
	screenWaiting                        // no phone has opened a code of this screen
	screenExpired                        // the page has waited too long by itself
	screenScanned                        // a phone has opened it, and its person has not answered
	screenAllowed                        // its person allows the login
	screenTrusted                        // the same, and this device is known to be that person's own
	screenRefused                        // its person refuses
	screenLocked                         // the numbers typed were wrong
	screenUnavailable                    // the store cannot tell
	screenStates                         // how many there are
)

// step is what to do next.
type step uint8

const (
	pass            step = iota // call the next handler
	arrive                      // redirect to the page that was asked for (Login: to "to")
	exchange                    // exchange the code, then decide again
	start                       // redirect to WeChat, to log in with the account
	scan                        // redirect to WeChat's QR code, to log in with the website application
	unauthorized                // answer 401 with a problem document
	logInAgainPage              // answer 401 with a page that leads to a login
	noContent                   // answer a CORS preflight with nothing
	framePage                   // show a page with a link to the top window
	outsidePage                 // show a page that opens this address in WeChat
	screenPage                  // show a page about the code on this screen
	numberPage                  // ask for the number that the phone shows
	redeem                      // log this screen in as the person who allowed it, then decide again
	refusedPage                 // say that the login was refused
	continuePage                // ask for this callback once more, from a page of this site
	stuckPage                   // say why the attempts failed
	unavailablePage             // say that the login is unavailable
	withdrawnPage               // say that nobody can log in to the account any more
	deniedPage                  // say why the app refuses this person
	snapshotPage                // ask for the full service instead of a snapshot
	lookUp                      // find out whether the visitor follows, then decide again
	followPage                  // ask the visitor to follow the account
)

// decide is the state machine: it decides what to do with a visitor from the facts
// alone.
func decide(f facts) step {
	// An Optional gate asks for nothing, but it completes a login that another gate
	// began. So what that login asked for counts here, too: otherwise an outer gate
	// would drop a callback that an inner gate then asks for again and again.
	free := f.mode == ModeOptional || f.mode == ModeRequire && f.allowOutside && f.client != web.InsideWeChat
	enough := free || f.level >= f.want
	finished := enough && f.level >= f.asked
	satisfied := f.followStep()

	switch {
	case f.kind == web.Navigation:
	case enough:
		return satisfied
	case f.kind == web.Frame:
		return framePage
	case f.kind == web.FormPost:
		return logInAgainPage
	case f.kind == web.Preflight:
		return noContent
	default:
		return unauthorized
	}

	switch f.callback {
	case codeReturned:
		if f.news {
			return exchange
		}
		if enough {
			return arrive
		}
	case loggedIn:
		return arrive
	case tooLittle, unavailable:
		return unavailablePage
	case withdrawn:
		return withdrawnPage
	case denied:
		return deniedPage
	case snapshot:
		return snapshotPage
	case refusalReturned:
		if !finished {
			return refusedPage
		}
		return arrive
	case staleState, codeDead:
		if finished {
			return arrive
		}
	case noCallback:
		if enough {
			return satisfied
		}
	}

	switch {
	case free:
		// A Require further in starts the login and counts the attempt.
		return satisfied
	case f.client == web.OutsideWeChat, f.client == web.Desktop && (f.screen != noScreen || !f.website):
		return f.screenStep()
	case f.spent && f.withheld:
		return continuePage
	case f.spent:
		return stuckPage
	case f.client == web.Desktop:
		return scan
	default:
		return start
	}
}

// screenStep is the step for a visitor outside WeChat who has to log in.
func (f facts) screenStep() step {
	if f.client != web.Desktop {
		return outsidePage
	}
	switch f.screen {
	case noScreen:
		return outsidePage
	case screenTrusted:
		return redeem
	case screenAllowed:
		return numberPage
	case screenUnavailable:
		return unavailablePage
	}
	return screenPage
}

// followStep is the step for a visitor who has what the route asks for: the request
// continues, unless the route is for followers only.
func (f facts) followStep() step {
	switch {
	case f.mode == ModeLogin:
		return arrive
	case f.level == anonymous, f.follow == followNotAsked, f.follow == isFollower:
		return pass
	case f.follow == followUnknown:
		return lookUp
	case f.follow == followUnavailable:
		return unavailablePage
	case f.kind == web.Frame:
		return framePage
	default:
		return followPage
	}
}
