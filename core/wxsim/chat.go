package wxsim

import (
	"encoding/json"
	"encoding/xml"
	"strings"
	"time"
)

// Limits of what is kept of a conversation.
const (
	maxChat     = 50      // messages of one person with one account
	maxChatText = 2 << 10 // bytes of one
)

// ChatMessage is a line of the conversation of a person with an account.
type ChatMessage struct {
	At time.Time `json:"at"`

	// FromAccount is true for what the account wrote: a message in reply to a push
	// (被动回复用户消息), or a customer message (客服消息).
	FromAccount bool `json:"from_account"`

	// Kind is the MsgType: text, image, news and so on, or "event" for what a person
	// did, such as pressing a menu button.
	Kind string `json:"kind"`

	// Text is what people read: the text, the titles of articles, or the id of a
	// picture.
	Text string `json:"text"`

	// Links are the http(s) addresses in the message.
	Links []string `json:"links,omitempty"`
}

// Chat is the conversation of a person with an account, oldest first, the last
// fifty messages. It is empty for an unknown account or person.
func (s *Sim) Chat(appID, personID string) []ChatMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	state, ok := s.states[appID]
	if !ok {
		return nil
	}
	return append([]ChatMessage(nil), state.chats[personID]...)
}

// say adds to a conversation, with mu held.
func (s *Sim) say(appID, personID string, m ChatMessage) {
	if _, ok := s.people[personID]; !ok {
		return
	}
	m.At = s.now()
	if len(m.Text) > maxChatText {
		m.Text = strings.ToValidUTF8(m.Text[:maxChatText], "") + "…"
	}
	chats := s.states[appID].chats
	chat := append(chats[personID], m)
	chats[personID] = chat[max(0, len(chat)-maxChat):]
}

func (s *Sim) sayLocked(appID, personID string, m ChatMessage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.say(appID, personID, m)
}

// hear adds the message in reply to a push to the conversation.
func (s *Sim) hear(m pushed, answer []byte) {
	if len(answer) == 0 {
		return
	}
	var r struct {
		MsgType  string
		Content  string
		Articles struct {
			Item []struct {
				Title, Description string
				URL                string `xml:"Url"`
			} `xml:"item"`
		}
		Image struct{ MediaId string }
		Voice struct{ MediaId string }
		Video struct{ MediaId, Title string }
		Music struct{ Title, MusicUrl string }
	}
	if xml.Unmarshal(answer, &r) != nil {
		return // accept has read it already
	}
	out := ChatMessage{FromAccount: true, Kind: r.MsgType, Text: r.Content}
	switch r.MsgType {
	case "text":
		out.Text, out.Links = textAndLinks(r.Content)
	case "news":
		for _, item := range r.Articles.Item {
			out.addArticle(item.Title, item.Description, item.URL)
		}
	case "image", "voice":
		out.Text = r.Image.MediaId + r.Voice.MediaId
	case "video":
		out.Text = strings.TrimSpace(r.Video.Title + " " + r.Video.MediaId)
	case "music":
		out.Text, out.Links = r.Music.Title, safeLinks(r.Music.MusicUrl)
	}
	s.sayLocked(m.appID, m.personID, out)
}

// customerMessage is a customer message as people read it.
func customerMessage(kind string, body []byte) ChatMessage {
	var r struct {
		Text struct{ Content string }
		News struct {
			Articles []struct{ Title, Description, URL string }
		}
		Image struct {
			MediaID string `json:"media_id"`
		}
		Voice struct {
			MediaID string `json:"media_id"`
		}
		Menu struct {
			Head string `json:"head_content"`
			List []struct{ Content string }
			Tail string `json:"tail_content"`
		} `json:"msgmenu"`
		Link struct{ Title, Description, URL string }
		Mini struct{ Title string } `json:"miniprogrampage"`
	}
	json.Unmarshal(body, &r) // what does not fit is not shown
	out := ChatMessage{FromAccount: true, Kind: kind}
	switch kind {
	case "text":
		out.Text, out.Links = textAndLinks(r.Text.Content)
	case "news":
		for _, a := range r.News.Articles {
			out.addArticle(a.Title, a.Description, a.URL)
		}
	case "image", "voice":
		out.Text = r.Image.MediaID + r.Voice.MediaID
	case "msgmenu":
		lines := []string{r.Menu.Head}
		for _, item := range r.Menu.List {
			lines = append(lines, "· "+item.Content)
		}
		out.Text = strings.TrimSpace(strings.Join(append(lines, r.Menu.Tail), "\n"))
	case "link":
		out.addArticle(r.Link.Title, r.Link.Description, r.Link.URL)
	case "miniprogrampage":
		out.Text = r.Mini.Title
	}
	return out
}

func (m *ChatMessage) addArticle(title, description, address string) {
	m.Text = strings.TrimSpace(m.Text + "\n" + title + "\n" + description)
	m.Links = append(m.Links, safeLinks(address)...)
}

// textAndLinks takes the links out of a text: WeChat shows <a href="…"> in it as a
// link, and bare addresses as well. At most ten are kept.
func textAndLinks(text string) (string, []string) {
	var shown strings.Builder
	var links []string
	rest := text
	for {
		before, tag, ok := strings.Cut(rest, "<a ")
		shown.WriteString(before)
		links = append(links, bareLinks(before)...)
		if !ok {
			break
		}
		attributes, after, closed := strings.Cut(tag, ">")
		if !closed { // no tag after all
			shown.WriteString("<a " + tag)
			break
		}
		links = append(links, safeLinks(hrefOf(attributes))...)
		label, after, _ := strings.Cut(after, "</a>")
		shown.WriteString(label)
		rest = after
	}
	return shown.String(), links[:min(len(links), 10)]
}

func hrefOf(attributes string) string {
	_, value, ok := strings.Cut(attributes, "href=")
	if !ok || value == "" {
		return ""
	}
	quote := value[:1]
	if quote != `"` && quote != "'" {
		value, _, _ = strings.Cut(value, " ")
		return value
	}
	value, _, _ = strings.Cut(value[1:], quote)
	return value
}

func bareLinks(text string) []string {
	var out []string
	for _, word := range strings.FieldsFunc(text, func(r rune) bool {
		return r <= ' ' || r >= 0x80 || r == '"' || r == '<' || r == '>' // an address is ASCII and ends before Chinese
	}) {
		if at := strings.Index(word, "http"); at >= 0 {
			out = append(out, safeLinks(strings.TrimRight(word[at:], ".,;:!?)]'"))...)
		}
	}
	return out
}

// safeLinks keeps an address only when a browser opens it as a page.
func safeLinks(address string) []string {
	if !isPageAddress(address) {
		return nil
	}
	return []string{address}
}
