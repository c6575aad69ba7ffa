package hostile

import (
	"fmt"
	"strings"
)

// stateRows are about states: missing, forged, expired, cut, doubled, encoded, or
// another browser's.
var stateRows = []row{
	{number: 54, rule: "a code without a state is never exchanged", steps: appOwn("?x=1&code={C1}")},
	{number: 55, rule: "a code with an empty state is never exchanged", steps: appOwn("?x=1&code={C1}&state=", "?x=1&code={C1}&state")},
	{number: 56, rule: "a forged state is never exchanged", steps: appOwn("?x=1&code={C1}&state={Sforged}")},
	{number: 57, rule: "an attacker's code and state never log a victim in as the attacker", steps: []step{
		{as: "none", target: "?x=1&code={C2}&state={S2}", want: "RESTART -> LOGIN"},
		{target: "?x=1&code={C2}&state={S2}", want: "RESTART -> LOGIN"},
		{as: "session", target: "?x=1&code={C2}&state={S2}", want: "CLEAN"},
	}},
	{number: 58, rule: "a binding cookie planted by a sibling domain is not read", steps: []step{
		{cookie: "{K2plain}", target: "?x=1&code={C2}&state={S2}", want: "RESTART"},
		{cookie: "{K2plain}; {K1}", target: "?x=1&code={C2}&state={S2}", want: "RESTART"},
	}},
	{number: 59, rule: "of several binding cookies the one that fits the state counts", steps: []step{
		{cookie: "{K2}; {K1}", target: callback, want: "LOGIN", spent: 1},
		{cookie: "{K1name}=; {K1name}=x; {K1}", target: callback, want: "LOGIN", spent: 1},
		{cookie: "{K1}; {K2}", target: callback, want: "LOGIN", spent: 1},
	}},
	{number: 60, rule: "a binding cookie that cannot be read is replaced", steps: brokenBindings()},
	{number: 61, rule: "a state is valid for ten minutes", steps: []step{
		{target: "?x=1&code={C1}&state={S1late}", want: "RESTART -> LOGIN"},
	}},
	{number: 62, rule: "a state with a time in the future is not valid", steps: []step{
		{target: "?x=1&code={C1}&state={S1early}", want: "RESTART -> LOGIN"},
	}},
	{number: 63, rule: "a state with one changed character is never exchanged", run: everyCharacter},
	{number: 64, rule: "a state that is too short or too long is the app's own", steps: everyLength()},
	{number: 65, rule: "a state of another account or version is the app's own", steps: appOwn("?x=1&code={C1}&state={Saccount}", "?x=1&code={C1}&state={Sversion}")},
	{number: 66, rule: "a page whose address is too long to come back from WeChat is not sent there", steps: []step{
		{target: "?x=1&code={C1}&state=" + strings.Repeat("s", 100<<10), want: "DROP"},
		{target: "?x=1&code={C1}&state=" + strings.Repeat("s", 1900), want: "DROP"},
		keptQuery("?x=1&code={C1}&state="+strings.Repeat("s", 1400), "RESTART -> LOGIN"),
		loginFromCold("?x=" + strings.Repeat("x", 2000)),
	}},
	{number: 67, rule: "a state of odd characters is the app's own, and is shown on no page", steps: appOwn(
		"?x=1&code={C1}&state={S1}%00", "?x=1&code={C1}&state=%ff%fe", "?x=1&code={C1}&state=%F0%9F%98%80",
		"?x=1&code={C1}&state=%E2%80%AE", "?x=1&code={C1}&state=%EF%BC%A1", "?x=1&code={C1}&state=%E2%80%A8", "?x=1&code={C1}&state=\u2028Ａ😀",
	)},
	{number: 68, rule: "a state with CR LF injects no header", steps: appOwn("?x=1&code={C1}&state={S1}%0d%0aSet-Cookie:%20a=b")},
	{number: 69, rule: "a badly encoded state is the app's own, however the framework decodes it", steps: appOwn(
		"?x=1&code={C1}&state=%zz", "?x=1&code={C1};state={S1}", "?x=1&code={C1}&state=%2553%2554", "?x=1&code={C1}&state=%53{S1}",
	)},
	{number: 70, rule: "a request line with a raw # is refused", steps: []step{{target: callback + "#frag", want: "DROP"}}},
	{number: 71, rule: "only parameters named exactly code and state count, and only in the query", steps: append(appOwn(
		"?x=1&code={C1}&state[]={S1}", "?x=1&code={C1}&state.x={S1}", "?x=1&STATE={S1}&CODE={C1}", "?x=1&%73tate={S1}&code={C1}",
	),
		step{target: "?x=1&code={C1}", page: "?x=1&code={C1}", body: "state={S1}", want: "RESTART"},
		step{target: "?x=1&code={C1}", page: "?x=1&code={C1}", cookie: "state={S1}; {K1}", want: "RESTART"},
	)},
	{number: 72, rule: "of two states the last one counts, and another browser's state does not log in", steps: []step{
		{target: "?x=1&code={C1}&state={S1}&state={S2}", page: "?x=1&state={S1}", want: "RESTART -> LOGIN", lands: "CLEAN"},
	}},
	{number: 73, rule: "of two pairs the last one counts, and the app's own stays", steps: []step{
		{target: "?x=1&state=bad&code={C1}&state={S1}", page: "?x=1&state=bad", want: "LOGIN", spent: 1},
		{target: "?x=1&code=bad&code={C1}&state={S1}", page: "?x=1&code=bad", want: "LOGIN", spent: 1},
		// Something on the way has doubled what WeChat added.
		{target: "?x=1&code={C1}&state={S1}&code={C1}&state={S1}", page: "?x=1", want: "LOGIN", spent: 1},
	}},
}

// appOwn are targets whose parameters all belong to the app. With a session the app
// gets them as they are; without one they are the same after the login.
func appOwn(targets ...string) (all []step) {
	for _, target := range targets {
		all = append(all, keptQuery(target, "RESTART -> LOGIN"), step{as: "session", target: target, want: "PASS"})
	}
	return all
}

func brokenBindings() (all []step) {
	for _, value := range []string{
		"", `"{K1value}"`, `a="q;uo"`, "a,b", "a=b", "é", "{K1value}x", "x{K1value}", "{K1value}.zz!", "{K1value}.1.2.3.4", "short", "{K1value}%20",
	} {
		all = append(all, step{cookie: "{K1name}=" + value, target: callback, want: "RESTART -> LOGIN", newK: true})
	}
	return append(all, step{cookie: "{K1name}=" + strings.Repeat("k", 4<<10), target: callback, want: "RESTART|DROP", newK: true})
}

// everyCharacter changes every character of a state once. What to expect follows from
// the MACs that still hold, which the test computes itself.
func everyCharacter(s *scenario) {
	s.record = nil // the outcomes depend on the state, which is random
	valid, codes := s.value("S1"), len(s.wechat.exchanged())
	v := s.who("session")
	anonymous := s.visitor("mei")
	_, id, _ := strings.Cut(s.values["K1"], "=")
	for i := range valid {
		anonymous.jar[s.value("K1name")] = id // without the returns that were noted
		other := byte('0')
		if valid[i] == other {
			other = '1'
		}
		changed := valid[:i] + string(other) + valid[i+1:]
		target := s.place("?x=1&code={C1}&state=" + changed)
		parsed := s.forge.read(changed)
		h := step{target: target, page: target, attempt: parsed.attempt + 1}
		want, wantIn := outRestart, outPass
		if parsed.ours {
			h.page, wantIn = asked, outClean
		}
		if parsed.attempt >= 3 {
			want = "PAGE-400 stuck"
		}
		a := s.get(anonymous, target)
		if a.outcome != want {
			s.errorf("character %d: %s, want %s", i, a.outcome, want)
		} else if want == outRestart {
			s.checkStart(h, anonymous, request{}, a)
		}
		if a = s.get(v, target); a.outcome != wantIn {
			s.errorf("character %d with a session: %s, want %s", i, a.outcome, wantIn)
		}
	}
	if n := len(s.wechat.exchanged()) - codes; n != 1 { // the login of the session
		s.errorf("%d codes exchanged", n-1)
	}
	if got := s.identity(anonymous); got != "" {
		s.errorf("logged in as %q", got)
	}
}

func everyLength() (all []step) {
	for n := range 53 {
		all = append(all, appOwn(fmt.Sprintf("?x=1&code={C1}&state={S1:%d}", n))...)
	}
	return append(all, appOwn("?x=1&code={C1}&state={S1}0", "?x=1&code={C1}&state=0{S1}")...)
}
