package clients

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/silenceper/wechat/v2/cache"
	"github.com/silenceper/wechat/v2/officialaccount"
	"github.com/silenceper/wechat/v2/officialaccount/config"
	"github.com/silenceper/wechat/v2/officialaccount/message"
)

// received is a message as a receiver understood it.
type received struct {
	MsgType, Event, Content, FromUserName string
}

// TestReceivers pushes to every receiver, in plain mode and encrypted: the echo,
// an event and a text. An event is answered with nothing, a text with a text.
func TestReceivers(t *testing.T) {
	s := startSimulator(t)
	site := s.startNode()
	own := &silenceperReceiver{}
	goSite := httptest.NewServer(own)
	defer goSite.Close()
	fromNode := func() (got []received) {
		res, err := http.Get(site + "/got")
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		json.NewDecoder(res.Body).Decode(&got)
		return got
	}
	for _, receiver := range []struct {
		name string
		url  string
		got  func() []received
	}{
		{"wechat", site + "/push/wechat", fromNode},
		{"co-wechat", site + "/push/co-wechat", fromNode},
		{"node-easywechat", site + "/push/node-easywechat", fromNode},
		{"silenceper", goSite.URL, own.take},
	} {
		for mode, key := range map[string]string{"plain": "", "aes": pushKey} {
			t.Run(receiver.name+" "+mode, func(t *testing.T) {
				s.control("POST", "reset", nil)
				s.control("PUT", "push-address", map[string]any{"appid": appID, "url": receiver.url + "/" + mode, "token": pushToken, "encoding_aes_key": key, "verify": true})
				receiver.got()
				mei := map[string]any{"appid": appID, "person": "mei"}
				if out := s.control("POST", "follow", mei); out["told"] != true || out["trouble"] != nil {
					t.Errorf("rule: an event is answered so that WeChat does not repeat it; got %v", out)
				}
				mei["text"] = "你好 <&>"
				if out := s.control("POST", "message", mei); out["told"] != true || out["trouble"] != nil {
					t.Errorf("rule: a text is answered with a text; got %v", out)
				}
				from := s.openID(appID, "mei")
				got := receiver.got()
				if len(got) != 2 || got[0].Event != "subscribe" || got[1].Content != "你好 <&>" || got[0].FromUserName != from || got[1].FromUserName != from {
					t.Errorf("rule: both are understood, once; got %+v", got)
				}
			})
		}
	}
}

// silenceperReceiver is a site with github.com/silenceper/wechat.
type silenceperReceiver struct {
	mu  sync.Mutex
	all []received
}

func (r *silenceperReceiver) take() []received {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := r.all
	r.all = nil
	return out
}

func (r *silenceperReceiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	cfg := &config.Config{AppID: appID, AppSecret: secret, Token: pushToken, Cache: cache.NewMemory()}
	if req.URL.Path == "/aes" {
		cfg.EncodingAESKey = pushKey
	}
	server := officialaccount.NewOfficialAccount(cfg).GetServer(req, w)
	server.SetMessageHandler(func(m *message.MixMessage) *message.Reply {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.all = append(r.all, received{string(m.MsgType), string(m.Event), m.Content, string(m.FromUserName)})
		if m.MsgType != message.MsgTypeText {
			return nil
		}
		return &message.Reply{MsgType: message.MsgTypeText, MsgData: message.NewText("收到 " + m.Content)}
	})
	if err := server.Serve(); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	server.Send()
}
