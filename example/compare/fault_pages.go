package main

import (
	"net/http"
	"strings"

	"github.com/seed467724c4/wechat/core/wxsim"
	"github.com/seed467724c4/wechat/example/compare/internal/drive"
)

// faultsOfPages: addresses, scripts and caches.
func faultsOfPages() []fault {
	const group = "Addresses, scripts, caches"
	return []fault{
		{group, "a deep link comes back byte for byte", func(s *stage) verdict { return s.deepLink("/orders/42?a=1&b=%e4%b8%ad&c=x+y%20z&d=&e&a=2") }},
		{group, "also one with a code and a state of the app's own", func(s *stage) verdict { return s.deepLink("/orders/42?code=SAVE10&state=NY") }},
		{group, "no login link leads to another site (open redirect)", openRedirect},
		{group, "a script that calls the API without a login gets 401", func(s *stage) verdict {
			res := s.Browser("mei").Fetch(http.MethodGet, "/api/me", "")
			return s.judge(res.StatusCode == http.StatusUnauthorized, res.StatusCode)
		}},
		{group, "a script or form at a page's address is not sent to WeChat either", func(s *stage) verdict {
			b := s.Browser("mei")
			script := b.Fetch(http.MethodGet, "/orders/1", "")
			form := b.Request(http.MethodPost, "/orders", "a=1", http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Origin": {drive.Site}})
			return s.judge(script.StatusCode == http.StatusUnauthorized && form.StatusCode == http.StatusUnauthorized, "script ", script.StatusCode, ", form ", form.StatusCode)
		}},
		{group, "outside WeChat (or, for a scan, inside it) a page of the site says how to log in", func(s *stage) verdict {
			b := s.Browser("mei")
			b.Elsewhere = true
			b.Answer = ""
			page := b.Open("/me")
			return s.judge(page.URL.Host == drive.Host, "the visitor ends on WeChat's page at ", page.URL.Path)
		}},
		{group, "every answer of a login says no-store", func(s *stage) verdict {
			for _, step := range s.Browser("mei").Open("/me").Steps {
				if step.Status != http.StatusOK && !strings.Contains(step.Header.Get("Cache-Control"), "no-store") {
					return s.judge(false, step.Status, " at ", step.URL.Path, " without it")
				}
			}
			return yes
		}},
		{group, "a logged-in visitor's page stays out of shared caches", func(s *stage) verdict {
			page := s.Browser("mei").Open("/me")
			cached := page.Header.Get("Cache-Control")
			return s.judge(strings.Contains(cached, "private") || strings.Contains(cached, "no-store"), "no Cache-Control")
		}},
	}
}

func (s *stage) deepLink(address string) verdict {
	page := s.Browser("mei").Open(address)
	return s.judge(page.Shows(address, s.me("mei")), page.Status, " at ", page.URL.RequestURI())
}

// openRedirect tries what browsers take for an address of another site.
func openRedirect(s *stage) verdict {
	for _, to := range []string{
		"https://evil.example/", "//evil.example/", `/\evil.example/`, `\/evil.example/`, `\\evil.example/`, "/\t/evil.example/", "/\n/evil.example/",
		"///evil.example/", "https:evil.example/", "/./\\evil.example", "/%2f%2fevil.example", "javascript:alert(1)", "/..//evil.example/",
	} {
		if page := s.Browser("mei").Open(s.loginLink(to)); page.Left != "" {
			return s.judge(false, strings.NewReplacer("\t", `\t`, "\n", `\n`).Replace(to), " leads to ", page.Left)
		}
	}
	return yes
}

// faultsOfOperation: logs, restarts, the account's own token.
func faultsOfOperation() []fault {
	const group = "Operation"
	return []fault{
		{group, "WeChat's connection breaks: neither the AppSecret nor a code is in the log or on a page", func(s *stage) verdict {
			s.Sim.Fail(wxsim.PathAccessToken, wxsim.Fault{Drop: true})
			b := s.Browser("mei")
			link := b.OpenUntilBack("/me")
			page := b.Open(link)
			_, code, _ := strings.Cut(link, "code=")
			code, _, _ = strings.Cut(code, "&")
			for _, secret := range []struct{ name, text string }{{"AppSecret", s.Settings().Secret}, {"code", code}} {
				if strings.Contains(s.Log.String(), secret.text) {
					return s.judge(false, "the ", secret.name, " is in the log")
				}
				if strings.Contains(page.Body, secret.text) {
					return s.judge(false, "the ", secret.name, " is on the page")
				}
			}
			return yes
		}},
		{group, "the app is restarted: visitors stay logged in without a trip to WeChat, as it comes", func(s *stage) verdict {
			b := s.Browser("mei")
			b.Open("/me")
			s.Sim.ResetCalls()
			if err := s.restart(); err != nil {
				return s.judge(false, err)
			}
			page := b.Open("/me")
			trips := s.Sim.Calls(wxsim.PathAccessToken)
			return s.judge(page.Shows("/me", s.me("mei")) && trips == 0, "logged in again by WeChat")
		}},
		{group, "10,000 visitors need the account's token, which has expired: it is fetched once", crowd},
		{group, "another program has renewed the account's token (40001): the next call works", func(s *stage) verdict {
			if s.account == nil {
				return nothing
			}
			a, err := s.account(s.World)
			if err != nil {
				return s.judge(false, err)
			}
			defer a.close()
			if _, err := a.follows(s.me("mei")); err != nil {
				return s.judge(false, err)
			}
			s.Sim.ExpireTokens(drive.AppID)
			_, err = a.follows(s.me("mei"))
			return s.judge(err == nil, "the call fails with 40001")
		}},
	}
}

func crowd(s *stage) verdict {
	if s.account == nil {
		return nothing
	}
	a, err := s.account(s.World)
	if err != nil {
		return s.judge(false, err)
	}
	defer a.close()
	failed := make(chan error)
	for range 10_000 {
		go func() {
			_, err := a.token()
			failed <- err
		}()
	}
	for range 10_000 {
		if err := <-failed; err != nil {
			return s.judge(false, err)
		}
	}
	fetched := s.Sim.Calls(wxsim.PathToken) + s.Sim.Calls(wxsim.PathStableToken)
	return s.judge(fetched == 1, fetched, " fetches")
}
