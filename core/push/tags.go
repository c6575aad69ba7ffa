package push

import (
	"bytes"
	"sort"
)

const blanks = " \t\r\n"

// positions are the closing tags of one name, ascending.
type positions struct {
	all   []span
	cdata []span // those right behind a section; span.section is where it ends
}

type span struct{ section, from, to int }

// closingTags finds every closing tag, wherever it stands.
func closingTags(in []byte) map[string]*positions {
	tags := map[string]*positions{}
	for at := 0; ; {
		i := bytes.Index(in[at:], []byte("</"))
		if i < 0 {
			return tags
		}
		from := at + i
		nameEnd := skipName(in, from+2)
		to := skipBlanks(in, nameEnd)
		at = nameEnd
		if nameEnd == from+2 || to == len(in) || in[to] != '>' {
			continue
		}
		name := string(in[from+2 : nameEnd])
		p := tags[name]
		if p == nil {
			p = &positions{}
			tags[name] = p
		}
		tag := span{from: from, to: to + 1}
		if before := len(bytes.TrimRight(in[:from], blanks)); bytes.HasSuffix(in[:before], []byte(closeCDATA)) {
			tag.section = before - len(closeCDATA)
			p.cdata = append(p.cdata, tag)
		}
		p.all = append(p.all, tag)
	}
}

// pick returns the first or the last closing tag behind a position; behind a section
// only those that follow the end of one.
func (p *positions) pick(cdata bool, from int, last bool) (span, bool) {
	if p == nil {
		return span{}, false
	}
	tags, begin := p.all, func(t span) int { return t.from }
	if cdata {
		tags, begin = p.cdata, func(t span) int { return t.section }
	}
	i := sort.Search(len(tags), func(i int) bool { return begin(tags[i]) >= from })
	if i == len(tags) {
		return span{}, false
	}
	if last {
		i = len(tags) - 1
	}
	return tags[i], true
}

// openTag reads <name> or <name/>. WeChat writes no attributes.
func (s *scanner) openTag() (name string, empty bool, err error) {
	if s.at == len(s.in) || s.in[s.at] != '<' {
		return "", false, errXML
	}
	end := skipName(s.in, s.at+1)
	name = string(s.in[s.at+1 : end])
	at := skipBlanks(s.in, end)
	if at < len(s.in) && s.in[at] == '/' {
		empty = true
		at++
	}
	if name == "" || !isNameStart(name[0]) || at == len(s.in) || s.in[at] != '>' {
		return "", false, errXML
	}
	s.at = at + 1
	return name, empty, nil
}

// closeTag copies </name>.
func (s *scanner) closeTag(name string) error {
	end := skipName(s.in, s.at+2)
	at := skipBlanks(s.in, end)
	if string(s.in[s.at+2:end]) != name || at == len(s.in) || s.in[at] != '>' {
		return errXML
	}
	s.out.Write(s.in[s.at : at+1])
	s.at = at + 1
	return nil
}

func skipBlanks(in []byte, at int) int {
	for at < len(in) && bytes.IndexByte([]byte(blanks), in[at]) >= 0 {
		at++
	}
	return at
}

func skipName(in []byte, at int) int {
	for at < len(in) && isNameByte(in[at]) {
		at++
	}
	return at
}

func isNameStart(c byte) bool { return isNameByte(c) && !digit(c) && c != '-' && c != '.' }

func isNameByte(c byte) bool { return letterOrDigit(c) || c == '_' || c == '-' || c == '.' }
