package wxsim

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/seed467724c4/wechat/core/wxsim/internal/timeline"
)

// told is the answer of operations that push an event.
type told struct {
	Told    bool   `json:"told" doc:"there was a push address, and it was asked"`
	Trouble string `json:"trouble,omitempty" doc:"why the application was not told; the change holds all the same"`
}

type person struct {
	AppID  string `json:"appid"`
	Person string `json:"person" doc:"the person's id, such as mei"`
}

// operations is the control API, the only list of it.
func (s *Sim) operations() []operation {
	const get, post, put, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete
	return append(s.platformOperations(),
		op(get, "state", "Accounts, people with their ids, and the simulator's time.", s.controlState),
		op(post, "reset", "Back to the start: no codes, tokens, faults or calls, followers and clock as at first.",
			func(context.Context, none) (none, error) { s.Reset(); return none{}, nil }),

		op(get, "faults", "The faults that can be asked for by name, and how many wait at which endpoint.", s.controlFaults),
		op(post, "faults", "The next calls to an endpoint meet a fault: one of the list by its name, or one described here.", s.controlFail),
		op(del, "faults", "Takes back the faults of an endpoint, or all of them.", func(_ context.Context, in struct {
			Endpoint string `json:"endpoint,omitempty"`
		}) (none, error) {
			if in.Endpoint == "" {
				s.ClearAll()
			} else {
				s.Clear(in.Endpoint)
			}
			return none{}, nil
		}),

		op(post, "clock", "Moves the simulator's clock.", s.controlClock),
		op(post, "codes", "Mints a code as if a person had just consented.", s.controlCode),
		op(post, "qr", "What a person's phone does with the QR code of a scan login.", func(_ context.Context, in struct {
			UUID   string   `json:"uuid" doc:"the last part of the picture's address"`
			Person string   `json:"person"`
			Step   ScanStep `json:"step" doc:"scan, allow or deny"`
		}) (none, error) {
			return none{}, s.AnswerQR(in.UUID, in.Person, in.Step)
		}),
		op(post, "person", "How a person meets WeChat from now on. What is left out stays as it is.", s.controlPerson),

		op(post, "follow", "A person follows an account, which is pushed as subscribe.", func(ctx context.Context, in person) (told, error) {
			return toldOf(s.follow(ctx, in.AppID, in.Person, sceneSearch))
		}),
		op(post, "unfollow", "A person stops following, which is pushed as unsubscribe.", func(ctx context.Context, in person) (told, error) {
			return toldOf(s.unfollow(ctx, in.AppID, in.Person))
		}),
		op(post, "following", "Makes a person a follower or none, and pushes nothing.", func(_ context.Context, in struct {
			person
			Follows bool `json:"follows"`
		}) (none, error) {
			return none{}, s.SetFollowing(in.AppID, in.Person, in.Follows)
		}),
		op(post, "scan", "A person scans the account's QR code with a scene: subscribe, or SCAN for a follower.", func(ctx context.Context, in struct {
			person
			Scene string `json:"scene"`
		}) (told, error) {
			return toldOf(s.scanScene(ctx, in.AppID, in.Person, in.Scene))
		}),
		op(post, "message", "A follower writes a text message to the account.", func(ctx context.Context, in struct {
			person
			Text string `json:"text"`
		}) (told, error) {
			return toldOf(s.sendText(ctx, in.AppID, in.Person, in.Text))
		}),
		op(post, "menu", "A follower presses a button of the account's menu: CLICK or VIEW is pushed.", func(ctx context.Context, in struct {
			person
			Button string `json:"button" doc:"its place: 1 for the first, 2.1 for the first below the second"`
		}) (pressedOut, error) {
			address, reached, err := s.pressMenu(ctx, in.AppID, in.Person, in.Button)
			out, err := toldOf(reached, err)
			return pressedOut{out, address}, err
		}),
		op(get, "chat", "The conversation of a person with an account, the last fifty messages.", func(_ context.Context, in person) (chatOut, error) {
			return chatOut{append([]ChatMessage{}, s.Chat(in.AppID, in.Person)...)}, s.knows(in.AppID, in.Person)
		}),
		op(put, "domains", "Replaces an account's registered domains.", func(_ context.Context, in struct {
			AppID   string   `json:"appid"`
			Domains []string `json:"domains" doc:"hosts without scheme, port or path"`
		}) (none, error) {
			return none{}, s.SetDomains(in.AppID, in.Domains...)
		}),
		op(post, "push", "Pushes a message to the account as it stands.", func(ctx context.Context, in struct {
			AppID   string `json:"appid"`
			Message string `json:"message" doc:"the XML"`
		}) (told, error) {
			return toldOf(s.push(ctx, in.AppID, []byte(in.Message)))
		}),
		op(put, "push-address", "Sets where an account's messages are pushed; an empty url ends it.", s.controlPushAddress),

		op(post, "tokens/expire", "Every account token of the account answers 40001 from now on.", func(_ context.Context, in struct {
			AppID string `json:"appid"`
		}) (none, error) {
			if err := s.knowsAccount(in.AppID); err != nil {
				return none{}, err
			}
			s.ExpireTokens(in.AppID)
			return none{}, nil
		}),
		op(put, "ips", "Sets an account's IP whitelist; an empty list lets every address call.", func(_ context.Context, in struct {
			AppID string   `json:"appid"`
			IPs   []string `json:"ips" doc:"addresses and CIDR blocks"`
		}) (none, error) {
			return none{}, s.SetIPs(in.AppID, in.IPs...)
		}),

		op(get, "calls", "How often each path was called, and the last calls with every secret value hidden.", s.controlCalls),
		op(del, "calls", "Forgets the calls seen so far.", func(context.Context, none) (none, error) { s.ResetCalls(); return none{}, nil }),
		op(get, "timeline", "What happened, the last two hundred rows, each explained, with every secret value hidden.",
			func(context.Context, none) (timelineOut, error) { return timelineOut{s.timeline.Since(0)}, nil }),
		op(get, "sent", "The customer messages that an account sent, the last hundred.", func(_ context.Context, in struct {
			AppID string `json:"appid"`
		}) (sentList, error) {
			return sentList{append([]Sent{}, s.Sent(in.AppID)...)}, s.knowsAccount(in.AppID)
		}),
	)
}

type timelineOut struct {
	Rows []timeline.Entry `json:"rows" doc:"oldest first"`
}

type pressedOut struct {
	told
	Address string `json:"address,omitempty" doc:"what the button opens"`
}

type chatOut struct {
	Messages []ChatMessage `json:"messages" doc:"oldest first"`
}

type sentList struct {
	Messages []Sent `json:"messages"`
}

// toldOf is an answer unless nothing has changed, which is an error.
func toldOf(reached bool, err error) (told, error) {
	switch {
	case err == nil:
		return told{Told: reached}, nil
	case reached:
		return told{Told: true, Trouble: err.Error()}, nil
	}
	return told{}, err
}

type faultIn struct {
	Name     FaultName `json:"name,omitempty" doc:"a fault of the list; then only endpoint and times count"`
	Endpoint string    `json:"endpoint,omitempty" doc:"a path such as /sns/userinfo, or callback; a fault of the list has its own"`
	Times    *int      `json:"times,omitempty" doc:"how many calls, 1 unless said, 0 for all until taken back"`

	Errcode     int    `json:"errcode,omitempty"`
	Errmsg      string `json:"errmsg,omitempty" doc:"WeChat's words and a rid unless said"`
	Body        string `json:"body,omitempty" doc:"sent as it is instead of an errcode"`
	ContentType string `json:"content_type,omitempty"`
	Status      int    `json:"status,omitempty" doc:"200 unless said"`
	DelayMS     int    `json:"delay_ms,omitempty" doc:"holds the answer back"`
	Drop        bool   `json:"drop,omitempty" doc:"closes the connection without an answer"`
	Reset       bool   `json:"reset,omitempty" doc:"resets the connection without an answer"`
	Cut         bool   `json:"cut,omitempty" doc:"half the body, then the connection ends"`
	Consume     bool   `json:"consume,omitempty" doc:"the call does its work first, so that a code is spent"`
}

// Limits of a fault that comes over HTTP. Larger numbers would overflow where times
// are added up or turned into a duration.
const (
	maxControlTimes = 1_000_000
	maxDelayMS      = 10 * 60 * 1000
)

func (s *Sim) controlFail(_ context.Context, in faultIn) (none, error) {
	times := 1
	if in.Times != nil {
		times = *in.Times
	}
	f := Fault{Code: in.Errcode, Message: in.Errmsg, Body: in.Body, ContentType: in.ContentType, Status: in.Status,
		Delay: time.Duration(in.DelayMS) * time.Millisecond, Drop: in.Drop, Reset: in.Reset, Cut: in.Cut, Consume: in.Consume, Times: times}
	switch {
	case times < 0 || in.DelayMS < 0:
		return none{}, errors.New("wxsim: times and delay_ms must not be negative")
	case times > maxControlTimes:
		return none{}, fmt.Errorf("wxsim: times is %d at most; 0 is for all calls until the fault is taken back", maxControlTimes)
	case in.DelayMS > maxDelayMS:
		return none{}, fmt.Errorf("wxsim: delay_ms is %d at most, ten minutes", maxDelayMS)
	case len(in.Endpoint) > maxCounted:
		return none{}, fmt.Errorf("wxsim: endpoint has %d bytes, at most %d are taken", len(in.Endpoint), maxCounted)
	case in.Status != 0 && (in.Status < 200 || in.Status > 999):
		return none{}, errors.New("wxsim: status must be 200 to 999")
	case in.Name != "":
		return none{}, s.queueNamed(in.Name, times, in.Endpoint)
	case in.Endpoint == "" || in.Endpoint == Callback:
		return none{}, errors.New("wxsim: a fault without a name needs an endpoint, a path")
	}
	return none{}, s.queue(in.Endpoint, f)
}

type faultList struct {
	Available []NamedFault   `json:"available"`
	Waiting   map[string]int `json:"waiting" doc:"by endpoint"`
}

func (s *Sim) controlFaults(context.Context, none) (faultList, error) {
	out := faultList{Faults(), map[string]int{}}
	s.mu.Lock()
	defer s.mu.Unlock()
	for endpoint, queue := range s.faults {
		out.Waiting[endpoint] = len(queue)
	}
	return out, nil
}

type clockOut struct {
	Now time.Time `json:"now"`
}

func (s *Sim) controlClock(_ context.Context, in struct {
	Advance string `json:"advance" doc:"a duration such as 90s, 5m or 720h; a negative one goes back"`
}) (clockOut, error) {
	d, err := time.ParseDuration(in.Advance)
	if err != nil {
		return clockOut{}, errors.New("wxsim: advance must be a duration such as 90s, 5m or 720h")
	}
	if err := s.advance(d); err != nil {
		return clockOut{}, err
	}
	return clockOut{s.now()}, nil
}

type codeOut struct {
	Code string `json:"code"`
}

func (s *Sim) controlCode(_ context.Context, in struct {
	person
	Scope       string `json:"scope,omitempty" doc:"snsapi_base, snsapi_userinfo, or snsapi_login for a website application"`
	MiniProgram bool   `json:"mini_program,omitempty" doc:"a code of wx.login, which the web exchange answers with 40242"`
}) (out codeOut, err error) {
	if in.MiniProgram {
		out.Code, err = s.MiniProgramCode(in.AppID, in.Person)
	} else {
		out.Code, err = s.Code(in.AppID, in.Person, in.Scope)
	}
	return out, err
}

func (s *Sim) controlPerson(_ context.Context, in struct {
	Person   string `json:"person"`
	Snapshot *bool  `json:"snapshot,omitempty" doc:"requests with snsapi_userinfo are ones of the snapshot page"`
	FromMenu *bool  `json:"from_menu,omitempty" doc:"comes from the account's menu: a follower sees no consent page"`
	AppID    string `json:"appid,omitempty" doc:"needed with agreed"`
	Agreed   *bool  `json:"agreed,omitempty" doc:"agreed lately: no consent page for this account"`
}) (none, error) {
	if _, ok := s.people[in.Person]; !ok {
		return none{}, fmt.Errorf("wxsim: no person with ID %q", in.Person)
	}
	if in.Agreed != nil {
		if err := s.SetAgreed(in.AppID, in.Person, *in.Agreed); err != nil {
			return none{}, err
		}
	}
	if in.Snapshot != nil {
		s.SetSnapshot(in.Person, *in.Snapshot)
	}
	if in.FromMenu != nil {
		s.SetFromMenu(in.Person, *in.FromMenu)
	}
	return none{}, nil
}

func (s *Sim) controlPushAddress(ctx context.Context, in struct {
	AppID  string `json:"appid"`
	URL    string `json:"url"`
	Token  string `json:"token,omitempty"`
	AESKey string `json:"encoding_aes_key,omitempty" doc:"encrypts what is pushed"`
	Verify bool   `json:"verify,omitempty" doc:"asks the address for the echo, as WeChat does when it is set"`
}) (none, error) {
	if err := s.SetPush(in.AppID, in.URL, in.Token, in.AESKey); err != nil {
		return none{}, err
	}
	if in.Verify {
		return none{}, s.VerifyPush(ctx, in.AppID)
	}
	return none{}, nil
}

// recordControl notes a call of the control API that changes something.
func (s *Sim) recordControl(r *http.Request, a reply, body *capture) {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return
	}
	hide := s.hider.Load()
	e := timeline.Entry{At: s.now(), Kind: timeline.Act, Name: timeline.Words{ZH: "控制接口", EN: "control API"}, Method: r.Method,
		Path: hide.Text(strings.ToValidUTF8(r.URL.Path, "?"), maxShown), Known: a.status != http.StatusNotFound, Status: a.status, Outcome: strconv.Itoa(a.status),
		Params: hide.Params(s.paramNames(r), r.URL.Query()), Body: hide.Text(string(body.head), timeline.MaxText),
		Failed: a.status >= http.StatusBadRequest, Why: timeline.Words{ZH: "测试或脚本改变了模拟器", EN: "a test or script changed the simulator"}}
	if e.Failed {
		e.Answer = hide.Text(string(a.body), timeline.MaxText)
		e.Why = timeline.Words{ZH: "调用不对，什么也没有改变", EN: "the call is wrong, nothing has changed"}
	}
	s.timeline.Add(e)
}
