package hertzwechat_test

import (
	"testing"

	"github.com/cloudwego/hertz/pkg/app/server"
	"github.com/cloudwego/hertz/pkg/network/standard"

	"github.com/seed467724c4/wechat/core/adaptertest"
)

func TestContract(t *testing.T) { adaptertest.Run(t, sound.app) }

// hertz can be told to hand handlers a body that is not read yet.
func TestUnreadBodiesOfAStreamingApp(t *testing.T) {
	for _, f := range adaptertest.Check(sound.configured(server.WithStreamBody(true)),
		"unread bodies", "unchanged requests", "silent login", "no handler after an answer") {
		t.Error(f)
	}
}

// TLS needs the transport of the standard library instead of netpoll.
func TestTheStandardTransport(t *testing.T) {
	for _, f := range adaptertest.Check(sound.configured(server.WithTransport(standard.NewTransporter)),
		"silent login", "unread bodies", "copied strings", "sessions stay apart", "streaming") {
		t.Error(f)
	}
}
