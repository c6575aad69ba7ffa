package push

import (
	"bytes"
	"encoding/xml"
	"slices"
	"strings"
	"testing"
	"time"
)

// body is a message of oAlice_1 with the given elements behind CreateTime.
func body(elements string) string {
	return "<xml><ToUserName><![CDATA[gh_1]]></ToUserName>\n<FromUserName><![CDATA[oAlice_1]]></FromUserName>\n<CreateTime>1800000000</CreateTime>\n" + elements + "</xml>"
}

// textMessage is a text that was put into its message as it was typed.
func textMessage(typed string) string {
	return body("<MsgType><![CDATA[text]]></MsgType>\n<Content><![CDATA[" + typed + "]]></Content>\n<MsgId>7</MsgId>\n")
}

// content is what a hook reads with encoding/xml.
func content(t *testing.T, m *Message) string {
	t.Helper()
	var read struct{ Content string }
	if err := xml.Unmarshal(m.XML, &read); err != nil {
		t.Errorf("rule: encoding/xml reads every message: %v in %q", err, m.XML)
	}
	return read.Content
}

func TestEveryTextIsDelivered(t *testing.T) {
	for _, tt := range []struct{ rule, typed, want string }{
		{"an ordinary text", "hi", "hi"},
		{"an empty text", "", ""},
		{"the end of a section", "a]]>b", "a]]>b"},
		{"two ends of a section", "]]>]]>", "]]>]]>"},
		{"the end of a section at the end", "a]]>", "a]]>"},
		{"an end of a section written in two sections", "a]]]]><![CDATA[>b", "a]]>b"},
		{"its own closing tag", "a]]></Content>b", "a]]></Content>b"},
		{"its own closing tag without a section", "a</Content>b", "a</Content>b"},
		{"the end of the message", "a]]></Content></xml>", "a]]></Content></xml>"},
		{"a message", textMessage("hi"), textMessage("hi")},
		{"a message in a message", textMessage(textMessage("a]]>b")), textMessage(textMessage("a]]>b"))},
		{"markup", "<b>&amp;</b><!-- x", "<b>&amp;</b><!-- x"},
		{"a document type", "<!DOCTYPE a [<!ENTITY b 'c'>]>", "<!DOCTYPE a [<!ENTITY b 'c'>]>"},
		{"control bytes", "a\x00\x02\x08\x1f\x0bb", "ab"},
		{"characters that are none", "a\uFFFE\uFFFFb", "ab"},
		{"broken UTF-8", "a\xff\xc3(\xed\xa0\x80b", "a(b"},
		{"an end of a section cut by a control byte", "a]\x00]>b", "a]]>b"},
		{"tabs and DEL", "a\t\x7fb", "a\t\x7fb"},
		{"the first and the last characters that XML allows", "퟿\uE000\uFFFD\U00010000\U0010FFFF", "퟿\uE000\uFFFD\U00010000\U0010FFFF"},
		{"its own closing tag with an attribute", "a]]></Content x>b", "a]]></Content x>b"},
		{"half of its closing tag", "a</Content", "a</Content"},
	} {
		m, err := readMessage([]byte(textMessage(tt.typed)))
		if err != nil {
			t.Errorf("rule: a text is delivered, whatever it holds: %s: %v", tt.rule, err)
			continue
		}
		if got := content(t, m); got != tt.want || m.OpenID != "oAlice_1" || m.Type != "text" || m.ID != "7" {
			t.Errorf("rule: a text is delivered, whatever it holds: %s: %q of %s %s %s", tt.rule, got, m.Type, m.ID, m.OpenID)
		}
	}
}

func TestNoTextWritesAnElement(t *testing.T) {
	const forged = "<FromUserName><![CDATA[oMallory]]></FromUserName><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[subscribe]]></Event><EventKey><![CDATA[vip]]></EventKey><Ticket>t</Ticket><MsgId>9</MsgId>"
	event := func(elements string) string {
		return body("<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[user_get_card]]></Event>" + elements)
	}
	// What a visitor types is between the marks.
	for _, tt := range []struct{ rule, message string }{
		{"a text that closes itself and opens itself again", textMessage("x]]></Content>" + forged + "<Content><![CDATA[y")},
		{"a text that closes itself and opens another", textMessage("x]]></Content>" + forged + "<A><![CDATA[y")},
		{"a text that hides its opening tag in another element", textMessage("x]]></Content>" + forged + "<A><Content><![CDATA[y")},
		{"a text that ends the message", textMessage("x]]></Content>" + forged + "</xml><!--")},
		{"a text of an event", event("<OuterStr><![CDATA[x]]></OuterStr><EventKey>vip</EventKey><Ticket>t</Ticket><OuterStr><![CDATA[y]]></OuterStr>")},
		{"a text that closes the element before it", event("<CardId><![CDATA[p]]></CardId><OuterStr><![CDATA[x]]></CardId><EventKey>vip</EventKey><Ticket>t</Ticket><OuterStr><![CDATA[y]]></OuterStr>")},
		{"two texts, of which the second one ends what the first began", event("<A><![CDATA[]]></A><X><A><![CDATA[]]></A><B><![CDATA[]]></B></X><EventKey>vip</EventKey><Ticket>t</Ticket><B><![CDATA[]]></B>")},
		{"a text deeper in the message", event("<ScanCodeInfo><ScanResult><![CDATA[x]]></ScanResult></ScanCodeInfo><EventKey>vip</EventKey><Ticket>t</Ticket><ScanCodeInfo><ScanResult><![CDATA[y]]></ScanResult></ScanCodeInfo>")},
		{"a text in front of everything else", "<xml><Content><![CDATA[x]]></Content>" + forged + "<Content><![CDATA[y]]></Content><CreateTime>1800000000</CreateTime><B>1</B><MsgType>text</MsgType></xml>"},
		{"two texts in front of everything else", "<xml><Content><![CDATA[x]]></Content>" + forged + "<B>x</B><Content><![CDATA[y]]></Content><CreateTime>1800000000</CreateTime><B>y</B></xml>"},
		{"a text outside a section", body("<MsgType>text</MsgType><Content>x</Content>" + forged + "<Content>y</Content><MsgId>7</MsgId>")},
	} {
		m, err := readMessage([]byte(tt.message))
		if err != nil {
			continue // refused
		}
		if m.OpenID != "oAlice_1" || m.EventKey != "" || m.Ticket != "" || m.is("subscribe") || m.ID == "9" {
			t.Errorf("rule: no text of a visitor's writes another element: %s: %+q", tt.rule, []string{m.OpenID, m.Type, m.Event, m.EventKey, m.Ticket, m.ID})
		}
	}
}

func TestMessagesInOrderAreLeftAlone(t *testing.T) {
	for rule, message := range map[string]string{
		"a text":                         textMessage("你好🌸 a+b=%zz &amp;\r\n"),
		"blanks and an XML declaration":  "<?xml version=\"1.0\"?>\r\n " + body(" <MsgType> text </MsgType>\n<A/><B></B><C >1</C >") + "\n",
		"blanks in front":                "\n\t <xml>" + strings.TrimPrefix(body("<MsgType>text</MsgType>"), "<xml>"),
		"two empty elements":             body("<MsgType>text</MsgType><A/><B/><C/>"),
		"a list":                         body("<MsgType>event</MsgType><Event>pic_weixin</Event><EventKey>k</EventKey><SendPicsInfo><Count>2</Count><PicList><item><PicMd5Sum><![CDATA[a]]></PicMd5Sum></item>\n<item><PicMd5Sum><![CDATA[b]]></PicMd5Sum></item></PicList></SendPicsInfo>"),
		"a name twice, deeper":           body("<MsgType>event</MsgType><Event>e</Event><Status><![CDATA[a]]></Status><Result><Status><![CDATA[b]]></Status></Result>"),
		"a text in two sections":         textMessage("a]]]]><![CDATA[>b"),
		"entities":                       body("<MsgType>text</MsgType><Content>&lt;b&gt; &amp; &#65;&#x4f60;</Content><MsgId>1</MsgId>"),
		"eight elements deep":            body("<MsgType>event</MsgType><Event>e</Event>" + strings.Repeat("<a>", maxDepth-1) + strings.Repeat("</a>", maxDepth-1)),
		"a list of lists":                body("<MsgType>event</MsgType><Event>e</Event><Sent><List><MsgID>1</MsgID></List><List><MsgID>2</MsgID></List></Sent>"),
		"a closing tag with a blank":     body("<MsgType><![CDATA[text]]></MsgType ><Content><![CDATA[a]]></Content\n><MsgId>1</MsgId>"),
		"elements that are not WeChat's": body("<MsgType>text</MsgType><MsgId>1</MsgId><x-1.y_z>1</x-1.y_z>"),
	} {
		m, err := readMessage([]byte(message))
		if err != nil || string(m.XML) != message {
			t.Errorf("rule: a message in order is handed over byte for byte: %s: %v", rule, err)
		}
	}
	marked := byteOrderMark + textMessage("hi")
	if m, err := readMessage([]byte(marked)); err != nil || string(m.XML) != textMessage("hi") {
		t.Errorf("rule: a byte order mark is left out: %v", err)
	}
}

func TestFieldsAreAsWeChatWroteThem(t *testing.T) {
	key := func(element string) string { return body("<MsgType>event</MsgType><Event>CLICK</Event>" + element) }
	for _, tt := range []struct{ rule, message, want string }{
		{"blanks around a key", key("<EventKey><![CDATA[ a b ]]></EventKey>"), " a b "},
		{"blanks around a section", key("<EventKey>\n <![CDATA[ a]]>\n</EventKey>"), " a"},
		{"a key without a section", key("<EventKey> a </EventKey>"), " a "},
		{"a key of blanks", key("<EventKey><![CDATA[  ]]></EventKey>"), "  "},
		{"no key", key(""), ""},
		{"an empty element", key("<EventKey/>"), ""},
		{"the end of a section in a key", key("<EventKey><![CDATA[a]]>b]]></EventKey>"), "a]]>b"},
		{"forbidden bytes in a key", key("<EventKey><![CDATA[a\x00\x02b]]></EventKey>"), "ab"},
		{"an entity for a forbidden character", key("<EventKey>a&#2;b</EventKey>"), "ab"},
		{"what is no entity", key("<EventKey>a&b;&#xg;&</EventKey>"), "a&b;&#xg;&"},
		{"a key behind another element", key("<CardId><![CDATA[p]]></CardId><EventKey>vip</EventKey>"), "vip"},
		{"a sign that begins no element", key("<EventKey>1<2</EventKey>"), "1<2"},
		{"a text that begins with a sign and a digit", key("<EventKey><3</EventKey>"), "<3"},
		{"a text that begins like an arrow", key("<EventKey><-a</EventKey>"), "<-a"},
		{"a text that begins with a sign and a dot", key("<EventKey><.a</EventKey>"), "<.a"},
		{"a text that begins with two signs", key("<EventKey><<</EventKey>"), "<<"},
		{"a text that begins with markup", key("<EventKey><!-- a --></EventKey>"), "<!-- a -->"},
		{"a number with a plus", key("<EventKey>&#+65;&#x+41;&#-1;&#6_5;</EventKey>"), "&#+65;&#x+41;&#-1;&#6_5;"},
		{"a key behind a list", key("<L><i>1</i><i>2</i></L><EventKey>vip</EventKey>"), "vip"},
		{"a key behind a name that comes again deeper", key("<L><i>1</i></L><R><i>2</i></R><EventKey>vip</EventKey>"), "vip"},
		{"every entity beside what is none", key("<EventKey>a&b;&lt;&gt;&amp;&quot;&apos;&#65;&#x41;</EventKey>"), `a&b;<>&"'AA`},
		{"entities at the limits of XML", key("<EventKey>&b;&#xD7FF;&#xE000;&#xFFFD;&#x10000;&#x10FFFF;</EventKey>"), "&b;퟿\uE000\uFFFD\U00010000\U0010FFFF"},
		{"entities for half a character", key("<EventKey>a&#xD800;&#xDFFF;&#xFFFE;b</EventKey>"), "ab"},
		{"entities beyond all characters", key("<EventKey>&#x110000;&#1114112;</EventKey>"), "&#x110000;&#1114112;"},
		{"an entity of 10 characters", key("<EventKey>&b;&#00000065;</EventKey>"), "&b;A"},
		{"an entity of 11", key("<EventKey>&b;&#000000065;</EventKey>"), "&b;&#000000065;"},
		{"an entity of 20", key("<EventKey>&b;&#000000000000000065;</EventKey>"), "&b;&#000000000000000065;"},
		{"an entity without an end", key("<EventKey>&lt</EventKey>"), "&lt"},
		{"an entity without digits", key("<EventKey>&#;&#x;</EventKey>"), "&#;&#x;"},
		{"a number without its sign", key("<EventKey>&65;&x41;&065;</EventKey>"), "&65;&x41;&065;"},
		{"an end without a name", key("<EventKey>a&;&lt;b</EventKey>"), "a&;<b"},
		{"a key before half a closing tag of what stands before it", key("<CardId>p</CardId><EventKey>vip</EventKey><Memo>a</CardId x></Memo>"), "vip"},
		{"a key before a closing tag without a name", key("<CardId>p</CardId><EventKey>vip</EventKey><Memo>a</></Memo>"), "vip"},
		{"an entity", key("<EventKey>&lt;&gt;&amp;&quot;&apos;&#65;&#x41;</EventKey>"), `<>&"'AA`},
	} {
		m, err := readMessage([]byte(tt.message))
		if err != nil || m.EventKey != tt.want {
			t.Errorf("rule: an event key is read as WeChat wrote it: %s: %+v %v", tt.rule, m, err)
			continue
		}
		content(t, m)
	}
}

func TestHalfAMessageIsRefused(t *testing.T) {
	for _, message := range []string{
		textMessage("hi"), body("<MsgType>event</MsgType><Event>e</Event><L><i>1</i><i/></L><EventKey> a&lt; </EventKey>"),
		"<?xml version=\"1.0\"?>\n" + textMessage("a]]>b"),
	} {
		message = strings.TrimSpace(message)
		for n := range len(message) {
			if m, err := readMessage([]byte(message[:n])); err == nil {
				t.Errorf("rule: a message that is cut anywhere is refused: %q is read as %v", message[:n], m)
			}
		}
		if _, err := readMessage([]byte(message)); err != nil {
			t.Errorf("the whole of it is read: %q: %v", message, err)
		}
	}
}

// hooksReadTheSame is the rule that FuzzMessage tries on anything.
func hooksReadTheSame(t *testing.T, in []byte) {
	m, err := readMessage(in)
	if err != nil {
		return
	}
	var read struct {
		XMLName                                              xml.Name `xml:"xml"`
		FromUserName, MsgType, Event, EventKey, Ticket, Name string
	}
	if err := xml.Unmarshal(m.XML, &read); err != nil {
		t.Fatalf("rule: encoding/xml reads every message: %v in %q", err, m.XML)
	}
	if strings.TrimSpace(read.FromUserName) != m.OpenID || strings.TrimSpace(read.MsgType) != m.Type || m.Event != "" && strings.TrimSpace(read.Event) != m.Event || m.EventKey != "" && read.EventKey != m.EventKey {
		t.Fatalf("rule: a hook reads in XML what the fields say: %+v %q", read, m.XML)
	}
	again, err := readMessage(m.XML)
	if err != nil || !bytes.Equal(again.XML, m.XML) && !bytes.Contains(in, []byte("]]>")) {
		t.Fatalf("rule: a repaired message is in order: %q becomes %q: %v", m.XML, again.XML, err)
	}
}

func FuzzMessage(f *testing.F) {
	for _, typed := range []string{"hi", "a]]>b", "]]></Content>", "\x00", "<A>"} {
		f.Add([]byte(textMessage(typed)))
	}
	f.Add([]byte(event("oAlice_1", "SCAN", " 7 ", newRig(f).now(), "<ScanCodeInfo><ScanResult>&#2;</ScanResult></ScanCodeInfo>")))
	f.Fuzz(func(t *testing.T, in []byte) { hooksReadTheSame(t, in) })
}

func TestKindsOfMessages(t *testing.T) {
	type fields struct{ Type, Event, ID string }
	for _, tt := range []struct {
		rule, elements string
		want           fields
	}{
		{"a text", "<MsgType>text</MsgType><MsgId>1</MsgId>", fields{"text", "", "1"}},
		{"a message without a number", "<MsgType>text</MsgType>", fields{"text", "", ""}},
		{"a device's message, numbered MsgID", "<MsgType>device_text</MsgType><MsgID>5</MsgID>", fields{"device_text", "", "5"}},
		{"a device's event, which is none of the account's", "<MsgType>device_event</MsgType><Event>bind</Event>", fields{"device_event", "", ""}},
		{"a kind that is not known yet", "<MsgType>hologram</MsgType>", fields{"hologram", "", ""}},
		{"an event", "<MsgType>event</MsgType><Event>CLICK</Event>", fields{"event", "CLICK", ""}},
		{"an event with a number", "<MsgType>event</MsgType><Event>e</Event><MsgID>5</MsgID>", fields{"event", "e", ""}},
		{"an event in capitals", "<MsgType>EVENT</MsgType><Event>Subscribe</Event>", fields{"EVENT", "Subscribe", ""}},
	} {
		m, err := readMessage([]byte(body(tt.elements)))
		if err != nil || (fields{m.Type, m.Event, m.ID}) != tt.want {
			t.Errorf("rule: every kind of message is read: %s: %v %v", tt.rule, m, err)
		}
	}
}

func TestNamesOfEventsAreComparedWithoutCase(t *testing.T) {
	r := newRig(t)
	var l ledger
	p := r.poster(l.hooks(Config{}))
	for i, name := range []string{"scan", "SCAN", "Scan", "Subscribe", "SUBSCRIBE", "UnSubscribe"} {
		p.post(event("oAlice_1", name, "k", r.now().Add(-time.Duration(i)*time.Second)))
	}
	want := []string{`scan oAlice_1 "k" `, `scan oAlice_1 "k" `, `scan oAlice_1 "k" `, `follow oAlice_1 "" `, `follow oAlice_1 "" `, "unfollow oAlice_1"}
	if got := l.read(r.receiver); !slices.Equal(got, want) {
		t.Errorf("rule: names of events are compared without case: %q", got)
	}
	if n := len(r.told.lines); n != 4 {
		t.Errorf("rule: followers and tokens hear of them in any case: %q", r.told.lines)
	}
}
