package wxsim

import (
	"fmt"
	"strings"
)

// maxDomains is how many domains an account can register. WeChat takes fewer.
const maxDomains = 20

// SetDomains replaces the registered domains of an account, as Account.Domain and
// MoreDomains do: at least one, at most twenty, each a host without scheme, port or
// path. Links that were opened before keep the redirect_uri that they had. The error
// names an unknown account or what is no domain.
func (s *Sim) SetDomains(appID string, domains ...string) error {
	if err := s.knowsAccount(appID); err != nil {
		return err
	}
	if len(domains) == 0 || len(domains) > maxDomains {
		return fmt.Errorf("wxsim: an account has 1 to %d domains", maxDomains)
	}
	for _, domain := range domains {
		if len(domain) > 253 || !isHost(domain) {
			return fmt.Errorf("wxsim: domain %q must be a host without scheme, port or path, such as localhost or shop.example.com", clipped(domain))
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.states[appID].domains = append([]string(nil), domains...)
	return nil
}

// current is an account with the domains that are registered now.
func (s *Sim) current(a Account) Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	if state, ok := s.states[a.AppID]; ok {
		a.Domain, a.MoreDomains = state.domains[0], state.domains[1:]
	}
	return a
}

// clipped keeps what somebody typed short in a sentence.
func clipped(text string) string {
	text = strings.ToValidUTF8(text, "?")
	if r := []rune(text); len(r) > 80 {
		return string(r[:80]) + "…"
	}
	return text
}
