package core

import "github.com/seed467724c4/wechat/core/internal/web"

// facts is all that a decision rests on.
type facts struct {
	mode   Mode
	kind   web.Kind
	client web.Client
	level  level       // what the session holds
	want   level       // what the route asks for; at least silentLevel
	answer answer      // what came back from WeChat
	asked  level       // what the login in the answer asked for; nobody without an answer of ours
	news   bool        // a valid code that is newer than the session's login or asks for more than it holds
	spent  bool        // no attempts are left
	guests bool        // the route lets visitors outside WeChat go on as nobody
	follow followState // whether a visitor who is logged in follows the account, where the route asks
}

// answer is what came back from WeChat: first as the URL tells it, then, after an
// exchange, what the exchange came to.
type answer uint8

const (
	noAnswer    answer = iota // no state of ours
	code                      // a state given to this browser, and a code
	withoutCode               // a state of ours, and no code: the visitor refused
	stale                     // a state of ours that is old or another browser's

	loggedIn    // exchanged: the session holds the user
	codeDead    // exchanged: WeChat knows the code no more, or it cannot be one and was not sent
	tooLittle   // exchanged: less than the login asked for
	unavailable // exchanged: WeChat, the store or the app failed
	snapshot    // exchanged: the virtual visitor of a snapshot page
	answers
)

// followState says whether the visitor follows the account.
type followState uint8

const (
	notDemanded followState = iota // the route does not ask, or there is nobody to ask about
	notAskedYet
	follower
	stranger
	notKnown   // WeChat cannot tell now
	followings // how many there are
)

// step is what is to be done.
type step uint8

const (
	pass         step = iota // call the next handler
	arrive                   // redirect to the page that was asked for (Login: to "to")
	exchange                 // exchange the code, then decide again
	start                    // redirect to WeChat
	unauthorized             // 401 with a problem document
	framePage
	outsidePage
	refusedPage
	stuckPage
	unavailablePage
	snapshotPage
	lookUp     // find out whether the visitor follows, then decide again
	followPage // ask the visitor to follow
)

// decide is the state machine: what to do with a visitor, from facts alone.
func decide(f facts) step {
	// An Optional gate wants nothing, but a login that another gate began must
	// still come to its end here: what it asked for counts, or an outer gate
	// would clean away an answer that an inner one goes on asking for.
	free := f.mode == ModeOptional || f.mode == ModeRequire && f.guests && f.client == web.OutsideWeChat
	enough := free || f.level >= f.want
	finished := enough && f.level >= f.asked
	through := f.door()

	switch {
	case f.kind == web.Navigation:
	case enough:
		return through
	case f.kind == web.Frame:
		return framePage
	default:
		return unauthorized
	}

	switch f.answer {
	case code:
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
	case snapshot:
		return snapshotPage
	case withoutCode:
		if !finished {
			return refusedPage
		}
		return arrive
	case stale, codeDead:
		if finished {
			return arrive
		}
	case noAnswer:
		if enough {
			return through
		}
	}

	switch {
	case free:
		// Left for a Require further in, which counts the attempt.
		return through
	case f.client == web.OutsideWeChat:
		return outsidePage
	case f.spent:
		return stuckPage
	default:
		return start
	}
}

// door is where those go who have enough: on, unless the route is for followers.
func (f facts) door() step {
	switch {
	case f.mode == ModeLogin:
		return arrive
	case f.level == nobody, f.follow == notDemanded, f.follow == follower:
		return pass
	case f.follow == notAskedYet:
		return lookUp
	case f.follow == notKnown:
		return unavailablePage
	case f.kind == web.Frame:
		return framePage
	default:
		return followPage
	}
}
