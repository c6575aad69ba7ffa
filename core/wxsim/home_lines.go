package wxsim

import "strings"

// copied is what a copy button copies, in words. The text itself is that of the
// element before the button.
type copied struct{ Lang, What string }

// secretShown is an account's secret for its page, "" where it stays hidden.
func (s *Sim) secretShown(appID string) string {
	if !s.cfg.ShowSecrets {
		return ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.states[appID].secret
}

// environment are the lines that point an application here, for a shell.
func (p homePage) environment() string {
	var out strings.Builder
	line := func(name, value string) {
		if value != "" {
			out.WriteString("export " + name + "=" + shellWord(value) + "\n")
		}
	}
	prefix := "WECHAT_"
	if p.Account.Website {
		prefix += "WEBSITE_"
	}
	line(prefix+"APP_ID", p.Account.AppID)
	line(prefix+"APP_SECRET", p.Account.Secret)
	line("WECHAT_OPEN_URL", p.Origin)
	line("WECHAT_API_URL", p.Origin)
	if p.Any {
		line("WECHAT_ANY_BROWSER", "1")
	}
	if p.Account.Link != "" {
		line("WECHAT_FOLLOW_QRCODE", p.Origin+p.Account.Link)
	}
	return strings.TrimSuffix(out.String(), "\n")
}

// shellWord quotes a value that a shell would read as more than one plain word.
func shellWord(value string) string {
	if strings.Trim(value, letters+"_-./:[]") == "" {
		return value
	}
	return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
}
