package wxsim

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
)

// knowsHost guards the simulator's page and the control API against DNS rebinding:
// a page of another site that makes its own name lead to this machine could
// otherwise read the timeline and press every button, because for the browser it is
// one site with the simulator. Names that nobody else can own are let in. The
// endpoints of WeChat take every name: applications may know the simulator by any,
// and they need a secret or a code.
func (s *Sim) knowsHost(r *http.Request) (reply, bool) {
	if r.URL.Path != "/" && !strings.HasPrefix(r.URL.Path, controlPrefix) || s.isOwnHost(r.Host) {
		return reply{}, true
	}
	sentence := fmt.Sprintf("wxsim: the request names the host %q, which the simulator does not know, so that a page of another site "+
		"cannot reach it under a name of its own (DNS rebinding). Use localhost or an IP address, or allow the name with "+
		"the flag -host %s (wxsim.Config.Hosts).", shownHost(r.Host), shownHost(r.Host))
	if r.URL.Path == "/" {
		return textReply(http.StatusForbidden, sentence), false
	}
	return controlError(http.StatusForbidden, sentence), false
}

// isOwnHost says whether a Host header can only come from somebody who means this
// simulator.
func (s *Sim) isOwnHost(hostPort string) bool {
	host := hostPort
	if h, _, err := net.SplitHostPort(hostPort); err == nil {
		host = h
	}
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	switch {
	case host == "": // HTTP/1.0; browsers always send one
		return true
	case net.ParseIP(host) != nil, !strings.Contains(host, "."): // localhost, and names in a container network
		return true
	case slices.Contains(WeChatHosts(), host):
		return true
	}
	for _, reserved := range []string{"localhost", "test", "internal", "local", "example.com"} { // RFC 2606, 6761, 6762; ICANN's .internal
		if host == reserved || strings.HasSuffix(host, "."+reserved) {
			return true
		}
	}
	return slices.ContainsFunc(s.cfg.Hosts, func(own string) bool { return strings.EqualFold(own, host) })
}

// shownHost keeps a name short and harmless in a sentence.
func shownHost(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	if len(host) > 100 || !isHost(host) {
		return "?"
	}
	return host
}

// WeChatHosts are the hosts of WeChat that the simulator can stand in for. The
// first three are those of a web login, lp.open that of the scan page's poll, and
// the others are further names of api.weixin.qq.com (接口域名说明).
func WeChatHosts() []string {
	return []string{"open.weixin.qq.com", "api.weixin.qq.com", "mp.weixin.qq.com", "lp.open.weixin.qq.com",
		"api2.weixin.qq.com", "sh.api.weixin.qq.com", "sz.api.weixin.qq.com", "hk.api.weixin.qq.com"}
}

// crossSite says whether another site sent a request. Programs and old browsers
// send neither Sec-Fetch-Site nor Origin, and pass.
func crossSite(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "same-site", "cross-site": // of a GET, too
		return true
	}
	return http.NewCrossOriginProtection().Check(r) != nil
}
