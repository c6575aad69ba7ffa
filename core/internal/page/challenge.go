package page

import "strings"

// A 401 must carry a challenge (RFC 9110 15.5.2). Ours has a scheme of its own, which
// no browser answers with a password box, and names the login URL:
//
//	WWW-Authenticate: WeChat login_url="https://app.example.com/me"
const (
	ChallengeStart = `WeChat login_url="` // what stands before the login URL
	ChallengeEnd   = `"`                  // and behind it
)

// maxChallenge bounds the login URL in a challenge, in bytes. nginx reads the headers
// of an answer into 4 KiB by default, with our cookies (at most 1,600 bytes) and the
// app's own among them. The document's login_url has no such bound.
const maxChallenge = 1024

// Challenge is the value of WWW-Authenticate for a login URL, which it also returns.
// It takes the URL between ChallengeStart and ChallengeEnd, so that for an ordinary
// address one string is both. For a longer URL the challenge is "WeChat" alone.
func Challenge(quoted string) (challenge, loginURL string) {
	loginURL = quoted[len(ChallengeStart) : len(quoted)-len(ChallengeEnd)]
	if len(loginURL) > maxChallenge {
		return "WeChat", loginURL
	}
	for i := range len(loginURL) {
		if c := loginURL[i]; c == '\\' || isUnsafe(c) {
			// Address leaves no quote; a backslash is the one byte to escape in a
			// quoted-string (RFC 9110 5.6.4).
			text := strings.ReplaceAll(Address(loginURL), `\`, `\\`)
			if len(text) > maxChallenge {
				return "WeChat", loginURL
			}
			return ChallengeStart + text + ChallengeEnd, loginURL
		}
	}
	return quoted, loginURL
}
