package main

import (
	"net/http"

	"github.com/seed467724c4/wechat/core/wxsim"
)

// faultsOnTheWayBack: the callback does not come as it should.
func faultsOnTheWayBack() []fault {
	const group = "The visitor gets in all the same, without doing anything"
	back := func(what string, name wxsim.FaultName) fault {
		return fault{group, what, func(s *stage) verdict {
			if err := s.Sim.Next(name); err != nil {
				return s.judge(false, err)
			}
			page := s.Browser("mei").Open("/me")
			return s.judge(page.Serves("/me", s.me("mei")), page)
		}}
	}
	return []fault{
		{group, "the callback is delivered twice; the browser shows the second answer", func(s *stage) verdict {
			b := s.Browser("mei")
			link := b.OpenUntilBack("/me")
			b.Unheard(link)
			page := b.Open(link)
			return s.judge(page.Shows("/me", s.me("mei")), page)
		}},
		{group, "Back or reload brings the callback again, after the login", func(s *stage) verdict {
			b := s.Browser("mei")
			link := b.OpenUntilBack("/me")
			b.Open(link)
			page := b.Open(link)
			return s.judge(page.Shows("/me", s.me("mei")), page)
		}},
		{group, "two tabs log in at once, each ends on its own page", func(s *stage) verdict {
			b := s.Browser("mei")
			first, second := b.OpenUntilBack("/orders/1"), b.OpenUntilBack("/orders/2")
			one, two := b.Open(first), b.Open(second)
			return s.judge(one.Shows("/orders/1", s.me("mei")) && two.Shows("/orders/2", s.me("mei")), "the first tab: ", one, "; the second: ", two)
		}},
		{group, "the browser loses its cookies on the way", func(s *stage) verdict {
			b := s.Browser("mei")
			link := b.OpenUntilBack("/me")
			b.Forget()
			page := b.Open(link)
			return s.judge(page.Shows("/me", s.me("mei")), page)
		}},
		back("the state is lost on the way", wxsim.StateLost),
		back("something is appended to the state on the way, as a browser has been seen to do", wxsim.StateSuffixed),
		back("the code was used before (40163)", wxsim.CodeUsed),
		back("the code has expired (40029)", wxsim.CodeExpired),
		{group, "the app is restarted while the visitor is at WeChat", func(s *stage) verdict {
			b := s.Browser("mei")
			link := b.OpenUntilBack("/me")
			if err := s.restart(); err != nil {
				return s.judge(false, err)
			}
			page := b.Open(link)
			return s.judge(page.Shows("/me", s.me("mei")), page)
		}},
	}
}

// faultsOfWeChat: WeChat answers as it should not, or not at all.
func faultsOfWeChat() []fault {
	const group = "WeChat fails"
	exchange := func(rule string, f wxsim.Fault) fault {
		return fault{group, rule, func(s *stage) verdict {
			f.Times = 1
			s.Sim.Fail(wxsim.PathAccessToken, f)
			page := s.Browser("mei").Open("/me")
			return s.judge(page.Shows("/me", s.me("mei")), page)
		}}
	}
	nickname := func(rule string, name wxsim.FaultName) fault {
		return fault{group, rule, func(s *stage) verdict {
			if err := s.Sim.Next(name); err != nil {
				return s.judge(false, err)
			}
			page := s.Browser("mei").Open("/me")
			return s.judge(page.Shows("/me", s.me("mei")), page)
		}}
	}
	return []fault{
		exchange("one system error (-1): the visitor gets in all the same", wxsim.Fault{Code: -1}),
		exchange("one system error that has used the code up: the visitor gets in all the same", wxsim.Fault{Code: -1, Consume: true}),
		exchange("one connection that breaks: the visitor gets in all the same", wxsim.Fault{Drop: true}),
		nickname("control bytes in a nickname, as WeChat has sent them: the visitor gets in", wxsim.ControlBytes),
		nickname("broken UTF-8 in a nickname: the visitor gets in", wxsim.BrokenUTF8),
		{group, "an answer without an open id, or an empty one: nobody is logged in", func(s *stage) verdict {
			for _, name := range []wxsim.FaultName{wxsim.EmptyBody, wxsim.MissingFields, wxsim.HTMLBody} {
				if err := s.Sim.Next(name); err != nil {
					return s.judge(false, err)
				}
				if page := s.Browser("mei").Open("/me"); page.Status == http.StatusOK && !page.Shows("/me", s.me("mei")) {
					return s.judge(false, "a page for nobody: ", page)
				}
			}
			return yes
		}},
		{group, "WeChat is down (503): the answer is a 5xx, and a reload after it is up again logs in", func(s *stage) verdict {
			b := s.Browser("mei")
			s.Sim.Fail(wxsim.PathAccessToken, wxsim.Fault{Status: http.StatusServiceUnavailable, Body: "<html>503</html>"})
			down := b.Open("/me")
			s.Sim.ClearAll()
			up := b.Open(down.URL.String())
			return s.judge(down.Status >= 500 && up.Shows("/me", s.me("mei")), "first ", down, "; after the reload ", up)
		}},
		{group, "WeChat hangs: every call to it has a deadline", func(s *stage) verdict {
			s.Browser("mei").Open("/me")
			return s.judge(s.Calls.Endless() == 0, s.Calls.Endless(), " calls without a deadline")
		}},
		{group, "the visitor refuses: a page says so (4xx), and WeChat is not asked for anything", func(s *stage) verdict {
			b := s.Browser("mei")
			b.Answer = "refuse=state"
			page := b.Open("/me")
			asked := s.Calls.Codeless()
			return s.judge(page.Status >= 400 && page.Status < 500 && asked == 0, page, "; exchanges without a code: ", asked)
		}},
		{group, "a browser that keeps no cookies ends on a page, not in a loop", func(s *stage) verdict {
			b := s.Browser("mei")
			b.NoCookies = true
			page := b.Open("/me")
			return s.judge(!page.Looped && page.Status >= 400, page)
		}},
	}
}
