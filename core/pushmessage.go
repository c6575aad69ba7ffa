package core

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/seed467724c4/wechat/core/internal/vault"
	"github.com/seed467724c4/wechat/core/internal/web"
)

// PushMessage is what all messages from WeChat have in common (接收普通消息,
// 接收事件推送).
type PushMessage struct {
	// OpenID is who sent the message or did what the event tells.
	OpenID string
	// AccountID is the account's own name for itself, such as gh_21ee2dc92d7d.
	AccountID string
	// Time is when WeChat made the message, to the second.
	Time time.Time
	// Type is "event", "text", "image" and so on.
	Type string
	// Event is what happened, where Type is "event": "subscribe", "SCAN", "CLICK", …
	Event string
	// EventKey is what the event is about; "" where it is about nothing.
	EventKey string
	// Ticket is of the QR code that was scanned; "" without one.
	Ticket string
	// ID numbers messages that are no events; "" for events.
	ID string
	// XML is the whole message, decrypted, at most 64 KiB. It was checked: one root,
	// no document type, at most 8 elements deep.
	XML []byte

	key string // the same for every delivery of one message
}

// String masks the open id, as User's does, and shows no content.
func (m PushMessage) String() string {
	return fmt.Sprintf("message %s %s of %s", m.Type, m.Event, mask(m.OpenID))
}

// Format masks under every verb.
func (m PushMessage) Format(f fmt.State, _ rune) { fmt.Fprint(f, m.String()) }

// LogValue masks as String does.
func (m PushMessage) LogValue() slog.Value { return slog.StringValue(m.String()) }

// FollowEvent tells that somebody follows the account now (event subscribe).
type FollowEvent struct {
	PushMessage
	// Scene is the parameter of the QR code that led here (带参数二维码); "" without one.
	Scene string
}

// UnfollowEvent tells that somebody no longer follows (event unsubscribe). WeChat
// asks sites to delete what they keep about her beyond what the law wants kept.
type UnfollowEvent struct{ PushMessage }

// ScanEvent tells that a follower scanned a QR code with a parameter (event SCAN).
// Who did not follow before comes as a FollowEvent with that Scene.
type ScanEvent struct {
	PushMessage
	// Scene is the QR code's parameter.
	Scene string
}

var errXML = errors.New("not a message of WeChat's")

// parseMessage reads the fields above. encoding/xml on its own would take a document
// type, elements without end and the last of two equal names.
func parseMessage(body []byte) (*PushMessage, error) {
	fields, err := rootFields(body)
	if err != nil {
		return nil, err
	}
	seconds, err := strconv.ParseInt(fields["CreateTime"], 10, 64)
	if err != nil || seconds <= 0 || !isOpenID(fields["FromUserName"]) || fields["MsgType"] == "" {
		return nil, errXML
	}
	m := &PushMessage{
		OpenID: fields["FromUserName"], AccountID: fields["ToUserName"], Time: time.Unix(seconds, 0),
		Type: fields["MsgType"], Event: fields["Event"], EventKey: fields["EventKey"], Ticket: fields["Ticket"],
		ID: fields["MsgId"], XML: body,
	}
	if m.Type == "event" && m.Event == "" || m.Type != "event" && m.ID == "" {
		return nil, errXML
	}
	if m.Type != "event" {
		m.Event = ""
		m.key = vault.Key("message", m.ID)
		return m, nil
	}
	// An event has no number, so it is known by who did what when (接收事件推送:
	// FromUserName and CreateTime; the rest, as two may happen in one second). What
	// number it brings is another thing's.
	m.key = vault.Key("event", m.OpenID, fields["CreateTime"], m.Event, m.EventKey, m.ID, fields["MsgID"])
	m.ID = ""
	return m, nil
}

// rootFields are the texts of the elements right below the root <xml>, by name.
func rootFields(body []byte) (map[string]string, error) {
	decoder := xml.NewDecoder(bytes.NewReader(body))
	fields := map[string]string{}
	var text strings.Builder
	depth, ended := 0, false
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, errXML
		}
		switch t := token.(type) {
		case xml.Directive:
			return nil, errXML
		case xml.ProcInst:
			if depth > 0 || ended || t.Target != "xml" {
				return nil, errXML
			}
		case xml.StartElement:
			if depth++; depth > maxPushDepth || depth == 1 && (ended || t.Name.Local != "xml" || t.Name.Space != "") {
				return nil, errXML
			}
			if depth == 2 {
				text.Reset()
			}
		case xml.EndElement:
			if depth--; depth == 0 {
				ended = true
			}
			if depth == 1 {
				if _, twice := fields[t.Name.Local]; twice {
					return nil, errXML
				}
				fields[t.Name.Local] = strings.TrimSpace(text.String())
			}
		case xml.CharData:
			if depth == 2 {
				text.Write(t)
			} else if depth < 2 && len(bytes.TrimSpace(t)) > 0 {
				return nil, errXML
			}
		}
	}
	return fields, nil
}

// isOpenID holds for what an openid can be; see wxapi.
func isOpenID(s string) bool { return len(s) >= 6 && len(s) <= 64 && web.IsWord(s) }
