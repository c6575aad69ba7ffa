package core

import (
	"net/http"
	"strings"

	"github.com/seed467724c4/wechat/core/internal/web"
)

// WeChat checks a domain by a file at its root, named MP_verify_ and 16
// characters, that holds just those characters (公众号设置, 网页授权域名). It must be
// served without a login, and keep being served: saving the settings checks anew.
const verificationDigits = 16

// verificationToken takes the characters or the file's name; "" for neither.
func verificationToken(s string) string {
	s = strings.TrimSuffix(strings.TrimPrefix(s, web.VerificationPrefix), ".txt")
	if len(s) != verificationDigits || strings.ContainsAny(s, "-_") || !web.IsWord(s) {
		return ""
	}
	return s
}

// DomainVerification answers every request with what the verification file holds,
// for apps without a gate on the whole app; mount it at the file's path. 404
// without [Config.DomainVerification].
func (a *Auth) DomainVerification() http.Handler {
	token := a.verification
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if token == "" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte(token))
	})
}

// verification is the answer to a request for the file; nil for any other.
func (v *visit) verification() *Outcome {
	token := v.auth.verification
	if token == "" || v.target.Path != "/"+web.VerificationPrefix+token+".txt" || v.request.Method != http.MethodGet && v.request.Method != http.MethodHead {
		return nil
	}
	return &Outcome{Context: v.ctx, Status: http.StatusOK, Body: []byte(token), Header: http.Header{"Content-Type": {"text/plain; charset=utf-8"}}}
}
