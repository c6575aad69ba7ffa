package adaptertest

import "testing"

// Run tries every rule on an app of its own:
//
// RULES
func Run(t *testing.T, app App) {
	for _, r := range rules() {
		t.Run(r.name, func(t *testing.T) {
			if err := r.check(app); err != nil {
				t.Errorf("rule: %s\ngot: %v", r.text, err)
			}
		})
	}
}
