package main

// proof is where a feature can be read, or can be seen to be missing. module is a Go
// module of go.mod, "" for this repository, or "github" for a file that no module of
// go.mod holds and that no test can open.
type proof struct {
	answer       string
	module, file string
	text         string // stands in the file
	missing      bool   // text stands in no Go file of the folder
}

// feature is a row; the proofs are in the order of products.
type feature struct {
	what   string
	proofs []proof
}

func products() []string {
	return []string{"silenceper/wechat 2.1.10", "goth 1.82.0", "Casdoor", "Logto", ours}
}

func features() []feature {
	const silenceper, goth, github = "github.com/silenceper/wechat/v2", "github.com/markbates/goth", "github"
	casdoor := func(answer, file string) proof { return proof{answer, github, "casdoor/casdoor " + file, "", false} }
	logto := func(answer, file string) proof { return proof{answer, github, "logto-io/logto " + file, "", false} }
	const logtoWeb = "packages/connectors/connector-wechat-web/src/constant.ts"
	return []feature{
		{"login inside WeChat (Official Account)", []proof{
			{"yes", silenceper, "officialaccount/oauth/oauth.go", "connect/oauth2/authorize", false},
			{"no", goth, "providers/wechat", "connect/oauth2/authorize", true},
			casdoor("yes, with consent only", "web/src/auth/Provider.js (mpScope)"),
			logto("no", logtoWeb+" (qrconnect only)"),
			{"yes, silent and with consent", "", "core/option.go", "Silent", false},
		}},
		{"login by scan at a desktop (website application)", []proof{
			{"yes", silenceper, "officialaccount/oauth/oauth.go", "GetWebAppRedirectURL", false},
			{"yes", goth, "providers/wechat/wechat.go", "connect/qrconnect", false},
			casdoor("yes", "web/src/auth/Provider.js (qrconnect)"),
			logto("yes", logtoWeb+" (qrconnect)"),
			{"yes", "", "core/config.go", "Website Website", false},
		}},
		{"a guard for routes, return to the page, sessions", []proof{
			{"no: it returns a user, the rest is the app's", silenceper, "officialaccount", "http.SetCookie", true},
			{"a session, no guard", goth, "gothic/gothic.go", "func StoreInSession", false},
			casdoor("a token; guard and session are the app's", "README.md"),
			logto("a token; guard and session are the SDK's or the app's", "README.md"),
			{"yes", "", "nethttp/nethttp.go", "func Require", false},
		}},
		{"other identity providers (GitHub, Google, …)", []proof{
			{"no", silenceper, "officialaccount/oauth", "github.com/login", true},
			{"yes, 74 folders of providers", goth, "providers/github/github.go", "package github", false},
			casdoor("yes, dozens", "idp/provider.go"),
			logto("yes, dozens", "packages/connectors"),
			{"no", "", "core", "github.com/login", true},
		}},
		{"one login for many applications (SSO), administration of users in a browser", []proof{
			{"no", silenceper, "officialaccount/oauth", "openid-configuration", true},
			{"no", goth, "gothic", "openid-configuration", true},
			casdoor("yes: OIDC, SAML, LDAP, MFA, console", "README.md"),
			logto("yes: OIDC, console", "README.md"),
			{"no", "", "core", "openid-configuration", true},
		}},
		{"the rest of WeChat's API (menus, templates, payments, mini programs, WeCom)", []proof{
			{"yes, most of it", silenceper, "wechat.go", "GetMiniProgram", false},
			{"no", goth, "providers/wechat", "cgi-bin", true},
			casdoor("payments", "pp/wechatpay.go"),
			logto("no", "packages/connectors"),
			{"no: messages received, followers, JS-SDK signature, access token", "", "core/wxapi", "menu/create", true},
		}},
		{"followers only", []proof{
			{"an API call", silenceper, "officialaccount/user/user.go", "Subscribe", false},
			{"no", goth, "providers/wechat", "subscribe", true},
			casdoor("no", "idp/wechat.go"),
			logto("no", logtoWeb),
			{"yes, MustFollow", "", "core/option.go", "MustFollow", false},
		}},
		{"logs a person out on every device", []proof{
			{"no sessions", silenceper, "officialaccount/oauth", "http.SetCookie", true},
			{"no", goth, "gothic", "LogoutEverywhere", true},
			casdoor("yes: sessions in the console", "controllers/session.go"),
			logto("not looked up", "–"),
			{"yes, LogoutEverywhere", "", "core/logouteverywhere.go", "func (a *Auth) LogoutEverywhere", false},
		}},
		{"a WeChat for laptops and tests", []proof{
			{"no", silenceper, "util", "httptest.NewServer", true},
			{"a fake provider, not WeChat's", goth, "providers/faux/faux.go", "package faux", false},
			casdoor("no", "idp"),
			logto("no", "packages/connectors/connector-wechat-web"),
			{"yes, wxsim", "", "core/wxsim/doc.go", "package wxsim", false},
		}},
		{"languages of the apps", []proof{
			{"Go", silenceper, "go.mod", "module", false},
			{"Go", goth, "go.mod", "module", false},
			casdoor("any", "README.md"),
			logto("any", "README.md"),
			{"Go", "", "go.mod", "module", false},
		}},
		{"a server and a database of its own to run", []proof{
			{"no", silenceper, "go.mod", "module", false},
			{"no", goth, "go.mod", "module", false},
			casdoor("yes", "docker-compose.yml"),
			logto("yes", "docker-compose.yml"),
			{"no", "", "go.mod", "module", false},
		}},
		{"released, used and documented for years", []proof{
			{"yes", silenceper, "README.md", "silenceper.com/wechat", false},
			{"yes", goth, "README.md", "goth", false},
			casdoor("yes", "README.md"),
			logto("yes", "README.md"),
			{"no: no tagged version yet", "", "README.md", "no tagged version yet", false},
		}},
	}
}
