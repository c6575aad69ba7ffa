package wxsim

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"net/http"
	"strings"

	"rsc.io/qr"
)

// ScanStep is what a person does with the QR code of a scan login.
type ScanStep string

const (
	ScanSeen  ScanStep = "scan"  // the phone shows the confirm page, the poll says 404
	ScanAllow ScanStep = "allow" // the poll says 405 with a code
	ScanDeny  ScanStep = "deny"  // the poll says 403; the QR code stays usable
)

type confirmPage struct {
	frame
	AppID  string
	Name   string
	Host   string
	UUID   string
	People []Person
	Chosen string
	Done   string // "", "allow" or "deny"
}

// confirm is the page on the phone that scanned the QR code. Opening it counts
// as scanned; a POST allows or denies.
func (s *Sim) confirm(r *http.Request) reply {
	if !s.cfg.AnyBrowser && !isWeChat(r.UserAgent()) {
		return s.errorPage(r, failNotWeChat())
	}
	if r.Method == http.MethodPost && crossSite(r) {
		return s.errorPage(r, failCrossSite())
	}
	person, uuid, step := s.personOf(r), r.FormValue("uuid"), ScanSeen
	p := confirmPage{frame: newFrame(r), UUID: uuid, People: s.peopleOf("")}
	p.NoFollowers = true
	if r.Method == http.MethodPost {
		var ok bool
		if person, ok = s.people[r.PostFormValue("person")]; !ok {
			return s.errorPage(r, failPerson())
		}
		step = ScanDeny
		if r.PostFormValue("allow") == "1" {
			step = ScanAllow
		}
		p.Done = string(step)
	}
	sc, ok := s.stepScan(uuid, person.ID, step)
	if !ok {
		return s.errorPage(r, failScan())
	}
	p.AppID, p.Name, p.Host, p.Chosen = sc.account.AppID, sc.account.nameIn(p.Lang), hostOf(sc.redirect), person.ID
	a := s.page("confirm.html", p)
	if step != ScanSeen {
		a.cookie = rememberPerson(r, person.ID)
	}
	return a
}

// AnswerQR is what a person's phone does with the QR code of a scan login. The
// uuid is the last part of the picture's address. The error says that the
// person is unknown, or that the QR code is unknown, expired or already used.
func (s *Sim) AnswerQR(uuid, personID string, step ScanStep) error {
	if _, ok := s.people[personID]; !ok {
		return fmt.Errorf("wxsim: no person with ID %q", personID)
	}
	switch step {
	case ScanSeen, ScanAllow, ScanDeny:
	default:
		return fmt.Errorf("wxsim: step %q is none of scan, allow, deny", step)
	}
	if _, ok := s.stepScan(uuid, personID, step); !ok {
		return fmt.Errorf("wxsim: no such QR code, or it has expired or was used")
	}
	return nil
}

// stepScan moves a scan on and wakes its polls. It returns false for a QR code
// that is unknown, expired or already allowed.
func (s *Sim) stepScan(uuid, personID string, step ScanStep) (request, bool) {
	now := s.now()
	s.mu.Lock()
	sc, ok := s.scans.get(now, uuid)
	if !ok || sc.state == scanAllowed {
		s.mu.Unlock()
		return request{}, false
	}
	s.mu.Unlock()
	var d callbackTrip
	if step == ScanAllow {
		d.text = s.random.text(32)
		d.code.grant = s.newGrant(sc.account, personID, sc.scope, sc.origin, false, false)
		if f := s.faultOf(Callback); f != nil && f.change != nil {
			f.change(&d)
		}
	}
	s.mu.Lock()
	if sc.state == scanAllowed { // somebody else was faster
		s.mu.Unlock()
		return request{}, false
	}
	switch step {
	case ScanSeen:
		sc.state = scanScanned
	case ScanDeny:
		sc.state = scanRefused
	case ScanAllow:
		sc.state, sc.code = scanAllowed, d.text
	}
	close(sc.changed)
	sc.changed = make(chan struct{})
	s.mu.Unlock()
	if step == ScanAllow {
		s.keepCode(d.text, d.code)
	}
	return sc.request, true
}

// qrCode is the picture of a QR code, a JPEG as WeChat's is.
func (s *Sim) qrCode(r *http.Request) reply {
	uuid, now := strings.TrimPrefix(r.URL.Path, PathQRCode), s.now()
	s.mu.Lock()
	sc, ok := s.scans.get(now, uuid)
	s.mu.Unlock()
	if !ok {
		return textReply(http.StatusNotFound, "wxsim: no such QR code, or it has expired")
	}
	return qrPicture(sc.origin + PathConfirm + "?uuid=" + uuid)
}

// qrPicture draws a text as a QR code with the quiet zone that readers need.
func qrPicture(text string) reply {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return textReply(http.StatusBadRequest, "wxsim: the address is too long for a QR code")
	}
	const scale, quiet = 8, 4
	side := (code.Size + 2*quiet) * scale
	picture := image.NewGray(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			shade := color.Gray{Y: 255}
			if code.Black(x/scale-quiet, y/scale-quiet) {
				shade.Y = 0
			}
			picture.SetGray(x, y, shade)
		}
	}
	var buf bytes.Buffer
	if err := jpeg.Encode(&buf, picture, nil); err != nil {
		return textReply(http.StatusInternalServerError, "wxsim: "+err.Error())
	}
	return reply{status: http.StatusOK, contentType: "image/jpeg", body: buf.Bytes(), outcome: "ok"}
}
