package wxsim

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed467724c4/wechat/core/wxsim/internal/timeline"
)

const (
	maxTimeline = 200     // rows of the timeline
	maxLast     = 30      // calls that the control API shows beside the counts
	maxPaths    = 256     // distinct paths counted; anybody can invent paths
	maxCounted  = 1 << 10 // bytes of a path that is counted
	maxShown    = 160     // bytes of a path in the timeline
	minReplaced = 6       // bytes of a secret that is hidden inside a longer word
)

// call is a call as the control API lists it. It never holds a secret, code or
// token.
type call struct {
	At      time.Time `json:"at"`
	Method  string    `json:"method"`
	Path    string    `json:"path"`
	Detail  string    `json:"detail"` // the parameters, secret values as •••
	Outcome string    `json:"outcome"`
}

// Calls is how many calls to endpoint, a path such as "/sns/userinfo", were
// answered since the start or the last ResetCalls, whatever the answer was.
func (s *Sim) Calls(endpoint string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[endpoint]
}

// ResetCalls sets every count back to zero and empties the timeline.
func (s *Sim) ResetCalls() {
	s.mu.Lock()
	clear(s.calls)
	s.mu.Unlock()
	s.timeline.Clear()
}

// countCall counts a call and returns the fault it shall meet, or nil.
func (s *Sim) countCall(path string) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.calls[path]; known || len(s.calls) < maxPaths && len(path) <= maxCounted {
		s.calls[path]++
	}
	return s.nextFault(path)
}

// lastCalls are the latest calls and pushes, newest last.
func (s *Sim) lastCalls() []call {
	out := []call{}
	for _, e := range s.timeline.Since(0) {
		if e.Kind == timeline.Act {
			continue
		}
		out = append(out, call{e.At, e.Method, e.Path, detail(e), e.Outcome})
	}
	return out[max(0, len(out)-maxLast):]
}

// detail is a row's parameters on one line.
func detail(e timeline.Entry) string {
	var parts []string
	for _, p := range e.Params {
		parts = append(parts, p.Name+"="+p.Value)
	}
	return strings.Join(parts, " ")
}

// capture keeps the beginning of a body while a handler reads it.
type capture struct {
	io.ReadCloser
	head []byte
}

func (c *capture) Read(b []byte) (int, error) {
	n, err := c.ReadCloser.Read(b)
	if room := timeline.MaxText - len(c.head); room > 0 {
		c.head = append(c.head, b[:min(n, room)]...)
	}
	return n, err
}

// record notes an answered request in the timeline and the log.
func (s *Sim) record(r *http.Request, a reply, body *capture, took time.Duration) {
	path, known := s.shownPath(r.URL.Path)
	s.noteRID(r, a)
	if isNoise(r, a) {
		s.log.Debug("wxsim call", "method", r.Method, "path", path, "outcome", a.outcome)
		return
	}
	e := timeline.Entry{At: s.now(), Kind: timeline.API, Method: r.Method, Path: path, Known: known,
		Status: a.status, Outcome: a.outcome, TookMS: took.Milliseconds()}
	hide := s.hider.Load()
	if isPagePath(r.URL.Path) {
		e.Kind, e.Person = timeline.Page, s.personOf(r).ID
	}
	r.ParseForm() // a parameter that cannot be parsed is not shown
	e.Params = hide.Params(s.paramNames(r), r.Form)
	if len(r.PostForm) == 0 {
		io.CopyN(io.Discard, body, timeline.MaxText) // a handler may not have read it
		e.Body = hide.Text(string(body.head), timeline.MaxText)
	}
	if a.location != "" {
		e.To = hide.Address(a.location)
	}
	if showsBody(a.contentType) {
		e.Answer = hide.Text(string(a.body), timeline.MaxText)
	}
	e.Name = s.pathName(path)
	e.Why, e.Failed = s.why(r, a, known)
	s.timeline.Add(e)
	if e.Failed {
		s.log.Warn("wxsim call", "method", r.Method, "path", path, "outcome", a.outcome, "why", e.Why.EN)
	} else {
		s.log.Info("wxsim call", "method", r.Method, "path", path, "outcome", a.outcome)
	}
}

// isNoise holds for what would only fill the timeline: the simulator's own page,
// pictures, polls without news.
func isNoise(r *http.Request, a reply) bool {
	switch path := r.URL.Path; {
	case path == "/" && a.pageError == "", path == "/favicon.ico", strings.HasPrefix(path, avatarPrefix), strings.HasPrefix(path, PathQRCode):
		return !strings.HasPrefix(a.outcome, "fault")
	case path == PathQRPoll:
		return a.outcome == strconv.Itoa(int(scanWaiting)) || a.outcome == "gone"
	}
	return false
}

func isPagePath(path string) bool {
	return path == "/" || strings.HasPrefix(path, "/connect/") || strings.HasPrefix(path, "/mp/") || strings.HasPrefix(path, "/wxaopen/") || strings.HasPrefix(path, "/safe/") || path == "/cgi-bin/componentloginpage" || strings.HasPrefix(path, qrLinkPrefix)
}

// showsBody says whether an answer is a text that a developer reads.
func showsBody(contentType string) bool {
	kind, _, _ := strings.Cut(contentType, ";")
	switch kind {
	case "text/plain", "application/json", "text/javascript":
		return true
	}
	return false
}

// paramNames are the names of a request's parameters: those of the query as they
// stand there, then those of the form.
func (s *Sim) paramNames(r *http.Request) []string {
	var out []string
	for _, name := range parseLink(r.URL.RawQuery).order {
		if !slices.Contains(out, name) && len(out) < maxLast {
			out = append(out, name)
		}
	}
	var more []string
	for name := range r.Form {
		if !slices.Contains(out, name) {
			more = append(more, name)
		}
	}
	slices.Sort(more)
	return append(out, more...)
}

// shownPath is a path as the timeline and the log name it. An unknown path is
// shown, too, but for words that look like a secret: a client that builds its
// address wrongly may have put one there.
func (s *Sim) shownPath(path string) (shown string, known bool) {
	if _, ok := s.routes[path]; ok {
		return path, true
	}
	for _, prefix := range []string{avatarPrefix, PathQRCode, qrLinkPrefix} {
		if strings.HasPrefix(path, prefix) {
			return prefix, true
		}
	}
	return s.hider.Load().Text(strings.ToValidUTF8(path, "?"), maxShown), false
}

// newHider knows the secrets of all accounts. The caller holds mu, or is the only
// one who knows s.
func (s *Sim) newHider() *timeline.Hider {
	h := &timeline.Hider{Known: s.knownWord}
	add := func(secret string) {
		if len(secret) >= minReplaced && !slices.Contains(h.Secrets, secret) {
			h.Secrets = append(h.Secrets, secret)
		}
	}
	for _, p := range s.platforms {
		add(p.Secret)
		add(p.Token)
		add(p.EncodingAESKey)
	}
	for appID, a := range s.accounts {
		add(a.Secret)
		add(a.PushToken)
		add(a.EncodingAESKey)
		if state, ok := s.states[appID]; ok {
			add(state.secret)
			add(state.push.token)
			add(state.push.encodingKey)
		}
	}
	return h
}

// knownWord shows app ids and people as they are, and an openid or unionid as the
// person that it belongs to.
func (s *Sim) knownWord(word string) (string, bool) {
	if _, ok := s.accounts[word]; ok {
		return word, true
	}
	if _, ok := s.platforms[word]; ok {
		return word, true
	}
	if _, ok := s.people[word]; ok {
		return word, true
	}
	shown, ok := s.words[word]
	return shown, ok
}

// newWords are the ids of all people and how the timeline shows them.
func (s *Sim) newWords() map[string]string {
	out := map[string]string{}
	for _, p := range s.cfg.People {
		out[unionID(p.ID)] = timeline.Hidden + p.ID
		out[snapshotUnionID(p.ID)] = timeline.Hidden + p.ID + "(snapshot)"
		for appID := range s.accounts {
			out[openID(appID, p.ID)] = timeline.Hidden + p.ID
			out[snapshotOpenID(appID, p.ID)] = timeline.Hidden + p.ID + "(snapshot)"
		}
	}
	return out
}

// act notes something that somebody did to the simulator.
func (s *Sim) act(name timeline.Words, method, path string, params url.Values, outcome string, why timeline.Words, failed bool) {
	names := []string{}
	for n := range params {
		names = append(names, n)
	}
	slices.Sort(names)
	s.timeline.Add(timeline.Entry{At: s.now(), Kind: timeline.Act, Name: name, Method: method, Path: path, Known: true,
		Params: s.hider.Load().Params(names, params), Outcome: outcome, Why: why, Failed: failed})
}

// recordPush writes a push to the timeline and the log: what was pushed, how
// often, and how it ended. An error of a push holds no secret.
func (s *Sim) recordPush(method string, m pushed, tries int, took time.Duration, answer []byte, err error) {
	hide := s.hider.Load()
	e := timeline.Entry{At: s.now(), Kind: timeline.Push, Method: method, Path: "(push address)", Known: true, Outcome: "delivered",
		Name: pushName(m.what), Person: m.personID, TookMS: took.Milliseconds(), Status: http.StatusOK,
		Params: []timeline.Param{{Name: "push", Value: hide.Text(m.what, maxShown)}, {Name: "tries", Value: strconv.Itoa(tries)}},
		Body:   hide.Text(string(m.message), timeline.MaxText), Answer: hide.Text(string(answer), timeline.MaxText)}
	switch {
	case err != nil:
		e.Outcome, e.Failed, e.Status = "not delivered", true, 0
		e.Why = timeline.Words{ZH: "应用没有收下：" + err.Error(), EN: "the application did not take it: " + err.Error()}
	case len(answer) > 0:
		e.Why = timeline.Words{ZH: "应用收下了，并回了一条消息", EN: "the application took it and answered with a message"}
	default:
		e.Why = timeline.Words{ZH: "应用收下了", EN: "the application took it"}
	}
	if tries > 1 && err == nil {
		e.Why.ZH += fmt.Sprintf("，第 %d 次才成功", tries)
		e.Why.EN += fmt.Sprintf(", at try %d", tries)
	}
	s.timeline.Add(e)
	s.log.Info("wxsim push", "what", m.what, "tries", tries, "outcome", e.Outcome, "error", err)
}
