package page

import (
	"encoding/base64"

	"rsc.io/qr"
)

// maxCode is the longest address, in bytes, of which a QR code is drawn. 412 bytes
// make a code of version 15 with error correction M: 77 modules and the margin in a
// picture of 248 pixels, three pixels a module. Phones read smaller ones badly from a
// screen. It also bounds what an anonymous request can cost (BenchmarkQRCode): the
// longest code that exists takes five times the time and the memory.
const maxCode = 412

// QRCode is the code of an address as a PNG in a data URI; "" for an address of more
// than 412 bytes.
func QRCode(address string) string {
	if len(address) > maxCode {
		return ""
	}
	code, err := qr.Encode(address, qr.M)
	if err != nil {
		return ""
	}
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(code.PNG())
}
