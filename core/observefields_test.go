package core

import (
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestEveryEventHasTheFieldsOfItsTableAndNoSecret(t *testing.T) {
	tr := newTour(t)
	events := tr.all()
	words := regexp.MustCompile(`^[a-z0-9_./-]*$`)
	documented, had := map[string]map[string]bool{}, map[string]map[string]bool{}
	for _, d := range eventDocs(t) {
		documented[d.name], had[d.name] = map[string]bool{"Name": true, "Time": true, "Account": true}, map[string]bool{}
		for _, field := range d.fields {
			documented[d.name][field] = true
		}
	}
	for _, e := range events {
		if documented[e.Name] == nil {
			t.Errorf("rule: every event is in the table: %v", e)
			continue
		}
		for _, field := range eventFields(e) {
			had[e.Name][field] = true
			if !documented[e.Name][field] {
				t.Errorf("rule: the table names every field of %s: it has %s: %v", e.Name, field, e)
			}
		}
		v := reflect.ValueOf(e)
		for i := range v.NumField() {
			name, value := v.Type().Field(i).Name, v.Field(i).String()
			if v.Field(i).Kind() != reflect.String {
				continue
			}
			for what, canary := range tr.canaries {
				if canary != "" && strings.Contains(value, canary) {
					t.Errorf("rule: no field holds %s: %s of %v", what, name, e)
				}
			}
			if name != "OpenID" && e.OpenID != "" && strings.Contains(value, e.OpenID) {
				t.Errorf("rule: the open id is in OpenID only: %s of %v", name, e)
			}
			if name != "OpenID" && name != "RID" && !words.MatchString(value) {
				t.Errorf("rule: a field is a word of a fixed list, or an id: %s is %q", name, value)
			}
		}
		for _, text := range append(slices.Collect(maps.Values(tr.canaries)), e.OpenID) {
			if text != "" && strings.Contains(e.String(), text) {
				t.Errorf("rule: what is printed holds no secret and no open id: %v", e)
			}
		}
	}
	for name, fields := range documented {
		if strings.HasPrefix(name, "screen.") {
			continue // told by the logins on screens
		}
		for field := range fields {
			if !had[name][field] && field != "Remote" {
				t.Errorf("rule: the table promises only what is told: %s never has %s", name, field)
			}
		}
	}
	if len(tr.canaries) < 50 || len(events) < 100 {
		t.Errorf("the tour is short: %d canaries, %d events", len(tr.canaries), len(events))
	}
}
