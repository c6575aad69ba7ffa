package embedding

import (
	"bytes"
	"compress/gzip"
	"io"
	"mime/multipart"
	"net/http"
	"testing"
)

// aheads are how many bytes stand in front of a hidden request: around what fasthttp and
// mime/multipart read beforehand, and around what is drained of an unread body (256 KiB).
// They are empty lines, which a server skips in front of a request, wherever it begins.
var aheads = []int{0, 1000, 4096, 8192, 40_000, 256 << 10, 300_000}

// hidingBody is a way to send a body in which a request is hidden.
type hidingBody struct {
	name    string
	chunked bool
	header  [2]string // name and value; "" for none
	wrap    func(inner []byte) []byte
	hidden  string
}

const boundary = "boundary-of-a-form"

// hiding are ten ways to send a body with the beginning of a request in it.
func hiding() []hidingBody {
	// Its last line is open, so that the next visitor's request ends it. A whole request
	// would be answered at once, and nginx gives up a connection on which too much arrives.
	const hidden = "GET /hidden HTTP/1.1\r\nX-Rest: "
	asIs := func(inner []byte) []byte { return inner }
	form := [2]string{"Content-Type", "multipart/form-data; boundary=" + boundary}
	zipped, expect := [2]string{"Content-Encoding", "gzip"}, [2]string{"Expect", "100-continue"}
	return []hidingBody{
		{"a length", false, [2]string{}, asIs, hidden},
		{"chunks", true, [2]string{}, asIs, hidden},
		{"gzip with a length", false, zipped, stored, hidden},
		{"gzip in chunks", true, zipped, stored, hidden},
		{"100-continue with a length", false, expect, asIs, hidden},
		{"100-continue in chunks", true, expect, asIs, hidden},
		{"a form's file with a length", false, form, inForm, hidden},
		{"a form's file in chunks", true, form, inForm, hidden},
		{"behind a form with a length", false, form, behindForm, hidden},
		{"behind a form in chunks", true, form, behindForm, hidden},
	}
}

func (b hidingBody) request(t *testing.T, method, url string, ahead int) *http.Request {
	t.Helper()
	inner := append(bytes.Repeat([]byte("\r\n"), ahead/2), b.hidden...)
	var body io.Reader = bytes.NewReader(b.wrap(inner))
	if b.chunked {
		body = io.MultiReader(body) // of unknown length
	}
	r, err := http.NewRequest(method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	if b.header[0] != "" {
		r.Header.Set(b.header[0], b.header[1])
	}
	return r
}

// stored is gzip without compression: what is hidden stands there as it is.
func stored(inner []byte) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.NoCompression) // never an error with a level that exists
	_, _ = w.Write(inner)
	_ = w.Close()
	return b.Bytes()
}

// inForm is a form with a file.
func inForm(inner []byte) []byte {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	_ = w.SetBoundary(boundary)
	part, _ := w.CreateFormFile("file", "name") // a buffer takes everything
	_, _ = part.Write(inner)
	_ = w.Close()
	return b.Bytes()
}

// behindForm is a form with more behind its last boundary (RFC 2046 section 5.1.1 allows
// it, and says to ignore it).
func behindForm(inner []byte) []byte { return append(inForm([]byte("x")), inner...) }
