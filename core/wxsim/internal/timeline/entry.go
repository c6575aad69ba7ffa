// Package timeline keeps what happened in the simulator and says it in words:
// rows of calls and pushes, never more than a bound, without a secret in them.
//
// It decides what a row hides and how a row explains itself. It knows nothing of
// accounts, codes or people: the simulator tells it which texts to hide. It imports
// the standard library alone.
package timeline

import "time"

// Kind says who asked whom.
type Kind string

const (
	API  Kind = "api"  // the application calls WeChat
	Page Kind = "page" // a browser asks WeChat for a page
	Push Kind = "push" // WeChat calls the application
	Act  Kind = "act"  // somebody changes the simulator, on its page or by the control API
)

// Entry is one row. Every text in it is free of secrets.
type Entry struct {
	ID      int64     `json:"id" doc:"counts up by one"`
	At      time.Time `json:"at" doc:"the simulator's time"`
	Kind    Kind      `json:"kind" doc:"api: the application called WeChat; page: a browser; push: WeChat called the application; act: somebody changed the simulator"`
	Name    Words     `json:"name" doc:"what the call is for"`
	Method  string    `json:"method"`
	Path    string    `json:"path"`
	Known   bool      `json:"known" doc:"the simulator has this path"`
	Person  string    `json:"person,omitempty" doc:"whose browser or message it was"`
	Params  []Param   `json:"params" doc:"query and form"`
	Body    string    `json:"body,omitempty" doc:"what was sent, its beginning"`
	Status  int       `json:"status" doc:"the HTTP status; 0 when the connection ended without an answer"`
	Outcome string    `json:"outcome" doc:"one word: ok, an errcode, 302, page and so on"`
	Failed  bool      `json:"failed"`
	To      string    `json:"to,omitempty" doc:"where a redirect leads"`
	Answer  string    `json:"answer,omitempty" doc:"what was answered, its beginning"`
	Why     Words     `json:"why" doc:"the row in a sentence"`
	TookMS  int64     `json:"took_ms" doc:"in real time"`
}

// Param is a parameter as the row shows it.
type Param struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Words is a text in both languages of the page.
type Words struct {
	ZH string `json:"zh"`
	EN string `json:"en"`
}

// In returns the text in "en" or else in Chinese.
func (w Words) In(lang string) string {
	if lang == "en" {
		return w.EN
	}
	return w.ZH
}
