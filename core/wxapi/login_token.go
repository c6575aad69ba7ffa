package wxapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"
)

// Token is what WeChat gives for a code: the visitor's open id, and a web access
// token for this one visitor. It is not the account's token of /cgi-bin; WeChat
// answers 40001 if one is used instead of the other.
//
// A Token masks AccessToken and RefreshToken in fmt, encoding/json and
// log/slog, and refuses encoding/gob. It cannot mask them in an unexported struct
// field of type Token (not *Token): fmt reads such fields without calling their
// methods.
type Token struct {
	// AccessToken reads the profile; never empty.
	AccessToken string

	// RefreshToken renews AccessToken for about 30 days (snsRefreshToken). Empty
	// if WeChat left it out. A login should not depend on it: a later snsapi_base
	// login of the same visitor has been seen to revoke it.
	RefreshToken string

	// ExpiresIn is how long AccessToken is valid from now on, 2 hours as
	// documented; 0 if WeChat left it out or sent no possible number.
	ExpiresIn time.Duration

	// OpenID is the visitor's id at this account, 6 to 64 of [A-Za-z0-9_-].
	OpenID string

	// UnionID is the visitor's id at all accounts of one owner. Empty unless
	// the account is bound to the Open Platform and the scope is
	// snsapi_userinfo (snsAccessToken); always empty after a refresh.
	UnionID string

	// Scope is the granted scope, a comma-separated list without a trailing
	// comma. Empty if WeChat left it out, as the documented reply does.
	Scope string

	// Snapshot says that this is the virtual account of a page preview and not a
	// person (is_snapshotuser of snsAccessToken). Many visitors share it. WeChat
	// does not send it again after a refresh.
	Snapshot bool
}

// Ten years. No token lives longer, and much more would overflow a Duration.
const maxExpiresIn = 10 * 365 * 24 * 60 * 60

// token reads a reply of snsAccessToken or snsRefreshToken.
func (r reply) token() (*Token, error) {
	t := &Token{}
	var ok bool
	if t.OpenID, ok = r.text("openid"); !ok || !idShape.MatchString(t.OpenID) {
		return nil, r.bad("it has no valid openid")
	}
	if t.AccessToken, ok = r.text("access_token"); !ok || !tokenShape.MatchString(t.AccessToken) {
		return nil, r.bad("it has no valid access_token")
	}
	if t.UnionID, ok = r.unionID(); !ok {
		return nil, r.bad("its unionid is not valid")
	}
	// The scope decides what a visitor may see, so a malformed one is not
	// repaired. Only the trailing comma that older replies have is cut.
	if t.Scope, ok = r.text("scope"); !ok || !scopeShape.MatchString(t.Scope) {
		return nil, r.bad("its scope is not a list of names")
	}
	t.Scope = strings.TrimRight(t.Scope, ",")

	// A login needs neither of these two, so it does not fail without them.
	if s, ok := r.text("refresh_token"); ok && tokenShape.MatchString(s) {
		t.RefreshToken = s
	}
	t.ExpiresIn = r.expiresIn()
	// Any value but a clear "no" is a snapshot: the virtual account stands for many
	// visitors and must never be logged in by mistake.
	t.Snapshot = !r.isNo("is_snapshotuser")
	return t, nil
}

// HasScope reports whether scope is a member of the list t.Scope. It is false
// for every scope if WeChat sent none.
func (t *Token) HasScope(scope string) bool {
	return scope != "" && slices.Contains(strings.Split(t.Scope, ","), scope)
}

// String returns all fields, with *** for the two tokens.
func (t Token) String() string {
	return fmt.Sprintf("wxapi.Token{OpenID: %q, UnionID: %q, Scope: %q, ExpiresIn: %v, Snapshot: %t, AccessToken: %s, RefreshToken: %s}",
		t.OpenID, t.UnionID, t.Scope, t.ExpiresIn, t.Snapshot, masked(t.AccessToken), masked(t.RefreshToken))
}

// GoString returns String.
func (t Token) GoString() string { return t.String() }

// Format writes String for every verb: otherwise %d and others would print the
// fields.
func (t Token) Format(s fmt.State, verb rune) { format(s, verb, t.String()) }

// LogValue returns a group of all fields, the two tokens masked.
func (t Token) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("OpenID", t.OpenID),
		slog.String("UnionID", t.UnionID),
		slog.String("Scope", t.Scope),
		slog.Duration("ExpiresIn", t.ExpiresIn),
		slog.Bool("Snapshot", t.Snapshot),
		slog.String("AccessToken", masked(t.AccessToken)),
		slog.String("RefreshToken", masked(t.RefreshToken)))
}

// MarshalJSON writes the same fields as LogValue. Its output cannot be read back
// into a working Token.
func (t Token) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		OpenID, UnionID, Scope, ExpiresIn string
		Snapshot                          bool
		AccessToken, RefreshToken         string
	}{t.OpenID, t.UnionID, t.Scope, t.ExpiresIn.String(), t.Snapshot, masked(t.AccessToken), masked(t.RefreshToken)})
}

// GobEncode always fails: gob would write the tokens, and masked tokens would be
// read back as a broken Token.
func (t Token) GobEncode() ([]byte, error) {
	return nil, errors.New("wechat: a Token cannot be stored; store the fields that are needed")
}
