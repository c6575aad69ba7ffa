package page

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"strconv"
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
	Wrong           string // with {left}: after a wrong number
	LastTry         string // after a wrong number, before the last try
	Field           string // label of the field for the number
	Send            string // label of the button that sends it; of a page with a code, of the link to the website's login
	Allow           string // label of the button that allows the login
	Deny            string // label of the button that refuses it
	Site            string // label of the site's host
	Device          string // label of the screen's system and browser
	UnknownDevice   string // where neither is known
	Shown           string // label of the time for which the screen has shown the code
	Seconds         string // with {seconds}
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
	Wrong, Field, Send    string
	Allow, Deny           string
	Site, Device, Shown   string // labels
	DeviceName, Seconds   string
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
	s.screenOf(v, t)
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

// screenOf chooses the texts of a page of screen login.
func (s *said) screenOf(v View, t text) {
	s.Field, s.Send, s.Allow, s.Deny = t.Field, t.Send, t.Allow, t.Deny
	s.Site, s.Device, s.Shown = t.Site, t.Device, t.Shown
	s.Body = strings.ReplaceAll(s.Body, "{host}", v.Screen.Host)
	s.Hint = strings.ReplaceAll(s.Hint, "{host}", v.Screen.Host)
	s.Seconds = strings.ReplaceAll(t.Seconds, "{seconds}", strconv.Itoa(v.Screen.Seconds))
	if s.DeviceName = v.Screen.Device; s.DeviceName == "" {
		s.DeviceName = t.UnknownDevice
	}
	switch v.Screen.Left {
	case 0:
	case 1:
		s.Wrong = t.LastTry
	default:
		s.Wrong = strings.ReplaceAll(t.Wrong, "{left}", strconv.Itoa(v.Screen.Left))
	}
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
