package wxsim

// Snippet is a login in one language, as lines to paste into an application.
type Snippet struct {
	Language string // such as "Node"
	Code     string // without a line break at its end
}

// Snippets are a login in languages other than Go. Each defines LOGIN(back, state),
// the address that a visitor is sent to; EXCHANGE(code), which turns the code into
// tokens and openid; and PROFILE, which takes what EXCHANGE has returned (in Java its
// access token and openid) and reads nickname and avatar. They read WECHAT_APP_ID,
// WECHAT_APP_SECRET, WECHAT_OPEN_URL and WECHAT_API_URL from the environment. They
// leave out what a real login needs: a state that is checked, and a session.
func Snippets() []Snippet {
	return []Snippet{
		{"Node", `const e = process.env, LOGIN = (back, state) => e.WECHAT_OPEN_URL + '/connect/oauth2/authorize?appid=' + e.WECHAT_APP_ID + '&redirect_uri=' + encodeURIComponent(back) + '&response_type=code&scope=snsapi_userinfo&state=' + state + '#wechat_redirect'
const EXCHANGE = code => fetch(e.WECHAT_API_URL + '/sns/oauth2/access_token?appid=' + e.WECHAT_APP_ID + '&secret=' + e.WECHAT_APP_SECRET + '&code=' + code + '&grant_type=authorization_code').then(r => r.json())
const PROFILE = t => fetch(e.WECHAT_API_URL + '/sns/userinfo?access_token=' + t.access_token + '&openid=' + t.openid + '&lang=zh_CN').then(r => r.json())`},
		{"PHP", `function LOGIN($back, $state) { return getenv('WECHAT_OPEN_URL') . '/connect/oauth2/authorize?appid=' . getenv('WECHAT_APP_ID') . '&redirect_uri=' . urlencode($back) . '&response_type=code&scope=snsapi_userinfo&state=' . $state . '#wechat_redirect'; }
function EXCHANGE($code) { return json_decode(file_get_contents(getenv('WECHAT_API_URL') . '/sns/oauth2/access_token?appid=' . getenv('WECHAT_APP_ID') . '&secret=' . getenv('WECHAT_APP_SECRET') . '&code=' . $code . '&grant_type=authorization_code'), true); }
function PROFILE($t) { return json_decode(file_get_contents(getenv('WECHAT_API_URL') . '/sns/userinfo?access_token=' . $t['access_token'] . '&openid=' . $t['openid'] . '&lang=zh_CN'), true); }`},
		{"Python", `import json, os, urllib.parse, urllib.request
def LOGIN(back, state): return os.environ['WECHAT_OPEN_URL'] + '/connect/oauth2/authorize?appid=' + os.environ['WECHAT_APP_ID'] + '&redirect_uri=' + urllib.parse.quote(back, safe='') + '&response_type=code&scope=snsapi_userinfo&state=' + state + '#wechat_redirect'
def EXCHANGE(code): return json.load(urllib.request.urlopen(os.environ['WECHAT_API_URL'] + '/sns/oauth2/access_token?appid=' + os.environ['WECHAT_APP_ID'] + '&secret=' + os.environ['WECHAT_APP_SECRET'] + '&code=' + code + '&grant_type=authorization_code'))
def PROFILE(t): return json.load(urllib.request.urlopen(os.environ['WECHAT_API_URL'] + '/sns/userinfo?access_token=' + t['access_token'] + '&openid=' + t['openid'] + '&lang=zh_CN'))`},
		{"Java", `static String LOGIN(String back, String state) { return System.getenv("WECHAT_OPEN_URL") + "/connect/oauth2/authorize?appid=" + System.getenv("WECHAT_APP_ID") + "&redirect_uri=" + java.net.URLEncoder.encode(back, java.nio.charset.StandardCharsets.UTF_8) + "&response_type=code&scope=snsapi_userinfo&state=" + state + "#wechat_redirect"; }
static String EXCHANGE(String code) throws Exception { return java.net.http.HttpClient.newHttpClient().send(java.net.http.HttpRequest.newBuilder(java.net.URI.create(System.getenv("WECHAT_API_URL") + "/sns/oauth2/access_token?appid=" + System.getenv("WECHAT_APP_ID") + "&secret=" + System.getenv("WECHAT_APP_SECRET") + "&code=" + code + "&grant_type=authorization_code")).build(), java.net.http.HttpResponse.BodyHandlers.ofString()).body(); }
static String PROFILE(String accessToken, String openid) throws Exception { return java.net.http.HttpClient.newHttpClient().send(java.net.http.HttpRequest.newBuilder(java.net.URI.create(System.getenv("WECHAT_API_URL") + "/sns/userinfo?access_token=" + accessToken + "&openid=" + openid + "&lang=zh_CN")).build(), java.net.http.HttpResponse.BodyHandlers.ofString()).body(); }`},
	}
}
