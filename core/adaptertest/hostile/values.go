package hostile

import (
	"encoding/base64"
	"regexp"
	"strconv"
	"strings"
	"time"
)

var placeholder = regexp.MustCompile(`\{[A-Za-z0-9:=&.-]+\}`)

// fill replaces names in braces with their values:
//
//	C1 C1b C1c   unused codes of mei; C2 of jun; CP of mei with the profile scope
//	S1           the state of mei's first redirect to WeChat; S2 of jun's
//	S1new S1old S1late S1early S3 P1 S1flipped Sforged Srenewed Saccount Sversion
//	             made-up states, see make
//	K1 K2        the binding cookies of mei and jun, as name=value
//	K1name       the name of that cookie; K1value its random part
//	K2plain      K2 without the prefix __Host-
//	b64:text     text in base64url
//	name:n       the first n characters of a value
func (s *scenario) fill(text string) string {
	return placeholder.ReplaceAllStringFunc(text, func(name string) string { return s.value(name[1 : len(name)-1]) })
}

// value makes a value when it is first used, and then keeps it for this case.
func (s *scenario) value(name string) string {
	s.t.Helper()
	if plain, ok := strings.CutPrefix(name, "b64:"); ok {
		return base64.RawURLEncoding.EncodeToString([]byte(plain))
	}
	if whole, n, cut := strings.Cut(name, ":"); cut { // the first n characters
		length, _ := strconv.Atoi(n)
		return s.value(whole)[:length]
	}
	if v, ok := s.values[name]; ok {
		return v
	}
	v := s.make(name)
	s.values[name] = v
	switch {
	case name == "S1old", strings.HasPrefix(name, "C"), name == "S2", name == "P1", name == "S1late", name == "S1early", name == "S1new":
		s.secrets = append(s.secrets, v)
	}
	return v
}

func (s *scenario) make(name string) string {
	s.t.Helper()
	id := s.values["K1value"]
	mint := func(c stateFields) string {
		c.version = 1
		if c.attempt == 0 {
			c.attempt = 1
		}
		return s.forge.make(c, id)
	}
	now := time.Now()
	switch name {
	case "C1", "C1b", "C1c":
		return s.code(s.t, s.way.appID, "mei", base)
	case "C2":
		return s.code(s.t, s.way.appID, "jun", base)
	case "CP": // with the profile scope
		return s.code(s.t, s.way.appID, "mei", info)
	case "S2":
		return s.begin(s.jun, asked)
	case "K2":
		s.value("S2")
		return s.jun.pair(bindingCookie)
	case "K1name":
		name, _, _ := strings.Cut(s.values["K1"], "=")
		return name
	case "K2plain": // a sibling domain can set this cookie, but none with __Host-
		return strings.TrimPrefix(s.value("K2"), "__Host-")
	case "P1":
		return mint(stateFields{prompt: true, issued: now})
	case "S1new":
		return mint(stateFields{issued: now.Add(2 * time.Second)})
	case "S1old":
		return mint(stateFields{issued: now.Add(-11 * time.Minute)})
	case "S1late":
		return mint(stateFields{issued: now.Add(-10*time.Minute - time.Second)})
	case "S1early":
		return mint(stateFields{issued: now.Add(10 * time.Minute)})
	case "S3": // the third attempt of another browser
		return s.forge.make(stateFields{version: 1, attempt: 3, issued: now}, strings.Repeat("x", 22))
	case "S1flipped":
		b, _ := decodeBase62(s.values["S1"])
		b[1] ^= 0x80
		return encodeBase62(b[:])
	case "Sforged":
		f := s.forge
		f.secret = "guessed"
		return f.make(stateFields{version: 1, attempt: 1, issued: now}, id)
	case "Srenewed": // signed with the former secret of the account
		f := s.forge
		f.secret = "the former secret"
		return f.make(stateFields{version: 1, attempt: 1, issued: now}, id)
	case "Saccount":
		f := s.forge
		f.appID = secondID
		return f.make(stateFields{version: 1, attempt: 1, issued: now}, id)
	case "Sversion":
		return s.forge.make(stateFields{version: 2, attempt: 1, issued: now}, id)
	}
	s.t.Fatalf("there is no value %s", name)
	return ""
}
