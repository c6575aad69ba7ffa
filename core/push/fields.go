package push

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"
)

// readMessage reads the fields of a decrypted message. It does not look at the time.
func readMessage(body []byte) (*Message, error) {
	fields, fixed, err := readFields(body)
	if err != nil {
		return nil, err
	}
	field := func(name string) string { return strings.TrimSpace(fields[name]) }
	seconds, err := strconv.ParseInt(field("CreateTime"), 10, 64)
	if err != nil || seconds <= 0 || !isOpenID(field("FromUserName")) || field("MsgType") == "" {
		return nil, errXML
	}
	m := &Message{
		OpenID: field("FromUserName"), AccountID: field("ToUserName"), Time: time.Unix(seconds, 0),
		Type: field("MsgType"), XML: fixed,
	}
	if !strings.EqualFold(m.Type, "event") {
		// Devices have no number, or call it MsgID.
		m.ID = field("MsgId")
		if m.ID == "" {
			m.ID = field("MsgID")
		}
		return m, nil
	}
	m.Event, m.EventKey, m.Ticket = field("Event"), fields["EventKey"], field("Ticket")
	if m.Event == "" {
		return nil, errXML
	}
	return m, nil
}

// behindTexts are the elements that are read behind a text of a visitor's as well: at
// worst a visitor changes the number of a message of his own, and Encrypt is signed.
var behindTexts = map[string]bool{"MsgId": true, "MsgID": true, "Encrypt": true}

// readFields returns the texts of the elements right below the root, by name, as far
// as WeChat wrote them, and the document in which encoding/xml reads the same.
func readFields(body []byte) (fields map[string]string, fixed []byte, err error) {
	fixed, certain, err := repair(body)
	if err != nil {
		return nil, nil, err
	}
	fields = map[string]string{}
	decoder := xml.NewDecoder(bytes.NewReader(fixed))
	var text strings.Builder
	depth, elements := 0, 0
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return fields, fixed, nil
		}
		if err != nil {
			return nil, nil, errXML
		}
		switch t := token.(type) {
		case xml.StartElement:
			if depth++; depth == 2 {
				text.Reset()
			}
		case xml.EndElement:
			if depth--; depth == 1 {
				if elements++; elements <= certain || behindTexts[t.Name.Local] {
					fields[t.Name.Local] = text.String()
				}
			}
		case xml.CharData:
			if depth == 2 {
				text.Write(t)
			}
		}
	}
}

// isOpenID holds for [0-9A-Za-z_-]{6,64}, as in wxapi.
func isOpenID(s string) bool {
	return 6 <= len(s) && len(s) <= 64 && isAll(s, func(c byte) bool { return letterOrDigit(c) || c == '_' || c == '-' })
}
