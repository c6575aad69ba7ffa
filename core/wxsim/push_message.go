package wxsim

import (
	"context"
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// SendText pushes a text message from a follower to the account, with a MsgId of
// its own. The application may answer it. A person who does not follow cannot
// write, which is an error. The other errors are those of [Sim.Follow].
func (s *Sim) SendText(ctx context.Context, appID, personID, content string) error {
	_, err := s.sendText(ctx, appID, personID, content)
	return err
}

func (s *Sim) sendText(ctx context.Context, appID, personID, content string) (told bool, err error) {
	if err := s.knows(appID, personID); err != nil {
		return false, err
	}
	if !s.Following(appID, personID) {
		return false, fmt.Errorf("wxsim: %s does not follow %s", personID, appID)
	}
	s.mu.Lock()
	s.talked(appID, personID, messageRoom, messageTime)
	s.say(appID, personID, ChatMessage{Kind: "text", Text: content})
	s.mu.Unlock()
	from := openID(appID, personID)
	m := s.header(appID, from, "text")
	m.text("Content", content)
	m.number("MsgId", s.random.digits(17))
	return s.deliver(ctx, pushed{appID, s.accounts[appID].OriginalID, personID, from, "text", m.bytes()})
}

// Push sends a message as it is, in plain or encrypted as the account's are.
// Its FromUserName is sent as openid in the query, and an encrypted push names
// its ToUserName outside, too. The error names
// an unknown account; nil means delivered, or that there is no push address.
func (s *Sim) Push(ctx context.Context, appID string, message []byte) error {
	_, err := s.push(ctx, appID, message)
	return err
}

func (s *Sim) push(ctx context.Context, appID string, message []byte) (told bool, err error) {
	if err := s.knowsAccount(appID); err != nil {
		return false, err
	}
	var m struct{ ToUserName, FromUserName string }
	xml.Unmarshal(message, &m) // a message that cannot be read has no openid
	if m.ToUserName == "" {
		m.ToUserName = s.accounts[appID].OriginalID
	}
	return s.deliver(ctx, pushed{appID, m.ToUserName, "", m.FromUserName, "raw", message})
}

// event pushes an event of a person; key and ticket are those of a QR code.
func (s *Sim) event(ctx context.Context, appID, personID, name, key, ticket string) (told bool, err error) {
	from := openID(appID, personID)
	m := s.header(appID, from, "event")
	m.text("Event", name)
	m.text("EventKey", key)
	if ticket != "" {
		m.text("Ticket", ticket)
	}
	return s.deliver(ctx, pushed{appID, s.accounts[appID].OriginalID, personID, from, name, m.bytes()})
}

// qrTicket is the Ticket of a QR code. It depends on account and scene alone.
func qrTicket(appID, scene string) string {
	return "gQH" + digest("qr", appID, scene) + digest("ticket", appID, scene) + "AA=="
}

// messageXML builds a message, one element a line as WeChat writes it.
type messageXML struct{ lines []string }

// header begins a message with the fields that every message has.
func (s *Sim) header(appID, from, kind string) *messageXML {
	m := &messageXML{}
	m.text("ToUserName", s.accounts[appID].OriginalID)
	m.text("FromUserName", from)
	m.number("CreateTime", unix(s.now()))
	m.text("MsgType", kind)
	return m
}

func (m *messageXML) number(name, value string) {
	m.lines = append(m.lines, "<"+name+">"+value+"</"+name+">")
}

func (m *messageXML) text(name, value string) { m.number(name, cdata(value)) }

func (m *messageXML) bytes() []byte {
	return []byte("<xml>" + strings.Join(m.lines, "\n") + "\n</xml>")
}

// cdata wraps a text. It splits a "]]>" in it, which would end the section early.
func cdata(s string) string {
	return "<![CDATA[" + strings.ReplaceAll(s, "]]>", "]]]]><![CDATA[>") + "]]>"
}

func unix(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }
