package wxsim

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"net/http"
	"strings"
)

// avatarPrefix and the size at the end are as in the addresses WeChat returns,
// https://thirdwx.qlogo.cn/mmopen/vi_32/ID/132.
const avatarPrefix = "/mmopen/vi_32/"

// AvatarPath is the path of the picture the simulator draws for a person.
func AvatarPath(personID string) string { return avatarPrefix + personID + "/132" }

// avatar draws a person as a small SVG whose colours depend on the id alone.
func (s *Sim) avatar(r *http.Request) reply {
	id, size, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, avatarPrefix), "/")
	_, known := s.people[id]
	switch size {
	case "0", "46", "64", "96", "132": // the sizes WeChat documents, 0 being 640
	default:
		known = false
	}
	if !known {
		return reply{status: http.StatusNotFound, contentType: "text/plain; charset=utf-8",
			body: []byte("wxsim: no such avatar\n"), outcome: "404"}
	}
	sum := sha256.Sum256([]byte(id))
	hue := int(binary.BigEndian.Uint16(sum[:])) % 360
	svg := fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 132 132" width="132" height="132">`+
		`<defs><linearGradient id="g" x1="0" y1="0" x2="1" y2="1">`+
		`<stop offset="0" stop-color="hsl(%d 70%% 72%%)"/><stop offset="1" stop-color="hsl(%d 60%% 48%%)"/>`+
		`</linearGradient></defs><rect width="132" height="132" fill="url(#g)"/>`+
		`<path d="M18 132a48 46 0 0 1 96 0z" fill="#fff" fill-opacity=".92"/>`+
		`<circle cx="66" cy="56" r="27" fill="#fff"/>`+
		`<g fill="hsl(%d 45%% 34%%)"><circle cx="57" cy="54" r="3.2"/><circle cx="75" cy="54" r="3.2"/></g>`+
		`<path d="M57 65q9 8 18 0" fill="none" stroke="hsl(%d 45%% 34%%)" stroke-width="3" stroke-linecap="round"/></svg>`,
		hue, (hue+40)%360, hue, hue)
	return reply{status: http.StatusOK, contentType: "image/svg+xml", body: []byte(svg),
		csp: "default-src 'none'; style-src 'unsafe-inline'; sandbox", outcome: "ok"}
}

// avatarURL is p's headimgurl. base is the simulator's address as the caller
// writes it.
func avatarURL(p Person, base string) string {
	if strings.HasPrefix(p.Avatar, "/") {
		return base + p.Avatar
	}
	return p.Avatar
}
