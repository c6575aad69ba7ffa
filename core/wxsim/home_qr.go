package wxsim

import (
	"fmt"
	"strings"

	"rsc.io/qr"
)

// qrSVG is a QR code as a path of an SVG picture, its quiet zone included.
type qrSVG struct {
	Side int
	Path string
}

// drawQR draws a text. An address that is too long has no picture.
func drawQR(text string) qrSVG {
	code, err := qr.Encode(text, qr.M)
	if err != nil || code.Size > 100 {
		return qrSVG{}
	}
	const quiet = 4
	var path strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			from := x
			for x < code.Size && code.Black(x, y) {
				x++
			}
			if x > from {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", from+quiet, y+quiet, x-from, x-from)
			}
		}
	}
	return qrSVG{code.Size + 2*quiet, path.String()}
}
