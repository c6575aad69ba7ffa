package wxsim

import (
	"slices"
	"strings"
	"testing"
)

func TestTheListOfFaultsIsGroupedByIdea(t *testing.T) {
	for _, lang := range []string{"zh", "en"} {
		var listed []FaultName
		names := map[string]bool{}
		for _, group := range faultGroups(lang) {
			if group.Name == "" || names[group.Name] || len(group.Faults) == 0 || len(group.Faults) > 20 {
				t.Errorf("rule: every group has a name of its own and at most twenty faults; in %s %q has %d", lang, group.Name, len(group.Faults))
			}
			names[group.Name] = true
			for _, f := range group.Faults {
				listed = append(listed, f.Name)
				if f.Text == f.Other || f.Other == "" {
					t.Errorf("rule: a fault is found by its words in the other language, too; %s", f.Name)
				}
			}
		}
		for _, f := range Faults() {
			i := slices.Index(listed, f.Name)
			if i < 0 {
				t.Errorf("rule: every fault stands in a group; %s does not", f.Name)
				continue
			}
			listed = slices.Delete(listed, i, i+1)
		}
		if len(listed) > 0 {
			t.Errorf("rule: every fault stands once; more often: %v", listed)
		}
	}
	page := newRig(t).pageIn("en", "/")
	_, group, _ := strings.Cut(page, `<optgroup label="Errcodes: nickname and avatar">`)
	group, _, _ = strings.Cut(group, "</optgroup>")
	if !strings.Contains(group, `<option value="40001"`) || strings.Contains(group, `<option value="40163"`) {
		t.Errorf("rule: an errcode stands with the calls that answer it; got %.300s", group)
	}
}
