package wxsim

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestThreeTries(t *testing.T) {
	for rule, tc := range map[string]struct {
		fails  int
		answer string
		status int
		tries  int
		err    string
	}{
		"a second try may do":                {1, "", 500, 2, ""},
		"a third try may do":                 {2, "", 500, 3, ""},
		"three tries are all":                {9, "", 500, 3, "status 500"},
		"another success is none":            {9, "success", 201, 3, "status 201"},
		"a redirect is not followed":         {9, "", 302, 3, "status 302"},
		"any other text is no success":       {9, "ok", 200, 3, "neither success nor empty"},
		"success and more is no success":     {9, "success\n", 200, 3, "neither success nor empty"},
		"other XML is no success":            {9, "<html><MsgType>text</MsgType></html>", 200, 3, "neither success nor empty"},
		"a message without type is none":     {9, "<xml></xml>", 200, 3, "neither success nor empty"},
		"an answer too long is none":         {9, strings.Repeat("x", maxBody+1), 200, 3, "longer than"},
		"a cut connection is a failed try":   {2, "", -1, 3, ""},
		"an answer cut short is a bad try":   {2, "", -2, 3, ""},
		"an empty answer is success":         {9, "", 200, 1, ""},
		"success is success":                 {9, "success", 200, 1, ""},
		"a message in reply is success, too": {9, "<xml><MsgType><![CDATA[text]]></MsgType></xml>", 200, 1, ""},
	} {
		for mode, key := range modes {
			if key != "" && strings.HasPrefix(tc.answer, "<xml>") {
				continue // see TestEncryptedReply
			}
			g, v := pushRig(t, key)
			v.answer = func(w http.ResponseWriter, r *http.Request) {
				if len(v.all()) > tc.fails {
					return
				}
				switch tc.status {
				case -1:
					panic(http.ErrAbortHandler)
				case -2:
					w.Header().Set("Content-Length", "10")
					io.WriteString(w, "suc")
				default:
					w.Header().Set("Location", "/elsewhere")
					w.WriteHeader(tc.status)
					io.WriteString(w, tc.answer)
				}
			}
			err := g.Follow(context.Background(), app, "mei")
			if tc.err == "" && err != nil || tc.err != "" && (err == nil || !strings.Contains(err.Error(), tc.err)) {
				t.Errorf("rule: %s, %s; got %v", rule, mode, err)
			}
			if !g.Following(app, "mei") {
				t.Errorf("rule: who follows does so whether it can be told or not (%s)", rule)
			}
			got := v.all()
			if len(got) != tc.tries {
				t.Errorf("rule: %s, %s; got %d tries, want %d", rule, mode, len(got), tc.tries)
			}
			nonces, signatures := map[string]bool{}, map[string]bool{}
			for _, d := range got {
				nonces[d.query.Get("nonce")], signatures[d.query.Get("signature")] = true, true
				if d.plain != got[0].plain {
					t.Errorf("rule: each try has the same message, %s; got\n%s\n%s", mode, got[0].plain, d.plain)
				}
			}
			if len(nonces) != len(got) || len(signatures) != len(got) {
				t.Errorf("rule: each try has a nonce and a signature of its own, %s; got %v", mode, nonces)
			}
		}
	}
}

func TestEncryptedReply(t *testing.T) {
	const text = "<xml><MsgType>text</MsgType></xml>"
	for rule, tc := range map[string]struct{ answer, err string }{
		"is a success":                    {sealedReply(demoKey, pushToken, app, text), ""},
		"must be signed":                  {sealedReply(demoKey, "anotherToken", app, text), "MsgSignature"},
		"must be encrypted":               {text, "nor an encrypted message"},
		"must be for the account":         {sealedReply(demoKey, pushToken, otherApp, text), "another AppID"},
		"must be of the account's key":    {sealedReply("A"+demoKey[1:], pushToken, app, text), "the answer"},
		"must hold a message":             {sealedReply(demoKey, pushToken, app, "hello"), "neither success"},
		"must be XML":                     {"hello", "nor an encrypted message"},
		"must be padded as it should be!": {strings.Replace(sealedReply(demoKey, pushToken, app, text), "CDATA[", "CDATA[AAAA", 1), "MsgSignature"},
	} {
		g, v := pushRig(t, demoKey)
		v.answer = func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, tc.answer) }
		err := g.Follow(context.Background(), app, "mei")
		if tc.err == "" && err != nil || tc.err != "" && (err == nil || !strings.Contains(err.Error(), tc.err)) {
			t.Errorf("rule: an encrypted reply %s; got %v", rule, err)
		}
	}
}

// slow is a push address that never answers.
type slow struct{ tries []time.Time }

func (s *slow) RoundTrip(r *http.Request) (*http.Response, error) {
	s.tries = append(s.tries, time.Now())
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func TestNoAnswerWithinFiveSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t)
		dead := &slow{}
		g.client.Transport = dead
		g.SetPush(app, "http://app.example.com/push", pushToken, "")
		start := time.Now()
		err := g.Follow(context.Background(), app, "mei")
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 15*time.Second || len(dead.tries) != 3 ||
			dead.tries[1].Sub(start) != 5*time.Second {
			t.Errorf("rule: three tries of five seconds; got %d in %v, %v", len(dead.tries), time.Since(start), err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 7*time.Second)
		defer cancel()
		start = time.Now()
		if err := g.Unfollow(ctx, app, "mei"); err == nil || time.Since(start) != 7*time.Second || len(dead.tries) != 5 {
			t.Errorf("rule: the context ends the tries; got %d in %v, %v", len(dead.tries), time.Since(start), err)
		}
		start = time.Now()
		if err := g.VerifyPush(context.Background(), app); err == nil || time.Since(start) != 5*time.Second {
			t.Errorf("rule: verifying is one try; got %v, %v", time.Since(start), err)
		}
	})
}

func TestAnEncryptedNothingIsSuccess(t *testing.T) {
	for _, answer := range []string{"", "success"} {
		g, v := pushRig(t, demoKey)
		v.answer = func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, sealedReply(demoKey, pushToken, app, answer))
		}
		if err := g.Follow(context.Background(), app, "mei"); err != nil || len(v.all()) != 1 {
			t.Errorf("rule: an encrypted %q is as good as a plain one; got %v after %d tries", answer, err, len(v.all()))
		}
	}
}
