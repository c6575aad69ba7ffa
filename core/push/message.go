package push

import (
	"fmt"
	"io"
	"log/slog"
	"time"
)

// Message is what all messages from WeChat have in common (接收普通消息,
// 接收事件推送).
type Message struct {
	// OpenID is the person who sent the message or caused the event.
	OpenID string
	// AccountID is the account's original id (原始 ID), such as gh_21ee2dc92d7d.
	AccountID string
	// Time is when WeChat made the message, to the second.
	Time time.Time
	// Type is "event", "text", "image" and so on.
	Type string
	// Event is the name of the event as WeChat wrote it, such as "subscribe", "SCAN"
	// or "CLICK"; "" where Type is not "event".
	Event string
	// EventKey is the parameter of the event, such as a menu key, as WeChat wrote it;
	// "" where the event has none.
	EventKey string
	// Ticket is the ticket of the QR code that was scanned; "" without one.
	Ticket string
	// ID is WeChat's number of a message that is not an event; "" for events and for
	// messages without a number, such as those of devices.
	ID string
	// XML is the whole message, decrypted, at most 64 KiB: one root, no document type,
	// at most 8 elements deep. encoding/xml reads it without an error.
	XML []byte
}

// String shows a shortened open id and no content.
func (m Message) String() string {
	return fmt.Sprintf("message %s %s of %s", m.Type, m.Event, mask(m.OpenID))
}

// Format writes String for every verb.
func (m Message) Format(f fmt.State, _ rune) { io.WriteString(f, m.String()) }

// LogValue is String.
func (m Message) LogValue() slog.Value { return slog.StringValue(m.String()) }

// FollowEvent says that a person follows the account now (event subscribe).
type FollowEvent struct {
	Message
	// Scene is the parameter of the QR code that led here (带参数二维码); "" without one.
	Scene string
}

// UnfollowEvent says that a person no longer follows the account (event
// unsubscribe). WeChat asks sites to delete what they keep about this person, except
// what the law obliges them to keep.
type UnfollowEvent struct{ Message }

// ScanEvent says that a follower scanned a QR code with a parameter (event SCAN). The
// scan of a person who did not follow before comes as a [FollowEvent] with that Scene.
type ScanEvent struct {
	Message
	// Scene is the parameter of the QR code.
	Scene string
}

// mask shortens an open id for logs, as core does.
func mask(openID string) string {
	if len(openID) <= 6 {
		return "***"
	}
	return openID[:6] + "***"
}
