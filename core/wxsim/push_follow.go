package wxsim

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// SetFollowing makes a person a follower of an account, or ends that, and pushes
// nothing: it is for the beginning of a test. For a person who follows already,
// nothing changes. The error names an unknown account or person, or a website
// application.
func (s *Sim) SetFollowing(appID, personID string, follows bool) error {
	if err := s.knowsFollowable(appID, personID); err != nil {
		return err
	}
	if follows {
		s.startFollowing(appID, personID, follow{s.now(), sceneSearch, ""})
	} else {
		s.stopFollowing(appID, personID)
	}
	return nil
}

// Following says whether a person follows an account. It is false if one of them
// is unknown.
func (s *Sim) Following(appID, personID string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.states[appID]
	if !ok {
		return false
	}
	_, follows := b.followers[personID]
	return follows
}

// Follow makes a person follow an account and then pushes the event subscribe
// to the account's push address. nil means delivered, or that there is no push
// address. An unknown account or person is an error, and so is a person who
// follows already: then nothing changes and nothing is sent. Any other error
// means that the person follows now and the application was not told. Pushing
// takes up to 15 seconds, three tries of five; ctx ends it sooner.
func (s *Sim) Follow(ctx context.Context, appID, personID string) error {
	_, err := s.follow(ctx, appID, personID, sceneSearch)
	return err
}

// Unfollow makes a person stop following and pushes the event unsubscribe. For a
// person who does not follow, it is an error and nothing is pushed.
func (s *Sim) Unfollow(ctx context.Context, appID, personID string) error {
	_, err := s.unfollow(ctx, appID, personID)
	return err
}

// Scan lets a person scan the account's QR code with a scene of 1 to 64
// characters (带参数的二维码). A person who does not follow becomes a follower, and
// the event is subscribe with the EventKey qrscene_ and scene. For a follower it
// is SCAN with scene. Both carry a Ticket, the same for the same scene. The
// errors are those of Follow.
func (s *Sim) Scan(ctx context.Context, appID, personID, scene string) error {
	_, err := s.scanScene(ctx, appID, personID, scene)
	return err
}

// scanScene is Scan. told says whether there was a push address.
func (s *Sim) scanScene(ctx context.Context, appID, personID, scene string) (told bool, err error) {
	n := utf8.RuneCountInString(scene)
	if n < 1 || n > 64 || !utf8.ValidString(scene) || strings.ContainsFunc(scene, func(r rune) bool { return r < ' ' }) {
		return false, errors.New("wxsim: a scene has 1 to 64 characters, none of them a control one")
	}
	if err := s.knowsFollowable(appID, personID); err != nil {
		return false, err
	}
	name, key := "SCAN", scene
	s.mu.Lock()
	s.talked(appID, personID, actionRoom, actionTime)
	s.mu.Unlock()
	if s.startFollowing(appID, personID, follow{s.now(), sceneQRCode, scene}) {
		name, key = "subscribe", "qrscene_"+scene
	}
	return s.event(ctx, appID, personID, name, key, qrTicket(appID, scene))
}

// knowsFollowable is knows, and a website application is an error as well.
func (s *Sim) knowsFollowable(appID, personID string) error {
	if err := s.knows(appID, personID); err != nil {
		return err
	}
	if s.accounts[appID].Website {
		return fmt.Errorf("wxsim: %s is a website application, which has no followers", appID)
	}
	return nil
}

// follow is Follow. told says whether there was a push address.
func (s *Sim) follow(ctx context.Context, appID, personID, how string) (told bool, err error) {
	if err := s.knowsFollowable(appID, personID); err != nil {
		return false, err
	}
	if !s.startFollowing(appID, personID, follow{s.now(), how, ""}) {
		return false, fmt.Errorf("wxsim: %s follows %s already", personID, appID)
	}
	s.mu.Lock()
	s.talked(appID, personID, actionRoom, actionTime)
	s.mu.Unlock()
	return s.event(ctx, appID, personID, "subscribe", "", "")
}

func (s *Sim) unfollow(ctx context.Context, appID, personID string) (told bool, err error) {
	if err := s.knowsFollowable(appID, personID); err != nil {
		return false, err
	}
	if !s.stopFollowing(appID, personID) {
		return false, fmt.Errorf("wxsim: %s does not follow %s", personID, appID)
	}
	return s.event(ctx, appID, personID, "unsubscribe", "", "")
}

// startFollowing makes a person a follower. It is false for a person who follows
// already.
func (s *Sim) startFollowing(appID, personID string, how follow) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	followers := s.states[appID].followers
	if _, already := followers[personID]; already {
		return false
	}
	followers[personID] = how
	return true
}

// stopFollowing ends it. It is false for a person who does not follow.
func (s *Sim) stopFollowing(appID, personID string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	followers := s.states[appID].followers
	_, follows := followers[personID]
	delete(followers, personID)
	return follows
}

// peopleOf are the people. Follows says whether they follow the account now, or
// any account for "".
func (s *Sim) peopleOf(appID string) []Person {
	out := slices.Clone(s.cfg.People)
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range out {
		out[i].Follows = false
		for id, b := range s.states {
			_, follows := b.followers[out[i].ID]
			out[i].Follows = out[i].Follows || follows && (appID == "" || appID == id)
		}
	}
	return out
}
