package page

import (
	"fmt"
	"strings"
	"testing"

	"rsc.io/qr"
)

func addressOf(length int) string {
	return "https://app.example.com/" + strings.Repeat("a", length-len("https://app.example.com/"))
}

func TestOnlyShortAddressesBecomeACode(t *testing.T) {
	for length, drawn := range map[int]bool{24: true, 100: true, maxCode: true, maxCode + 1: false, 1000: false, 2331: false, 1 << 20: false} {
		if got := QRCode(addressOf(length)); (got != "") != drawn || drawn && !strings.HasPrefix(got, "data:image/png;base64,") {
			t.Errorf("rule: an address of at most %d bytes becomes a code, a longer one does not: %d bytes, %d of picture", maxCode, length, len(got))
		}
	}
	code, err := qr.Encode(addressOf(maxCode), qr.M)
	if err != nil || code.Size != 77 {
		t.Errorf("rule: the longest address fills a code of version 15: %v, %d modules", err, code.Size)
	}
	longer, err := qr.Encode(addressOf(maxCode+1), qr.M)
	if err != nil || longer.Size == 77 {
		t.Errorf("rule: one byte more does not fit: %v, %d modules", err, longer.Size)
	}
}

// BenchmarkQRCode is what an anonymous visitor can make us draw.
func BenchmarkQRCode(b *testing.B) {
	for _, length := range []int{50, 100, 200, maxCode, maxCode + 1, 2048} {
		address := addressOf(length)
		b.Run(fmt.Sprint(length), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				QRCode(address)
			}
		})
	}
	b.Run("the longest without the bound", func(b *testing.B) {
		address := addressOf(2331)
		b.ReportAllocs()
		for b.Loop() {
			if code, err := qr.Encode(address, qr.M); err != nil || len(code.PNG()) == 0 {
				b.Fatal(err)
			}
		}
	})
}
