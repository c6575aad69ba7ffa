package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"os"
	"time"

	"github.com/seed467724c4/wechat/core/wxsim"
)

// configFile is the -config file. Every name is that of the field in package
// wxsim, in lower case with underscores.
type configFile struct {
	Accounts []struct {
		AppID          string         `json:"app_id"`
		Secret         string         `json:"secret"`
		Domain         string         `json:"domain"`
		MoreDomains    []string       `json:"more_domains"`
		Website        bool           `json:"website"`
		Sandbox        bool           `json:"sandbox"`
		NoUnionID      bool           `json:"no_union_id"`
		Name           string         `json:"name"`
		EnglishName    string         `json:"english_name"`
		OriginalID     string         `json:"original_id"`
		AppURL         string         `json:"app_url"`
		PushURL        string         `json:"push_url"`
		PushToken      string         `json:"push_token"`
		EncodingAESKey string         `json:"encoding_aes_key"`
		Quotas         map[string]int `json:"quotas"`
		MinuteQuotas   map[string]int `json:"minute_quotas"`
		IPs            []string       `json:"ips"`
	} `json:"accounts"`
	Platforms []struct {
		AppID          string   `json:"app_id"`
		Secret         string   `json:"secret"`
		Domain         string   `json:"domain"`
		MoreDomains    []string `json:"more_domains"`
		StartDomain    string   `json:"start_domain"`
		Token          string   `json:"token"`
		EncodingAESKey string   `json:"encoding_aes_key"`
		EventURL       string   `json:"event_url"`
		MessageURL     string   `json:"message_url"`
		TicketEvery    seconds  `json:"ticket_every_seconds"`
		Connected      []string `json:"connected"`
		IPs            []string `json:"ips"`
		Name           string   `json:"name"`
	} `json:"platforms"`
	People []struct {
		ID          string `json:"id"`
		Nickname    string `json:"nickname"`
		EnglishName string `json:"english_name"`
		Avatar      string `json:"avatar"`
		Follows     bool   `json:"follows"`
	} `json:"people"`
}

// seconds are whole seconds.
type seconds int

// configNames are the fields of package wxsim and their names in the file.
func configNames() map[string]string {
	return map[string]string{"AppID": "app_id", "Secret": "secret", "Domain": "domain", "MoreDomains": "more_domains",
		"OriginalID": "original_id", "AppURL": "app_url", "PushURL": "push_url", "PushToken": "push_token", "EncodingAESKey": "encoding_aes_key",
		"Quotas": "quotas", "Token": "token", "StartDomain": "start_domain", "EventURL": "event_url",
		"MessageURL": "message_url", "TicketEvery": "ticket_every_seconds", "Connected": "connected", "MinuteQuotas": "minute_quotas", "IPs": "ips", "ID": "id", "Avatar": "avatar"}
}

// readConfig adds a file's accounts and people to cfg. A name that is not known
// is an error, so that a typing mistake is found.
func readConfig(path string, cfg *wxsim.Config) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("wxsim: -config: %w", err)
	}
	var file configFile
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&file); err != nil {
		return fmt.Errorf("wxsim: -config %s: %w", path, err)
	}
	for _, a := range file.Accounts {
		cfg.Accounts = append(cfg.Accounts, wxsim.Account(a))
	}
	for _, p := range file.Platforms {
		cfg.Platforms = append(cfg.Platforms, wxsim.Platform{
			AppID: p.AppID, Secret: p.Secret, Domain: p.Domain, MoreDomains: p.MoreDomains, StartDomain: p.StartDomain,
			Token: p.Token, EncodingAESKey: p.EncodingAESKey, EventURL: p.EventURL, MessageURL: p.MessageURL,
			TicketEvery: time.Duration(p.TicketEvery) * time.Second, Connected: p.Connected, IPs: p.IPs, Name: p.Name,
		})
	}
	for _, p := range file.People {
		cfg.People = append(cfg.People, wxsim.Person(p))
	}
	return nil
}

func mapKeys(m map[string]string) iter.Seq[string] { return maps.Keys(m) }
