package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed467724c4/wechat/core/wxsim"
)

func TestConfigFile(t *testing.T) {
	for rule, tc := range map[string]struct{ file, says string }{
		"accounts and people": {`{"accounts":[{"app_id":"wx1","secret":"s","domain":"a.test","english_name":"One","more_domains":["b.test"],"quotas":{"/cgi-bin/token":5},"ips":["10.0.0.0/8"]},
			{"app_id":"wx2","secret":"s","domain":"a.test","website":true}],"people":[{"id":"zoe","nickname":"Zoë","english_name":"Zoe","follows":true}]}`, ""},
		"platforms": {`{"accounts":[{"app_id":"wx1","secret":"s","domain":"a.test","english_name":"One"},{"app_id":"wx2","secret":"s","domain":"a.test","website":true}],
			"people":[{"id":"zoe","nickname":"Zoë","english_name":"Zoe"}],"platforms":[{"app_id":"wx3","secret":"s","domain":"a.test","token":"abc",
			"encoding_aes_key":"abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG","event_url":"http://localhost/events","ticket_every_seconds":600,"connected":["wx1"]}]}`, ""},
		"a wrong platform":      {`{"accounts":[{"app_id":"wx1","secret":"s","domain":"x"}],"platforms":[{"app_id":"wx3"}]}`, "platforms[0].secret is empty"},
		"no accounts":           {`{}`, "accounts is empty"},
		"a name with a mistake": {`{"acounts":[]}`, `unknown field "acounts"`},
		"no JSON":               {`accounts: []`, "-config"},
		"a wrong domain":        {`{"accounts":[{"app_id":"wx1","secret":"s","domain":"http://x"}]}`, `accounts[0].domain "http://x" must be a host`},
		"another wrong domain":  {`{"accounts":[{"app_id":"wx1","secret":"s","domain":"x","more_domains":["http://x"]}]}`, `accounts[0].more_domains[0] "http://x"`},
		"a wrong quota":         {`{"accounts":[{"app_id":"wx1","secret":"s","domain":"x","quotas":{"/x":1}}]}`, `accounts[0].quotas: "/x"`},
		"a person without id":   {`{"accounts":[{"app_id":"wx1","secret":"s","domain":"x"}],"people":[{"nickname":"x"}]}`, "people[0].id must be"},
	} {
		path := filepath.Join(t.TempDir(), "wxsim.json")
		if err := os.WriteFile(path, []byte(tc.file), 0o600); err != nil {
			t.Fatal(err)
		}
		o, err := parse([]string{"-config", path}, nil)
		if err != nil {
			t.Fatal(err)
		}
		cfg, err := o.simConfig()
		if err == nil {
			_, err = wxsim.New(cfg)
			err = o.named(err)
		}
		if tc.says == "" && (err != nil || len(cfg.Accounts) != 2 || cfg.People[0].Nickname != "Zoë" || cfg.People[0].EnglishName != "Zoe" || cfg.Accounts[0].EnglishName != "One" || !cfg.Accounts[1].Website) {
			t.Errorf("rule: the file describes %s; got %v, %+v", rule, err, cfg)
		}
		if tc.says != "" && (err == nil || !strings.Contains(err.Error(), tc.says) || strings.Contains(err.Error(), "Accounts[") || strings.Contains(err.Error(), "Platforms[")) {
			t.Errorf("rule: %s is an error in the file's words; got %v", rule, err)
		}
	}
}
