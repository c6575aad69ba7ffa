package push

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// hostileBodies are bodies of a size that make a careless reader work again and again
// over the same bytes.
func hostileBodies(size int) map[string]string {
	fill := func(piece string) string { return strings.Repeat(piece, size/len(piece)) }
	many := func(open, shut string) string { return fill(open)[:size/2] + fill(shut)[:size/2] }
	return map[string]string{
		"an ordinary text":           textMessage(fill("你好 ")),
		"control bytes":              textMessage(fill("\x00")),
		"control bytes between":      textMessage(fill("a\x00")),
		"ends of sections":           textMessage(fill("]]>")),
		"joints of sections":         textMessage(fill("]]><![CDATA[")),
		"its own closing tags":       textMessage(fill("]]></Content>")),
		"closing tags of others":     textMessage(fill("</a></b>")),
		"elements":                   body("<MsgType>text</MsgType>" + fill("<a/>")),
		"elements inside others":     body("<MsgType>text</MsgType>" + many("<a>", "</a>")),
		"lists":                      body("<MsgType>text</MsgType><l>" + fill("<i>1</i>") + "</l>"),
		"two names in turn":          body("<MsgType>text</MsgType><l>" + fill("<i/><j/>") + "</l>"),
		"names of sections":          body("<MsgType>text</MsgType><l>" + fill("<i><![CDATA[]]></i>") + "</l>"),
		"ampersands":                 body("<MsgType>text</MsgType><Content>" + fill("&") + "</Content>"),
		"entities":                   body("<MsgType>text</MsgType><Content>" + fill("&#2;") + "</Content>"),
		"blanks":                     body("<MsgType>text</MsgType>" + fill(" ") + "<A></A>"),
		"blanks before closing tags": body("<MsgType>text</MsgType><Content><![CDATA[" + fill("   </Content>") + "]]></Content>"),
		"opened and never closed":    body("<MsgType>text</MsgType>" + fill("<a><![CDATA[")),
		"half a closing tag":         body("<MsgType>text</MsgType><a>" + fill("</")),
		"a long name":                body("<MsgType>text</MsgType><" + fill("a") + ">"),
	}
}

// BenchmarkMessage is what reading one message costs, whatever it holds.
//
//	go test -run '^$' -bench Message -benchtime 20x ./core/push
func BenchmarkMessage(b *testing.B) {
	for _, size := range []int{1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20} {
		for name, in := range hostileBodies(size) {
			b.Run(strings.ReplaceAll(name, " ", "-")+"/"+sizeName(size), func(b *testing.B) {
				b.SetBytes(int64(len(in)))
				for range b.N {
					_, _ = readMessage([]byte(in))
				}
			})
		}
	}
}

func sizeName(size int) string { return fmt.Sprintf("%dKiB", size>>10) }

func TestReadingIsLinear(t *testing.T) {
	// Bytes allocated stand for work: they do not depend on the machine.
	allocated := func(in string) uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _ = readMessage([]byte(in))
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	const small, large = 16 << 10, 256 << 10
	smalls := hostileBodies(small)
	for name, in := range hostileBodies(large) {
		allocated(in) // warms up
		if a, b := allocated(smalls[name]), allocated(in); b > 3*large/small*a+64<<10 {
			t.Errorf("rule: a message costs in proportion to its size: %s: %d bytes of work for %d, %d for %d", name, a, small, b, large)
		}
	}
}
