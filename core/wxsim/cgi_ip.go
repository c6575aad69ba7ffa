package wxsim

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
)

// SetIPs sets an account's IP whitelist, as Account.IPs does. Without entries
// every address may call. The error names an unknown account or a wrong entry.
func (s *Sim) SetIPs(appID string, list ...string) error {
	if err := s.knowsAccount(appID); err != nil {
		return err
	}
	ips, err := parseIPs(list)
	if err != nil {
		return fmt.Errorf("wxsim: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.states[appID].ips = ips
	return nil
}

func (s *Sim) ipAllowed(r *http.Request, appID string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return ipIn(r, s.states[appID].ips)
}

// ipIn says whether the caller's address is on a list. Without a list every
// address is.
func ipIn(r *http.Request, list []netip.Prefix) bool {
	if list == nil {
		return true
	}
	address, err := netip.ParseAddr(callerIP(r))
	if err != nil {
		return false
	}
	for _, block := range list {
		if block.Contains(address.Unmap()) {
			return true
		}
	}
	return false
}

// callerIP is the address of the connection: no header can change it.
func callerIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// cgiFailed is cgiError, but for 40164, which names the caller's address.
func (s *Sim) cgiFailed(r *http.Request, code int) reply {
	if code == codeIP {
		return s.ipError(callerIP(r))
	}
	return s.cgiError(code)
}

type ipReply struct {
	IPList []string `json:"ip_list"`
}

// serverIPs lists the addresses that WeChat calls from (getcallbackip) or is
// reached at (get_api_domain_ip). The simulator has the loopback address alone.
func (s *Sim) serverIPs(r *http.Request) reply {
	_, unlock, wrong := s.cgiCall(r, nil)
	defer unlock()
	if wrong != 0 {
		return s.cgiFailed(r, wrong)
	}
	return apiJSON(0, ipReply{[]string{"127.0.0.1"}})
}
