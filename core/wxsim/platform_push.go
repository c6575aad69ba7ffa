package wxsim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// maxTickets is how many tickets of a platform the simulator knows: those of
// twelve hours, one every ten minutes, twice.
const maxTickets = 144

// PlatformMode is how a platform meets WeChat from now on. See
// [Sim.SetPlatformMode].
type PlatformMode struct {
	// LoseTickets mints tickets and pushes none, until api_start_push_ticket.
	LoseTickets bool `json:"lose_tickets,omitempty"`

	// PushTwice pushes every event twice, with the same code in both.
	PushTwice bool `json:"push_twice,omitempty"`

	// WithoutPush pushes no event about accounts: the code of a consent comes by
	// the redirect alone.
	WithoutPush bool `json:"without_push,omitempty"`

	// WithoutCode redirects after a consent without auth_code: the code comes by
	// the push alone.
	WithoutCode bool `json:"without_code,omitempty"`
}

// SetPlatformMode changes how a platform meets WeChat. The error names an unknown
// platform.
func (s *Sim) SetPlatformMode(componentID string, mode PlatformMode) error {
	return s.changePlatform(componentID, func(b *platformState) { b.mode = mode })
}

// SetPlatformURLs sets where a platform is told of tickets and events, and where the
// messages of its accounts go, as Platform.EventURL and MessageURL do.
func (s *Sim) SetPlatformURLs(componentID, eventURL, messageURL string) error {
	if !isPlatformURL(eventURL) || !isPlatformURL(messageURL) {
		return errors.New("wxsim: EventURL and MessageURL must be whole http(s) addresses without user or fragment")
	}
	return s.changePlatform(componentID, func(b *platformState) { b.eventURL, b.messageURL = eventURL, messageURL })
}

// SetPlatformIPs sets a platform's IP whitelist. Without entries every address may
// call; other callers are answered 61004.
func (s *Sim) SetPlatformIPs(componentID string, list ...string) error {
	ips, err := parseIPs(list)
	if err != nil {
		return fmt.Errorf("wxsim: %w", err)
	}
	return s.changePlatform(componentID, func(b *platformState) { b.ips = ips })
}

// ExpireComponentToken makes every component_access_token of a platform answer
// 40001 from now on, as if another program had asked for newer ones.
func (s *Sim) ExpireComponentToken(componentID string) error {
	now := s.now()
	return s.changePlatform(componentID, func(b *platformState) {
		for _, t := range []*componentToken{b.token, b.older} {
			if t != nil {
				t.replaced = now
			}
		}
	})
}

func (s *Sim) changePlatform(componentID string, change func(*platformState)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.platformStates[componentID]
	if !ok {
		return fmt.Errorf("wxsim: no platform with AppID %q", componentID)
	}
	change(b)
	return nil
}

// PushTicket mints a component_verify_ticket and pushes it to EventURL, as WeChat
// does about every ten minutes. With PlatformMode.LoseTickets it is minted only. The
// error names an unknown platform, or says that the push was not accepted.
func (s *Sim) PushTicket(ctx context.Context, componentID string) error {
	ticket, now, lost := "ticket@@@"+s.random.urlText(64), s.now(), false
	err := s.changePlatform(componentID, func(b *platformState) {
		b.tickets = append(b.tickets, issuedTicket{ticket, now})
		if over := len(b.tickets) - maxTickets; over > 0 {
			b.tickets = b.tickets[over:]
		}
		lost = b.mode.LoseTickets
	})
	if err != nil || lost {
		return err
	}
	m := s.platformEvent(componentID, "component_verify_ticket")
	m.text("ComponentVerifyTicket", ticket)
	return s.tellPlatform(ctx, componentID, "component_verify_ticket", m)
}

// platformEvent begins a message of 授权事件接收URL.
func (s *Sim) platformEvent(componentID, kind string) *messageXML {
	m := &messageXML{}
	m.text("AppId", componentID)
	m.number("CreateTime", unix(s.now()))
	m.text("InfoType", kind)
	return m
}

// tellPlatform pushes an event to a platform's EventURL: encrypted, three tries of
// five seconds, as often as the mode says.
func (s *Sim) tellPlatform(ctx context.Context, componentID, what string, m *messageXML) error {
	p := s.platforms[componentID]
	s.mu.Lock()
	address, times := s.platformStates[componentID].eventURL, 1
	if s.platformStates[componentID].mode.PushTwice {
		times = 2
	}
	s.mu.Unlock()
	if address == "" {
		return nil
	}
	key, _ := aesKey(p.EncodingAESKey)
	var err error
	for range times {
		tries, began := 0, time.Now()
		for tries < pushTries {
			tries++
			err = s.tryPlatform(ctx, address, p.Token, sealedEvent{key, componentID, m.bytes()})
			if err == nil || ctx.Err() != nil {
				break
			}
		}
		s.recordPush(http.MethodPost, pushed{what: what, message: m.bytes()}, tries, time.Since(began), nil, err)
	}
	if err != nil {
		return fmt.Errorf("wxsim: %s not delivered to the event address of %s: %w", what, componentID, err)
	}
	return nil
}

type sealedEvent struct {
	key     []byte
	appID   string
	message []byte
}

func (s *Sim) tryPlatform(ctx context.Context, address, token string, e sealedEvent) error {
	timestamp, nonce := unix(s.now()), s.random.digits(10)
	sealed := seal(e.key, s.random.text(16), e.message, e.appID)
	query := url.Values{"signature": {sign(token, timestamp, nonce)}, "timestamp": {timestamp}, "nonce": {nonce},
		"encrypt_type": {"aes"}, "msg_signature": {sign(token, timestamp, nonce, sealed)}}
	body := "<xml>\n    <AppId>" + cdata(e.appID) + "</AppId>\n    <Encrypt>" + cdata(sealed) + "</Encrypt>\n</xml>"
	answer, err := s.send(ctx, http.MethodPost, withQuery(address, query.Encode()), bytes.NewReader([]byte(body)))
	if err != nil {
		return err
	}
	if strings.TrimSpace(string(answer)) != "success" {
		return errors.New(`the answer is not the plain word "success"`)
	}
	return nil
}

// PushTickets pushes a ticket at once and then every so often, until ctx ends. It is
// for a goroutine of the caller's; the server of [Start] runs it for
// Platform.TicketEvery. A push that fails is in the timeline.
func (s *Sim) PushTickets(ctx context.Context, componentID string, every time.Duration) {
	if every <= 0 {
		return
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		s.PushTicket(ctx, componentID)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// messageAddress is where the messages of a connected account go, with mu held. ok
// is false for an account that no platform acts for.
func (s *Sim) messageAddress(appID string) (to pushAddress, ok bool) {
	componentID := s.platformOf(appID)
	if componentID == "" {
		return pushAddress{}, false
	}
	p := s.platforms[componentID]
	address := s.platformStates[componentID].messageURL
	if address == "" {
		return pushAddress{}, false
	}
	to, _ = newPushAddress(strings.ReplaceAll(address, appIDPlace, appID), p.Token, p.EncodingAESKey)
	to.sealedFor = componentID
	return to, true
}
