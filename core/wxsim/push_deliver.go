package wxsim

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// Delivery as WeChat does it: without an answer within five seconds the message
// is sent again, three times in all (接收普通消息, 接收事件推送).
const (
	pushTimeout = 5 * time.Second
	pushTries   = 3
)

// pushed is one message on its way.
type pushed struct {
	appID    string
	to       string // ToUserName
	personID string // "" for none
	openID   string // of the person it is from
	what     string // for the timeline
	message  []byte
}

// deliver pushes a message to the account's address, in the caller's
// goroutine. told is false when there is no address.
func (s *Sim) deliver(ctx context.Context, m pushed) (told bool, err error) {
	to := s.pushOf(m.appID)
	if to.url == "" {
		return false, nil
	}
	tries, began := 0, time.Now()
	var answer []byte
	for tries < pushTries {
		tries++
		answer, err = s.try(ctx, to, m)
		if err == nil || ctx.Err() != nil {
			break
		}
	}
	s.recordPush(http.MethodPost, m, tries, time.Since(began), answer, err)
	if err != nil {
		return true, fmt.Errorf("wxsim: %s not delivered to the push address of %s, tries %d: %w", m.what, m.appID, tries, err)
	}
	s.hear(m, answer)
	return true, nil
}

// try sends a message once and returns the message in reply, if there is one. Signature, timestamp and nonce are new each time.
// The message is the same, so that the receiver can recognise a repetition.
func (s *Sim) try(ctx context.Context, to pushAddress, m pushed) ([]byte, error) {
	message := m.message
	timestamp, nonce := unix(s.now()), s.random.digits(10)
	query := url.Values{"signature": {sign(to.token, timestamp, nonce)}, "timestamp": {timestamp},
		"nonce": {nonce}, "openid": {m.openID}}
	if to.key != nil {
		sealed := seal(to.key, s.random.text(16), message, to.sealedAs(m.appID))
		query.Set("encrypt_type", "aes")
		query.Set("msg_signature", sign(to.token, timestamp, nonce, sealed))
		message = []byte("<xml>\n    <ToUserName>" + cdata(m.to) +
			"</ToUserName>\n    <Encrypt>" + cdata(sealed) + "</Encrypt>\n</xml>")
	}
	answer, err := s.send(ctx, http.MethodPost, withQuery(to.url, query.Encode()), bytes.NewReader(message))
	if err != nil {
		return nil, err
	}
	return to.accept(answer, to.sealedAs(m.appID))
}

// sealedAs is the AppID inside what is encrypted: the platform's, where one receives
// for the account.
func (to pushAddress) sealedAs(appID string) string {
	if to.sealedFor != "" {
		return to.sealedFor
	}
	return appID
}

// accept returns the message in reply (被动回复用户消息) without its encryption, or nil
// for "success" and an empty answer. Anything else is an error. A reply is encrypted
// if the push was.
func (to pushAddress) accept(answer []byte, appID string) ([]byte, error) {
	if len(answer) == 0 || string(answer) == "success" {
		return nil, nil
	}
	if to.key != nil {
		var err error
		if answer, err = to.unwrap(answer, appID); err != nil {
			return nil, err
		}
		if len(answer) == 0 || string(answer) == "success" { // encrypted like anything else, as some libraries send it
			return nil, nil
		}
	}
	var m struct {
		XMLName xml.Name `xml:"xml"`
		MsgType string
	}
	if xml.Unmarshal(answer, &m) != nil || m.MsgType == "" {
		return nil, errors.New("the answer is neither success nor empty nor a message")
	}
	return answer, nil
}

// unwrap opens an encrypted reply.
func (to pushAddress) unwrap(answer []byte, appID string) ([]byte, error) {
	var m struct {
		XMLName      xml.Name `xml:"xml"`
		Encrypt      string
		MsgSignature string
		TimeStamp    string
		Nonce        string
	}
	if xml.Unmarshal(answer, &m) != nil || m.Encrypt == "" {
		return nil, errors.New("the answer is neither success nor empty nor an encrypted message")
	}
	if sign(to.token, m.TimeStamp, m.Nonce, m.Encrypt) != m.MsgSignature {
		return nil, errors.New("the answer's MsgSignature is wrong")
	}
	message, of, err := unseal(to.key, m.Encrypt)
	if err != nil {
		return nil, fmt.Errorf("the answer: %w", err)
	}
	if of != appID {
		return nil, errors.New("the answer is encrypted for another AppID")
	}
	return message, nil
}
