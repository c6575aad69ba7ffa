package web

import (
	"strings"
	"testing"
)

func TestTheLanguageIsTheOneThatTheHeaderLikesBest(t *testing.T) {
	offered := []string{"zh-CN", "zh-TW", "en"}
	for _, c := range []struct{ rule, header, want, wechat string }{
		{"no header is Chinese, as WeChat itself does", "", "zh-CN", "zh_CN"},
		{"a language without a table is Chinese", "de-DE,de;q=0.9", "zh-CN", "zh_CN"},
		{"Chinese as a phone in Shanghai sends it", "zh-CN,zh;q=0.9,en;q=0.8", "zh-CN", "zh_CN"},
		{"Chinese without a region is simplified", "zh", "zh-CN", "zh_CN"},
		{"Singapore writes simplified", "zh-SG", "zh-CN", "zh_CN"},
		{"Taiwan writes traditional", "zh-TW,zh;q=0.9", "zh-TW", "zh_TW"},
		{"Hong Kong writes traditional", "zh-HK", "zh-TW", "zh_TW"},
		{"Macau writes traditional", "zh-MO", "zh-TW", "zh_TW"},
		{"the traditional script is named", "zh-Hant", "zh-TW", "zh_TW"},
		{"a script counts before the region", "zh-Hant-CN", "zh-TW", "zh_TW"},
		{"a simplified script counts before the region", "zh-Hans-HK", "zh-CN", "zh_CN"},
		{"a script that is named counts before the next language", "zh-Hans-HK,en;q=0.9", "zh-CN", "zh_CN"},
		{"case does not matter", "ZH-hAnT-tw", "zh-TW", "zh_TW"},
		{"Java writes an underscore", "zh_TW", "zh-TW", "zh_TW"},
		{"the first of equals", "zh-CN,zh-TW", "zh-CN", "zh_CN"},
		{"English of any region", "en-GB,en;q=0.9,zh-CN;q=0.8", "en", "en"},
		{"a later language with a higher q", "zh-CN;q=0.3,en;q=0.9", "en", "en"},
		{"a later language with a lower q", "en;q=0.3,zh-HK;q=0.31", "zh-TW", "zh_TW"},
		{"no q is a q of 1, and the first of equals counts", "zh-TW;q=1,en", "zh-TW", "zh_TW"},
		{"languages without a table are passed over", "fr-FR,fr;q=0.9,en-US;q=0.8,zh;q=0.1", "en", "en"},
		{"q=0 means not this one", "en;q=0,zh-TW;q=0.1", "zh-TW", "zh_TW"},
		{"q=0.000 as well", "en;q=0.000", "zh-CN", "zh_CN"},
		{"a star is the first offer", "fr,*;q=0.5,en;q=0.4", "zh-CN", "zh_CN"},
		{"a star counts by its q", "en;q=0.8,*;q=0.5", "en", "en"},
		{"blanks are allowed", " en ; q=0.5 , zh-TW ; q = 0.6 ", "zh-TW", "zh_TW"},
		{"a capital Q is one", "en;Q=0.1,zh-TW;Q=0.2", "zh-TW", "zh_TW"},
		{"a q above 1 is none", "en;q=2,zh-TW;q=0.1", "zh-TW", "zh_TW"},
		{"a q of 1.001 is none", "en;q=1.001,zh-TW;q=0.1", "zh-TW", "zh_TW"},
		{"a negative q is none", "en;q=-1,zh-TW;q=0.1", "zh-TW", "zh_TW"},
		{"a q that is no number is none", "en;q=x,zh-TW;q=0.1", "zh-TW", "zh_TW"},
		{"a q of four digits is none", "en;q=0.9999,zh-TW;q=0.1", "zh-TW", "zh_TW"},
		{"an empty q is none", "en;q=,zh-TW;q=0.1", "zh-TW", "zh_TW"},
		{"a further parameter is no q", "en;x=0.1", "en", "en"},
		{"a language that begins with en is not English", "enm,zh-TW;q=0.1", "zh-TW", "zh_TW"},
		{"empty parts are nothing", ",,;q=1,en", "en", "en"},
		{"control bytes are nothing", "\x00\xff,en\x01,zh-TW;q=0.1", "zh-TW", "zh_TW"},
		{"a tag of a megabyte is no language", "en-" + strings.Repeat("a", 1<<20) + ",zh-TW;q=0.1", "zh-TW", "zh_TW"},
		{"a megabyte of parts", strings.Repeat("fr;q=0.1,", 1<<17) + "en", "en", "en"},
	} {
		if got := Language(c.header, offered); got != c.want {
			t.Errorf("rule: %s: %s, want %s", c.rule, got, c.want)
		}
		if got := WeChatLanguage(c.header); got != c.wechat {
			t.Errorf("rule: %s: WeChat's is %s, want %s", c.rule, got, c.wechat)
		}
	}
	if got := Language("zh-HK,ja;q=0.5", []string{"zh-CN", "ja"}); got != "ja" {
		t.Errorf("rule: without a traditional table the next language that fits is taken: %s", got)
	}
}

// BenchmarkLanguage shows the work per byte, which stays the same from a short header
// to one of a megabyte.
func BenchmarkLanguage(b *testing.B) {
	offered := []string{"zh-CN", "zh-TW", "en"}
	for name, part := range map[string]string{"languages": "fr;q=0.1,", "parameters": ";a=b", "subtags": "zh-a-b,", "commas": ",", "underscores": "_"} {
		for _, size := range []int{1 << 10, 1 << 15, 1 << 20} {
			header := strings.Repeat(part, size/len(part))
			b.Run(name+"/"+sizeName(size), func(b *testing.B) {
				b.SetBytes(int64(len(header)))
				for b.Loop() {
					Language(header, offered)
				}
			})
		}
	}
}

func sizeName(n int) string {
	if n == 1<<20 {
		return "1MiB"
	}
	return map[int]string{1 << 10: "1KiB", 1 << 15: "32KiB"}[n]
}
