package core

import (
	"net/http"
	"path"
	"strings"

	"github.com/seed467724c4/wechat/core/internal/web"
)

// WeChat checks a domain by a file at its root. For an Official Account it is named
// MP_verify_ and 16 characters and holds just those characters (公众号设置, 网页授权域名);
// for WeCom it is WW_verify_ and 16 characters; for a mini program it has a name of ten
// free characters. The file must be served without a login, and keep being served:
// saving the settings checks anew.

// verificationFiles are the files that gates answer, by name. ok is false for a setting
// that is none.
func verificationFiles(characters string, listed map[string]string) (files map[string]string, ok bool) {
	files = make(map[string]string, len(listed)+1)
	for name, content := range listed {
		if !isFileName(name) || content == "" || len(content) > maxVerification {
			return nil, false
		}
		files[name] = content
	}
	if characters == "" {
		return files, true
	}
	token := strings.TrimSuffix(strings.TrimPrefix(characters, web.VerificationPrefix), ".txt")
	name := web.VerificationPrefix + token + ".txt"
	if !web.IsVerificationFile("/" + name) {
		return nil, false
	}
	files[name] = token
	return files, true
}

// maxVerification bounds what a file holds. WeChat's hold 16 to 64 bytes.
const maxVerification = 1024

// isFileName holds for the name of a text file at the root: letters, digits, - and _.
func isFileName(name string) bool {
	base, isText := strings.CutSuffix(name, ".txt")
	return isText && base != "" && web.IsWord(base)
}

// DomainVerification answers requests for the files of [Config.DomainVerification] and
// [Config.VerificationFiles], for apps without a gate on the whole app. Mount it at each
// file's path. Any other path is 404.
func (a *Auth) DomainVerification() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		content, found := a.verification[path.Base(r.URL.Path)]
		if !found {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte(content))
	})
}

// asksForVerification holds for the address of a verification file, the app's own or
// any that WeChat may ask for.
func (a *Auth) asksForVerification(path string) bool {
	if web.IsVerificationFile(path) {
		return true
	}
	if len(a.verification) == 0 || !strings.HasSuffix(path, ".txt") {
		return false
	}
	_, listed := a.verification[path[1:]]
	return listed
}

// verification is the answer to a request for such a file; nil for any other request.
// A file that is not configured goes on to the app, which may serve it: another
// account's, or WeCom's.
func (v *visit) verification() *Outcome {
	if v.request.Method != http.MethodGet && v.request.Method != http.MethodHead || !v.auth.asksForVerification(v.target.Path) {
		return nil
	}
	content, found := v.auth.verification[v.target.Path[1:]]
	if !found {
		return &Outcome{Context: v.ctx}
	}
	return &Outcome{Context: v.ctx, Status: http.StatusOK, Body: []byte(content), Header: http.Header{"Content-Type": {"text/plain; charset=utf-8"}}}
}
