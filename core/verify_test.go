package core

import (
	"net/http/httptest"
	"strings"
	"testing"
)

func TestVerificationFilesAreAnsweredWithoutALogin(t *testing.T) {
	r := newRig(t, func(c *Config) {
		c.DomainVerification = "0123456789abcDEF"
		c.VerificationFiles = map[string]string{
			"WW_verify_abcdefghijklmnop.txt": "abcdefghijklmnop",                 // WeCom
			"a1B2c3D4e5.txt":                 "0f0e0d0c0b0a09080706050403020100", // a mini program
			"MP_verify_ABCDEFGHIJKLMNOP.txt": "ABCDEFGHIJKLMNOP",                 // another account
		}
	})
	const passes, asks = "passes", "asks"
	for path, want := range map[string]string{
		"/MP_verify_0123456789abcDEF.txt":      "0123456789abcDEF",
		"/WW_verify_abcdefghijklmnop.txt":      "abcdefghijklmnop",
		"/a1B2c3D4e5.txt":                      "0f0e0d0c0b0a09080706050403020100",
		"/a1B2c3D4e5.txt?x=1":                  "0f0e0d0c0b0a09080706050403020100",
		"/MP_verify_ABCDEFGHIJKLMNOP.txt":      "ABCDEFGHIJKLMNOP",
		"/MP_verify_xxxxxxxxxxxxxxxx.txt":      passes, // an account that is not configured
		"/WW_verify_0123456789abcdef.txt":      passes,
		"/MP_verify_xxxxxxxxxxxxxxx.txt":       asks, // 15 characters
		"/MP_verify_xxxxxxxxxxxxxxxxx.txt":     asks, // 17
		"/MP_verify_xxxxxxxx-xxxxxxx.txt":      asks,
		"/MP_verify_xxxxxxxx%2Fxxxxx.txt":      asks,
		"/MP_verify_xxxxxxxxxxxxxxxx.TXT":      asks,
		"/MP_verify_xxxxxxxxxxxxxxxx.txt/":     asks,
		"/shop/MP_verify_xxxxxxxxxxxxxxxx.txt": asks,
		"//MP_verify_xxxxxxxxxxxxxxxx.txt":     asks,
		"/XX_verify_xxxxxxxxxxxxxxxx.txt":      asks,
		"/f6G7h8I9j0.txt":                      asks, // a mini program's that is not listed
		"/A1B2C3D4E5.txt":                      asks,
		"/MP_verify_":                          asks,
	} {
		out := r.browser().get(r.gate(ModeRequire), path)
		switch want {
		case passes:
			if out.Status != 0 {
				t.Errorf("rule: %s goes on to the app, which may serve it: %d", path, out.Status)
			}
		case asks:
			if out.Status == 0 || out.Status == 200 {
				t.Errorf("rule: %s is no verification file and stays behind the login: %d", path, out.Status)
			}
		default:
			if out.Status != 200 || string(out.Body) != want || out.Header.Get("Content-Type") != "text/plain; charset=utf-8" || out.Header.Get("Set-Cookie") != "" {
				t.Errorf("rule: %s is answered as it was configured: %d %q", path, out.Status, out.Body)
			}
		}
		if post := r.browser().send(r.gate(ModeRequire), "POST", path, nil); post.Status == 0 || post.Status == 200 {
			t.Errorf("rule: a POST to %s is no check of a domain: %d", path, post.Status)
		}
	}
	for path, status := range map[string]int{"/MP_verify_0123456789abcDEF.txt": 200, "/a1B2c3D4e5.txt": 200, "/x": 404, "/": 404} {
		w := httptest.NewRecorder()
		r.auth.DomainVerification().ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if w.Code != status {
			t.Errorf("rule: the handler answers its files and nothing else: %s: %d", path, w.Code)
		}
	}
}

func TestVerificationFilesAreCheckedAtSetUp(t *testing.T) {
	for rule, files := range map[string]map[string]string{
		"a name that is no text file":  {"index.html": "x"},
		"a path":                       {"a/b.txt": "x"},
		"a path up":                    {"../b.txt": "x"},
		"no name":                      {".txt": "x"},
		"an empty file":                {"a1b2c3d4e5.txt": ""},
		"a file that is no short text": {"a1b2c3d4e5.txt": strings.Repeat("x", 1025)},
	} {
		if _, err := New(Config{AppID: testAppID, AppSecret: testSecret, VerificationFiles: files}); err == nil || !strings.Contains(err.Error(), "VerificationFiles") {
			t.Errorf("rule: %s is refused: %v", rule, err)
		}
	}
}
