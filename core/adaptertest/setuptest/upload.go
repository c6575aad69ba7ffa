package setuptest

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
)

// Upload is a handler that reads a form with a file too large for memory.
var Upload = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseMultipartForm(1); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
	}
})

// RemovesUploads checks that the temporary files of an upload are removed behind a gate.
// net/http removes the files of the request that it made, so what a handler has read
// into another one must be handed back. It changes the environment of the process, so
// the test that calls it must not be parallel.
func RemovesUploads(t *testing.T, app http.Handler) {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	server := httptest.NewServer(app)
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	file, err := form.CreateFormFile("file", "a.bin")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = file.Write(make([]byte, 11<<20)) // net/http keeps 10 MiB in memory
	form.Close()
	answer, err := http.Post(server.URL, form.FormDataContentType(), &body)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	server.Close() // waits for the request to end
	left, err := os.ReadDir(dir)
	if answer.StatusCode != http.StatusOK || err != nil || len(left) > 0 {
		t.Errorf("rule: the files of an upload are removed\ngot: %d, %v, %v left", answer.StatusCode, err, left)
	}
}
