package clients

import (
	"os"
	"os/exec"
	"testing"
)

// TestPlaywright runs playwright/shop.spec.mjs, in which an outside team tests
// its login with the simulator and its control API.
func TestPlaywright(t *testing.T) {
	s := startSimulator(t)
	install(t)
	shop := exec.Command(find(t, "node"), "playwright/shop.mjs")
	shop.Env = append(os.Environ(), "WECHAT_OPEN_URL="+s.url, "WECHAT_API_URL="+s.url, "WECHAT_APP_ID="+appID, "WECHAT_APP_SECRET="+secret,
		"WECHAT_WEBSITE_APP_ID="+websiteAppID, "WECHAT_WEBSITE_APP_SECRET="+websiteSecret)
	lines := startProcess(t, shop, "")
	chromium := os.Getenv("CHROMIUM")
	if chromium == "" {
		chromium = find(t, "chromium")
	}
	cmd := exec.Command(find(t, "node"), "node_modules/@playwright/test/cli.js", "test", "--config", "playwright/playwright.config.mjs")
	cmd.Env = append(os.Environ(), "SHOP=http://localhost:"+lines[0], "WXSIM_URL="+s.url, "CHROMIUM="+chromium, "RESULTS="+t.TempDir())
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("playwright: %v\n%s", err, out)
	} else {
		t.Logf("%s", out)
	}
}
