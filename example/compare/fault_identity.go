package main

import (
	"net/http"

	"github.com/seed467724c4/wechat/example/compare/internal/drive"
)

// faultsOfIdentity: somebody becomes another person.
func faultsOfIdentity() []fault {
	const group = "Nobody becomes another person"
	return []fault{
		{group, "a link with a stranger's code and state does not log in as the stranger (login CSRF)", func(s *stage) verdict {
			for _, busy := range []bool{false, true} {
				link := s.Browser("jun").OpenUntilBack("/me")
				victim := s.Browser("mei")
				if busy {
					victim.OpenUntilBack("/me")
				}
				victim.Open(link)
				if victim.Who() == s.me("jun") {
					return s.judge(false, "the victim is logged in as the stranger")
				}
			}
			return yes
		}},
		{group, "nor where the stranger also makes the browser begin a login, with a state of the stranger's choice", func(s *stage) verdict {
			start := s.loginLink("/me") + "&state=0123456789abcdef"
			victim := s.Browser("mei")
			victim.OpenUntilBack(start)
			link := s.Browser("jun").OpenUntilBack(start)
			victim.Open(link)
			return s.judge(link != "" && victim.Who() != s.me("jun"), "the victim is logged in as the stranger")
		}},
		{group, "a cookie that a stranger planted before the login is worth nothing after it (session fixation)", func(s *stage) verdict {
			stranger, victim := s.Browser("jun"), s.Browser("mei")
			stranger.OpenUntilBack("/me")
			victim.SetCookies(stranger.Cookies())
			victim.Open("/me")
			return s.judge(victim.Who() == s.me("mei") && stranger.Who() == "", "the stranger is logged in as the victim")
		}},
		{group, "a cookie that was copied before the logout is worth nothing after it", func(s *stage) verdict {
			owner, thief := s.Browser("mei"), s.Browser("jun")
			owner.Open("/me")
			thief.SetCookies(owner.Cookies())
			logout(owner)
			return s.judge(owner.Who() == "" && thief.Who() == "", "the copy still logs in")
		}},
		{group, "a form on another site cannot log a visitor out", func(s *stage) verdict {
			victim := s.Browser("mei")
			victim.Open("/me")
			victim.CrossSiteForm("/logout")
			return s.judge(victim.Who() == s.me("mei"), "logged out")
		}},
		{group, "another person who logs in on the same phone is that person", func(s *stage) verdict {
			phone := s.Browser("mei")
			phone.Open("/me")
			logout(phone)
			phone.Switch("jun")
			page := phone.Open("/me")
			return s.judge(page.Shows("/me", s.me("jun")), page)
		}},
		{group, "the virtual visitor of WeChat's snapshot page is not logged in", func(s *stage) verdict {
			if s.website {
				return nothing // a scan has no snapshot page
			}
			s.Sim.SetSnapshot("mei", true)
			visitor := s.Browser("mei")
			visitor.Open("/me")
			return s.judge(visitor.Who() == "", "a user that does not exist is logged in")
		}},
	}
}

func logout(b *drive.Browser) *http.Response {
	return b.Request(http.MethodPost, "/logout", "", http.Header{
		"Content-Type": {"application/x-www-form-urlencoded"}, "Origin": {drive.Site}, "Sec-Fetch-Site": {"same-origin"}, "Sec-Fetch-Mode": {"navigate"},
	})
}
