package wxsim

import "time"

// book is what changes of one account. Sim.mu guards it.
type book struct {
	minted     *coreToken // the latest of /cgi-bin/token
	stable     *coreToken // the latest of /cgi-bin/stable_token
	older      *coreToken // the stable one before, while both work
	forced     time.Time  // when force_refresh last did something
	ticket     string
	ticketEnds time.Time
	followers  map[string]follow // by person id
	push       pushAddress
	used       map[string]int // by path, on day
	day        int64
}

// newBook opens the book of an account that passed validation.
func newBook(a Account, people []Person, now time.Time) *book {
	b := &book{followers: map[string]follow{}, used: map[string]int{}}
	b.push, _ = newPushAddress(a.PushURL, a.PushToken, a.EncodingAESKey)
	for _, p := range people {
		if p.Follows {
			b.followers[p.ID] = follow{since: now, scene: sceneSearch}
		}
	}
	return b
}
