package push

import (
	"bytes"
	"errors"
	"strings"
)

var errXML = errors.New("wechat: not a message of WeChat's")

// maxDepth is how deep elements may be nested. WeChat's deepest events have 5.
const maxDepth = 8

const (
	openCDATA, closeCDATA = "<![CDATA[", "]]>"
	joinedCDATA           = closeCDATA + openCDATA // how a careful sender writes "]]>" in two sections
)

// ownWords are the elements whose content WeChat or the account itself chooses. No
// visitor can put a closing tag into them, so they end at their first one. Encrypt is
// base64.
var ownWords = map[string]bool{
	"ToUserName": true, "FromUserName": true, "CreateTime": true, "MsgType": true, "Event": true,
	"EventKey": true, "Ticket": true, "MsgId": true, "MsgID": true, "Encrypt": true,
}

// repair makes well-formed XML of a message in which a visitor's text was put between
// <Content><![CDATA[ and ]]></Content> as it was typed: with "]]>", with XML, with
// bytes that XML forbids. A body that is in order is returned as it is.
//
// A visitor's text may hold closing tags, too, written to add elements to the
// message. So an element ends at the last of its own closing tags, and where it has
// more than one, nothing behind it is certain any more: certain is the number of
// elements right below the root that no visitor can have written or moved. Where the
// last closing tag makes no message, because WeChat itself uses a name twice at
// different depths, the first one counts.
func repair(body []byte) (fixed []byte, certain int, err error) {
	body = withoutForbidden(body)
	tags := closingTags(body)
	for _, last := range []bool{true, false} {
		s := scanner{in: body, closing: tags, last: last, certain: -1}
		if err = s.document(); err == nil {
			if s.certain < 0 {
				s.certain = s.elements
			}
			return s.out.Bytes(), s.certain, nil
		}
	}
	return nil, 0, err
}

// scanner reads one document and writes what it read. All its work is linear in the
// document but for a binary search per element.
type scanner struct {
	in       []byte
	at       int
	out      bytes.Buffer
	closing  map[string]*positions
	last     bool // which closing tag ends a text
	elements int  // right below the root, so far
	certain  int  // how many of them; -1 while all are
}

// document reads the root and what stands before and behind it.
func (s *scanner) document() error {
	s.at = skipBlanks(s.in, 0)
	if bytes.HasPrefix(s.in, []byte("<?xml")) {
		end := bytes.Index(s.in, []byte("?>"))
		if end < 0 {
			return errXML
		}
		s.at = skipBlanks(s.in, end+2)
	}
	name, empty, err := s.openTag()
	if err != nil || name != "xml" || empty {
		return errXML
	}
	s.out.Write(s.in[:s.at])
	if err := s.children(name, 1); err != nil {
		return err
	}
	if skipBlanks(s.in, s.at) != len(s.in) {
		return errXML
	}
	s.out.Write(s.in[s.at:])
	return nil
}

// children reads the elements inside name up to its closing tag. A name that comes
// twice is refused right below the root. Deeper it is a list, which nothing else may
// interrupt.
func (s *scanner) children(name string, depth int) error {
	seen, before := map[string]bool{}, ""
	for {
		from := s.at
		s.at = skipBlanks(s.in, s.at)
		s.out.Write(s.in[from:s.at])
		if bytes.HasPrefix(s.in[s.at:], []byte("</")) {
			return s.closeTag(name)
		}
		child, err := s.element(depth + 1)
		if err != nil {
			return err
		}
		if seen[child] && (depth == 1 || child != before) {
			return errXML
		}
		seen[child], before = true, child
		if depth == 1 {
			s.elements++
		}
	}
}

// element reads one element and returns its name.
func (s *scanner) element(depth int) (string, error) {
	from := s.at
	name, empty, err := s.openTag()
	if err != nil || depth > maxDepth {
		return "", errXML
	}
	open := s.in[from:s.at]
	if empty {
		s.out.Write(open)
		return name, nil
	}
	content := skipBlanks(s.in, s.at)
	rest := s.in[content:]
	switch {
	case bytes.HasPrefix(rest, []byte("</")):
		s.out.Write(s.in[from:content])
		s.at = content
		err = s.closeTag(name)
	case bytes.HasPrefix(rest, []byte(openCDATA)):
		err = s.section(name, depth, from, content)
	case len(rest) > 1 && rest[0] == '<' && isNameStart(rest[1]):
		s.out.Write(open)
		err = s.children(name, depth)
		_, again := s.closing[name].pick(false, s.at, false)
		s.doubt(name, depth, again)
	default:
		err = s.plainText(name, depth, from)
	}
	return name, err
}

// section reads <name><![CDATA[…]]></name>, of which the section begins at content.
func (s *scanner) section(name string, depth, from, content int) error {
	content += len(openCDATA)
	tag, ok := s.end(name, depth, true, content)
	if !ok {
		return errXML
	}
	open, text := s.in[from:s.at], string(s.in[content:tag.section])
	whole := from+len(open)+len(openCDATA) == content && tag.section+len(closeCDATA) == tag.from &&
		strings.Count(text, closeCDATA) == strings.Count(text, joinedCDATA)
	s.write(from, tag, whole, open, name, func() string { return strings.ReplaceAll(text, joinedCDATA, "") })
	return nil
}

// plainText reads <name>…</name> without a section.
func (s *scanner) plainText(name string, depth, from int) error {
	content := s.at
	tag, ok := s.end(name, depth, false, content)
	if !ok {
		return errXML
	}
	text := string(s.in[content:tag.from])
	s.write(from, tag, isPlainText(text), s.in[from:content], name, func() string { return unescaped(text) })
	return nil
}

// end picks the closing tag that ends a text.
func (s *scanner) end(name string, depth int, section bool, content int) (span, bool) {
	first, found := s.closing[name].pick(section, content, false)
	last, _ := s.closing[name].pick(section, content, true)
	s.doubt(name, depth, found && first != last)
	if s.last && depth == 2 && !ownWords[name] {
		return last, found
	}
	return first, found
}

// doubt ends what is certain, at an element that has a second closing tag. A text
// deeper in the message can reach the root only through such an element.
func (s *scanner) doubt(name string, depth int, again bool) {
	if again && depth == 2 && s.certain < 0 && !ownWords[name] {
		s.certain = s.elements
	}
}

// write copies an element that is in order, and writes the text of any other in a
// section.
func (s *scanner) write(from int, tag span, inOrder bool, open []byte, name string, text func() string) {
	s.at = tag.to
	if inOrder {
		s.out.Write(s.in[from:tag.to])
		return
	}
	s.out.Write(open)
	s.out.WriteString(openCDATA + strings.ReplaceAll(text(), closeCDATA, "]]"+joinedCDATA+">") + closeCDATA + "</" + name + ">")
}
