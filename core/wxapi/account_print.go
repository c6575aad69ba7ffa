package wxapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
)

// String names the account, with *** for a cached token.
func (t *AccountToken) String() string {
	if t == nil {
		return "<nil>"
	}
	return fmt.Sprintf("wxapi.AccountToken{AppID: %q, Source: %s, Token: %s, Ticket: %s}",
		t.client.appID, t.source(), masked(t.token.current.Load().value), masked(t.ticket.current.Load().value))
}

// GoString returns String.
func (t *AccountToken) GoString() string { return t.String() }

// Format writes String for every verb.
func (t *AccountToken) Format(s fmt.State, verb rune) { format(s, verb, t.String()) }

// LogValue returns String.
func (t *AccountToken) LogValue() slog.Value { return slog.StringValue(t.String()) }

// MarshalJSON writes String.
func (t *AccountToken) MarshalJSON() ([]byte, error) { return json.Marshal(t.String()) }

// GobEncode always fails: an AccountToken belongs to one process.
func (t *AccountToken) GobEncode() ([]byte, error) {
	return nil, errors.New("wechat: an AccountToken cannot be stored")
}
