package clients

import (
	"encoding/json"
	"net/http"
	"testing"
)

// TestAccountAPIClients lets clients of the account's own API ask about a
// follower and for a ticket, and meet what goes wrong.
func TestAccountAPIClients(t *testing.T) {
	s := startSimulator(t)
	site := s.startNode()
	for name, renews := range map[string]bool{ // a token that is not the latest any more
		"wechat-api":      false,
		"co-wechat-api":   true,
		"node-easywechat": false,
	} {
		t.Run(name, func(t *testing.T) {
			ask := func(path string) (got result) {
				res, err := http.Get(site + "/api/" + name + path)
				if err != nil {
					t.Fatal(err)
				}
				defer res.Body.Close()
				if err := json.NewDecoder(res.Body).Decode(&got); err != nil {
					t.Fatal(err)
				}
				return got
			}
			s.control("POST", "reset", nil)
			mei := "?openid=" + s.openID(appID, "mei")
			s.control("POST", "following", map[string]any{"appid": appID, "person": "mei", "follows": true})
			if got := ask(mei); got.Error != "" || got.Follows != 1 || len(got.Ticket) != 86 {
				t.Errorf("rule: %s asks for a follower and a ticket; got %+v", name, got)
			}
			s.control("POST", "tokens/expire", map[string]string{"appid": appID})
			if got := ask(mei); renews && got.Error != "" || !renews && got.Code != "40001" {
				t.Errorf("rule: with a token that is not the latest any more %s goes on (%v), or tells 40001; got %+v", name, renews, got)
			}
			s.control("POST", "reset", nil)
			s.control("POST", "following", map[string]any{"appid": appID, "person": "mei", "follows": true})
			s.control("POST", "faults", map[string]any{"name": "48001", "endpoint": "/cgi-bin/user/info"})
			if got := ask(mei); got.Code != "48001" {
				t.Errorf("rule: %s tells that an API is refused; got %+v", name, got)
			}
			s.control("POST", "faults", map[string]any{"name": "50002", "endpoint": "/cgi-bin/user/info"})
			if got := ask(mei); got.Code != "50002" {
				t.Errorf("rule: %s tells that the user is limited; got %+v", name, got)
			}
			if got := ask("/wrong" + mei); got.Code != "40125" {
				t.Errorf("rule: %s tells that the secret is wrong; got %+v", name, got)
			}
		})
	}
}
