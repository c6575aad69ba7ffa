package e2e

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// findings are what axe-core says of a page: how many rules hold, and each rule that
// does not, or of which it cannot tell, with the elements.
type findings struct {
	Passes     int      `json:"passes"`
	Violations []string `json:"violations"`
	Unsure     []string `json:"unsure"`
}

// axe holds the page against all rules of axe-core, which package-lock.json names:
// contrast, names of links and pictures, headings, languages and landmarks.
func (v *visitor) axe(t *testing.T) (f findings) {
	t.Helper()
	if v.script(t, `typeof axe`) == "undefined" { // once a document; no policy stops what the browser's owner runs
		install(t)
		script, err := os.ReadFile("node_modules/axe-core/axe.min.js")
		if err != nil {
			t.Fatal(err)
		}
		v.script(t, string(script)+`; ""`)
	}
	answer := v.script(t, `(() => {
	const told = rules => rules.map(r => r.id + ": " + r.help + "\n\t" + r.nodes.map(n => n.html + "\n\t" + n.failureSummary).join("\n\t"));
	return axe.run(document).then(r => JSON.stringify({passes: r.passes.length, violations: told(r.violations), unsure: told(r.incomplete)}));
})()`)
	if err := json.Unmarshal([]byte(answer), &f); err != nil {
		t.Fatalf("%v: %s", err, answer)
	}
	return f
}

func (v *visitor) isAccessible(t *testing.T, page string) {
	t.Helper()
	got := v.axe(t)
	if faults := append(got.Violations, got.Unsure...); len(faults) > 0 {
		t.Errorf("rule: everybody can use page %s, axe-core finds no fault in it:\n%s", page, strings.Join(faults, "\n"))
	}
	if got.Passes < 5 {
		t.Errorf("axe-core looked at next to nothing of page %s: %d rules", page, got.Passes)
	}
}
