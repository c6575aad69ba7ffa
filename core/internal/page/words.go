package page

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Every file in words/ is one language, and its name is the language's tag. A further
// language is one more file; TestEveryLanguageHasEveryWord reads what it must hold.
//
//go:embed words/*.json
var wordFiles embed.FS

// fallback is the language of visitors whose own one has no file. WeChat's own pages
// do the same.
const fallback = "zh-CN"

// words are all texts of one language.
type words struct {
	Pages     map[Kind]text
	Faults    map[Fault]string
	Reference string // with {reference}
}

// text is what one page says. A page has only the labels of buttons and links that it
// can show.
type text struct {
	Title           string
	TitleNamed      string // with {account}: where the account's name is known
	Body            string
	BodyWithoutCode string // where there is no QR code
	Hint            string
	HintWithLink    string // where there is a QR code and a link to the account
	HintWithoutCode string // where there is no QR code
	HintOnScreen    string // where a phone must scan the QR code
	Button          string // label of the main button
	Follow          string // label of the link to the account
	Guest           string // label of the link for guests
	Home            string // label of the link to the front page
}

// loadWords reads all languages and their tags; the fallback's is the first.
func loadWords() (tags []string, tables map[string]words, err error) {
	files, err := wordFiles.ReadDir("words")
	if err != nil {
		return nil, nil, err
	}
	tags, tables = []string{fallback}, map[string]words{}
	for _, file := range files {
		raw, err := wordFiles.ReadFile("words/" + file.Name())
		if err != nil {
			return nil, nil, err
		}
		table, err := readWords(raw)
		if err != nil {
			return nil, nil, fmt.Errorf("wechat: words of %s: %w", file.Name(), err)
		}
		tag := strings.TrimSuffix(file.Name(), ".json")
		tables[tag] = table
		if tag != fallback {
			tags = append(tags, tag)
		}
	}
	return tags, tables, nil
}

// readWords reads one language. A misspelt name of a text is an error; without that the
// page would lack the text.
func readWords(raw []byte) (table words, err error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	err = decoder.Decode(&table)
	return table, err
}

// said is what one page says in the end: the variants are chosen, and there are
// labels only for links that the page has.
type said struct {
	Title, Name, TitleEnd string // of the heading; Name is kept in one line
	Body, Hint            string
	Button, Follow        string
	Guest, Home           string
	Reference             string
}

// of chooses the texts for a page.
func (w words) of(v View) said {
	t := w.Pages[v.Kind]
	s := said{
		Title: t.Title, Body: t.Body, Hint: t.Hint,
		Button: labelIf(v.Here, t.Button), Follow: labelIf(v.Follow, t.Follow),
		Guest:     labelIf(v.Guest, t.Guest),
		Reference: labelIf(v.Reference, strings.ReplaceAll(w.Reference, "{reference}", v.Reference)),
	}
	if v.Kind == Continue {
		s.Button = t.Button // its link leads to the page's own address, which no page shows
	}
	if v.Home != v.Here {
		s.Home = labelIf(v.Home, t.Home)
	}
	switch {
	case v.QRCode == "" && t.HintWithoutCode != "":
		s.Hint = t.HintWithoutCode
	case v.OnScreen && t.HintOnScreen != "":
		s.Hint = t.HintOnScreen
	case v.Follow != "" && t.HintWithLink != "":
		s.Hint = t.HintWithLink
	}
	if v.QRCode == "" && t.BodyWithoutCode != "" {
		s.Body = t.BodyWithoutCode
	}
	if v.Kind == Stuck {
		s.Hint = w.Faults[v.Fault]
	}
	if v.Account != "" && t.TitleNamed != "" {
		s.Title, s.Name, s.TitleEnd = aroundName(t.TitleNamed)
	}
	return s
}

// aroundName cuts a title into what stands before the name, the name with its quotation
// marks, and the rest.
func aroundName(title string) (before, name, after string) {
	before, after, _ = strings.Cut(title, "{account}")
	_, open := utf8.DecodeLastRuneInString(before)
	_, end := utf8.DecodeRuneInString(after)
	open = len(before) - open
	return before[:open], before[open:] + "{account}" + after[:end], after[end:]
}

// labelIf is the label of a link that leads somewhere.
func labelIf(to, label string) string {
	if to == "" {
		return ""
	}
	return label
}
