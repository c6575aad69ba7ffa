package wxsim

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"time"
)

// Person is a person who can log in.
type Person struct {
	// ID is the stable key, such as "mei": letters, digits, "_" and "-" only.
	ID string

	// Nickname is what userinfo returns. Not an identity: WeChat lets people
	// choose one on the consent page, emoji and all.
	Nickname string

	// EnglishName is what the English pages call the person, beside the nickname.
	// The application never gets it. "": Nickname.
	EnglishName string

	// Avatar is what userinfo returns as headimgurl: "" for none, an http(s)
	// URL, or a path of the simulator, AvatarPath(ID) being one. Paths are
	// completed with the origin the person's browser used.
	Avatar string

	// Follows makes the person a follower of every account from the start.
	// Default false. A web login works either way, as with WeChat.
	// [Sim.SetFollowing] changes it later and for one account.
	Follows bool
}

// DefaultPeople are the people of a Config without People: one with an emoji in
// the nickname, one with a plain name, one without avatar, one with a long
// name. None of them follows an account at first.
func DefaultPeople() []Person {
	return []Person{
		{ID: "mei", Nickname: "小美🌸", EnglishName: "Mei 🌸", Avatar: AvatarPath("mei")},
		{ID: "jun", Nickname: "阿俊", EnglishName: "Jun", Avatar: AvatarPath("jun")},
		{ID: "lin", Nickname: "林晓", EnglishName: "Lin Xiao"},
		{ID: "ouyang", Nickname: "欧阳春江潮水连海平海上明月共潮生", EnglishName: "Ouyang of the Moonlit Spring River", Avatar: AvatarPath("ouyang")},
	}
}

// nameIn is what pages in a language call the person.
func (p Person) nameIn(lang string) string {
	return tr(lang, p.Nickname, cmp.Or(p.EnglishName, p.Nickname))
}

// OpenID is the stable openid of a person for an account: 28 characters that
// begin "osim_" and, as with WeChat, go on with a few that all people of the
// account share. It is "" for an unknown account or person.
func (s *Sim) OpenID(appID, personID string) string {
	_, okApp := s.accounts[appID]
	_, okPerson := s.people[personID]
	if !okApp || !okPerson {
		return ""
	}
	return openID(appID, personID)
}

// UnionID is the stable unionid of a person, the same for every account; "" for
// an unknown person.
func (s *Sim) UnionID(personID string) string {
	if _, ok := s.people[personID]; !ok {
		return ""
	}
	return unionID(personID)
}

func openID(appID, personID string) string {
	return "osim_" + digest("app", appID)[:5] + digest("openid", appID, personID)[:18]
}

func unionID(personID string) string {
	return "osim_" + digest("unionid", personID)[:23]
}

// digest maps texts to 43 characters of A-Z a-z 0-9 _ -, always the same ones.
func digest(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0}) // ids hold no zero byte, so two lists never have one digest
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

const personCookie = "wxsim_person"

// personOf is the person whose browser this is: the cookie's, or else the first.
func (s *Sim) personOf(r *http.Request) Person {
	if c, err := r.Cookie(personCookie); err == nil {
		if p, ok := s.people[c.Value]; ok {
			return p
		}
	}
	return s.cfg.People[0]
}

func rememberPerson(r *http.Request, id string) *http.Cookie {
	return &http.Cookie{
		Name: personCookie, Value: id, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode,
		Secure: r.TLS != nil, MaxAge: int((30 * 24 * time.Hour).Seconds()),
	}
}

// origin is the simulator's address as the caller of r writes it.
func origin(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}
