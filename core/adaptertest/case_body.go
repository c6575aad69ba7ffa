package adaptertest

import (
	"fmt"
	"strings"

	"github.com/seed467724c4/wechat/core/adaptertest/internal/rawhttp"
	"github.com/seed467724c4/wechat/core/adaptertest/internal/report"
)

var bodyRules = []rule{
	{
		name: "unread bodies",
		text: "a request body that the gate's answer leaves unread never becomes the next request on the connection",
		try:  unreadBodies,
	},
}

// smuggled is what an attacker hides in a body.
const smuggled = "GET /engine/smuggled HTTP/1.1\r\nHost: evil.example\r\nX-Rest: "

func unreadBodies(f *fixture) error {
	mei, err := f.login("mei")
	if err != nil {
		return err
	}
	next := mei.raw(f.appURL, "GET", "/engine/next", "")
	lines := []string{"PUT /engine/x", "PATCH /engine/x", "DELETE /engine/x", "OPTIONS /engine/x", "GET /engine/x"}
	for _, path := range []string{"/engine/x", "/apart/route", "/apart/group/x", "/apart/twice", "/login", "/logout", "/no/such/page"} {
		lines = append(lines, "POST "+path)
	}
	for i, line := range lines {
		for j, body := range smugglingBodies() {
			if i%2 == j%2 { // every line, and every body several times
				if err := f.followedBy(line, body, next); err != nil {
					return fmt.Errorf("%s with %s: %w", line, body.name, err)
				}
			}
		}
	}
	return nil
}

type smugglingBody struct{ name, header, bytes string }

// smugglingBodies hide a request behind each size that a server may read of a body
// beforehand, and in front.
func smugglingBodies() []smugglingBody {
	var all []smugglingBody
	for _, ahead := range []int{0, 8192, 40_000} {
		body := strings.Repeat("A", ahead) + smuggled
		all = append(all,
			smugglingBody{fmt.Sprintf("%d bytes and Content-Length", ahead), fmt.Sprintf("Content-Length: %d\r\n", len(body)), body},
			smugglingBody{fmt.Sprintf("%d bytes and chunks", ahead), "Transfer-Encoding: chunked\r\n", fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(body), body)},
		)
	}
	// A server that reads a form up to its last boundary must not stop there.
	form := "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b--\r\n" + strings.Repeat("\r\n", 2048) + smuggled
	all = append(all, smugglingBody{"a form and more behind it", fmt.Sprintf("Content-Type: multipart/form-data; boundary=b\r\nContent-Length: %d\r\n", len(form)), form})
	// 256 KiB are read behind an answer: what follows must not be taken for a request.
	body := strings.Repeat("A", 256<<10) + smuggled
	return append(all, smugglingBody{"256 KiB and Content-Length", fmt.Sprintf("Content-Length: %d\r\n", len(body)), body})
}

// followedBy sends a request that the gate answers, and another behind it on the same
// connection. That one must get its own answer, or the connection must be closed.
func (f *fixture) followedBy(line string, body smugglingBody, next string) error {
	host := rawhttp.Host(f.appURL)
	c, err := rawhttp.Dial(host)
	if err != nil {
		return err
	}
	defer c.Close()
	written := make(chan struct{})
	go func() {
		defer close(written)
		_ = c.Write(line + " HTTP/1.1\r\nHost: " + host + "\r\nAccept: application/json\r\n" + body.header + "\r\n" + body.bytes)
	}()
	first, err := c.Ask("")
	if err != nil {
		if len(body.bytes) > 200_000 {
			return nil // closed while it was still being written
		}
		return err
	}
	if first.Status == 200 || first.Status >= 500 {
		return fmt.Errorf("the gate's answer is %v", first)
	}
	if first.Header.Get("Connection") == "close" {
		return nil
	}
	<-written
	second, err := c.Ask(next)
	if err != nil {
		return nil // closed
	}
	r, err := report.Of(second)
	if err != nil {
		return err
	}
	if string(r.Target) != "/engine/next" {
		return fmt.Errorf("the next request got the answer of %q", r.Target)
	}
	return nil
}
