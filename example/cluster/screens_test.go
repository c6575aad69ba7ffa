package main

import (
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/seed467724c4/wechat/core/wxsim"
)

const (
	desktop    = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0"
	screenPath = "/wechat/screen"
)

// roaming sends every request for the site to another node than the one before. It knows
// the nodes' order, so one login can go through them in each order.
type roaming struct {
	site    *url.URL
	nodes   []*process
	turn    int
	forward int
}

func (r *roaming) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.URL.Host != r.site.Host {
		return http.DefaultTransport.RoundTrip(request)
	}
	r.turn += r.forward
	inner := request.Clone(request.Context())
	inner.URL.Scheme, inner.URL.Host, inner.Host = "http", r.nodes[r.turn%len(r.nodes)].address, r.site.Host
	inner.Header.Set("X-Forwarded-Proto", "https")
	answer, err := http.DefaultTransport.RoundTrip(inner)
	if err == nil {
		answer.Request = request // the browser knows only the site
	}
	return answer, err
}

// screen is a desktop browser and the phone of the person in front of it.
type screen struct {
	desk, phone *visitor
	path        string // the page that the desktop browser waits on
}

// newScreen makes the i-th pair of browsers. Its requests go through the nodes in the
// i-th of their six orders.
func (w *world) newScreen(t testing.TB, i int) *screen {
	t.Helper()
	way := &roaming{site: siteURL(w), nodes: w.nodes, turn: i % 3, forward: 1 + i/3%2}
	desk, phone := w.visitor(t, person(i), way), w.visitor(t, person(i), way)
	desk.agent = desktop
	path := []string{"/me", "/profile"}[i/6%2]
	return &screen{desk, phone, fmt.Sprintf("%s?own=%d&city=%%E6%%B7%%B1", path, i)}
}

var (
	shownCode   = regexp.MustCompile(`<a class="code" id="wx-screen" href="([^"]*)"`)
	shownNumber = regexp.MustCompile(`<output id="wx-number">(\d{4})</output>`)
	hiddenField = regexp.MustCompile(`<input type="hidden" name="(\w+)" value="([^"]*)">`)
)

// allowed brings the login so far that the phone shows the digits: the desktop browser
// shows a code, the phone opens it, logs in and allows.
func (s *screen) allowed() (digits string, err error) {
	waiting, err := s.desk.open(s.path)
	if err != nil {
		return "", err
	}
	code := shownCode.FindStringSubmatch(waiting.body)
	if waiting.status != http.StatusForbidden || code == nil {
		return "", fmt.Errorf("the desktop browser gets no code: %d at %s", waiting.status, s.desk.shown(waiting))
	}
	target, found := strings.CutPrefix(html.UnescapeString(code[1]), s.desk.site+screenPath+"?")
	if !found {
		return "", errors.New("the code does not lead to the site's " + screenPath)
	}
	asked, err := s.phone.open(screenPath + "?" + target)
	if err != nil {
		return "", err
	}
	answer, err := s.phone.sendForm(asked, "answer", "allow")
	if err != nil {
		return "", err
	}
	number := shownNumber.FindStringSubmatch(answer.body)
	if answer.status != http.StatusOK || number == nil {
		return "", fmt.Errorf("the phone shows no digits: %d at %s", answer.status, s.phone.shown(answer))
	}
	return number[1], nil
}

// sendForm sends the form of a page at the screen's path.
func (v *visitor) sendForm(p page, field, value string) (page, error) {
	form := url.Values{}
	for _, hidden := range hiddenField.FindAllStringSubmatch(p.body, -1) {
		form.Set(hidden[1], html.UnescapeString(hidden[2]))
	}
	if len(form) == 0 {
		return page{}, fmt.Errorf("no form on the page: %d at %s", p.status, v.shown(p))
	}
	form.Set(field, value)
	return v.send(http.MethodPost, v.site+screenPath, form)
}

// wrong is another number, the i-th.
func wrong(digits string, i int) string {
	last := digits[3] - '0'
	return digits[:3] + string('0'+(last+byte(i))%10)
}

func TestScreenLoginsOverAllNodes(t *testing.T) {
	const n, races, locks = 30, 12, 6
	w := newWorld(t, options{people: n + races + locks, settings: map[string]string{"WECHAT_SCREEN_LOGIN": "1"}})
	next := 0
	pair := func() *screen { next++; return w.newScreen(t, next-1) }

	for range n {
		s := pair()
		if err := s.logsIn(); err != nil {
			t.Errorf("rule: a screen login ends logged in though each request reaches another node; visitor %d: %v", next-1, err)
		}
	}
	if got := w.Calls(wxsim.PathAuthorize); got > 2*n || got < n {
		t.Errorf("rule: only phones go to WeChat, once, or twice where the page asks for the profile; %d visits of %d phones", got, n)
	}
	if rows := w.query(t, "SELECT count(*) FROM members"); rows != n {
		t.Errorf("rule: phone and screen are one person; %d rows of %d people", rows, n)
	}
	for range races {
		if entered := pair().races(t, w); entered != 1 {
			t.Errorf("rule: the digits, sent to all nodes at once, log the screen in once; visitor %d: %d sessions", next-1, entered)
		}
	}
	for range locks {
		if err := pair().isLockedByGuesses(); err != nil {
			t.Errorf("rule: three wrong numbers end a code, whichever nodes they reach; visitor %d: %v", next-1, err)
		}
	}
	if strings.Contains(w.logs(), secret) {
		t.Error("rule: the log never holds the app secret")
	}
}

// logsIn is a whole screen login, with one wrong number.
func (s *screen) logsIn() error {
	digits, err := s.allowed()
	if err != nil {
		return err
	}
	form, err := s.desk.open(s.path)
	if err != nil {
		return err
	}
	again, err := s.desk.sendForm(form, "number", wrong(digits, 1))
	if err != nil {
		return err
	}
	if again.status != http.StatusForbidden {
		return fmt.Errorf("a wrong number got %d", again.status)
	}
	end, err := s.desk.sendForm(again, "number", digits)
	if err != nil {
		return err
	}
	if err := s.desk.sees(end, s.path); err != nil {
		return err
	}
	for range 3 { // every node
		if err := s.desk.arrives(s.path); err != nil {
			return fmt.Errorf("logged in, and then: %w", err)
		}
	}
	return nil
}

// races sends the digits to every node at the same time, and is how many sessions come
// of it.
func (s *screen) races(t *testing.T, w *world) (entered int) {
	t.Helper()
	digits, err := s.allowed()
	if err != nil {
		t.Error("rule: a phone can allow a screen; ", err)
		return 0
	}
	page, err := s.desk.open(s.path)
	if err != nil {
		t.Error(err)
		return 0
	}
	var mu sync.Mutex
	var senders sync.WaitGroup
	for i := range 2 * len(w.nodes) {
		// The same browser: each has the cookies of before.
		one := w.visitor(t, s.desk.person, &roaming{site: siteURL(w), nodes: w.nodes, turn: i, forward: 0})
		one.agent = desktop
		one.client.Jar.SetCookies(siteURL(w), s.desk.client.Jar.Cookies(siteURL(w)))
		senders.Go(func() {
			end, err := one.sendForm(page, "number", digits)
			if err != nil {
				t.Error(err)
				return
			}
			if one.sees(end, s.path) == nil {
				mu.Lock()
				entered++
				mu.Unlock()
			}
		})
	}
	senders.Wait()
	return entered
}

// isLockedByGuesses sends three wrong numbers and then the right one, each to another node.
func (s *screen) isLockedByGuesses() error {
	digits, err := s.allowed()
	if err != nil {
		return err
	}
	form, err := s.desk.open(s.path)
	if err != nil {
		return err
	}
	for i := range 3 {
		if _, err := s.desk.sendForm(form, "number", wrong(digits, i+1)); err != nil {
			return err
		}
	}
	end, err := s.desk.sendForm(form, "number", digits)
	if err != nil {
		return err
	}
	if end.openID() != "" || end.status == http.StatusOK {
		return fmt.Errorf("the right number counts after them: %d", end.status)
	}
	return nil
}
