package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/seed467724c4/wechat/core"
	"github.com/seed467724c4/wechat/core/push"
)

// settings are what a node needs to know.
type settings struct {
	framework          string
	addr               string
	redisURL           string
	sentinels          []string
	databaseURL, file  string
	wechat             core.Config
	push               push.Config
	drain              time.Duration
	sharePort, prefork bool
}

// fromEnvironment reports everything wrong in one error.
func fromEnvironment(framework string) (settings, error) {
	s := settings{
		framework:   framework,
		addr:        cmp.Or(os.Getenv("ADDR"), "localhost:8080"),
		redisURL:    os.Getenv("REDIS_URL"),
		sentinels:   list("REDIS_SENTINELS"),
		databaseURL: os.Getenv("DATABASE_URL"),
		file:        os.Getenv("DB"),
		wechat:      core.ConfigFromEnv(),
		push:        push.Config{Token: os.Getenv("WECHAT_PUSH_TOKEN"), EncodingAESKey: os.Getenv("WECHAT_ENCODING_AES_KEY")},
	}
	s.wechat.PreviousSecrets = list("WECHAT_PREVIOUS_SECRETS")
	s.wechat.LogoutEverywhere = os.Getenv("LOGOUT_EVERYWHERE") == "1"
	var wrong []error
	if _, known := frameworks()[framework]; !known {
		wrong = append(wrong, fmt.Errorf("cluster: -framework %q is none of gin, fiber, nethttp", framework))
	}
	if s.wechat.AppID == "" {
		wrong = append(wrong, errors.New("cluster: WECHAT_APP_ID is not set: nodes cannot each start a simulator of their own; start one with go run ./core/cmd/wxsim and set what it prints"))
	}
	if s.wechat.PublicURL == "" {
		// Behind nginx, a node sees nginx's request and not the visitor's.
		wrong = append(wrong, errors.New("cluster: WECHAT_PUBLIC_URL is not set: the address that visitors use, such as https://app.example.com"))
	}
	if len(s.sentinels) > 0 && s.redisURL == "" {
		wrong = append(wrong, errors.New("cluster: REDIS_SENTINELS needs REDIS_URL, such as redis://master-name/0"))
	}
	if drain := os.Getenv("DRAIN"); drain != "" {
		var err error
		if s.drain, err = time.ParseDuration(drain); err != nil || s.drain < 0 {
			wrong = append(wrong, fmt.Errorf("cluster: DRAIN %q is not a duration such as 5s", drain))
		}
	}
	return s, errors.Join(wrong...)
}

// list reads values that are separated by commas.
func list(name string) (values []string) {
	for value := range strings.SplitSeq(os.Getenv(name), ",") {
		if value = strings.TrimSpace(value); value != "" {
			values = append(values, value)
		}
	}
	return values
}
