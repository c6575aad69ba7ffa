package wxsim

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// ctl calls the control API.
func (g *rig) ctl(method, path, body string) (status int, out map[string]any) {
	g.t.Helper()
	r := httptest.NewRequest(method, controlPrefix+path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	g.ServeHTTP(w, r)
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		g.t.Fatalf("rule: the control API answers JSON; %s %s got %d %s", method, path, w.Code, w.Body)
	}
	return w.Code, out
}

func TestControlDoesWhatGoDoes(t *testing.T) {
	g, v := pushRig(t, "")
	forget := func() { v.mu.Lock(); v.got = nil; v.mu.Unlock() }
	who := `"appid":"` + app + `","person":"mei"`
	for _, step := range []struct {
		rule, method, path, body string
		done                     func(out map[string]any) bool
	}{
		{"the state has every id", "GET", "state", "", func(out map[string]any) bool {
			first := out["people"].([]any)[0].(map[string]any)
			return first["unionid"] == g.UnionID("mei") && first["openids"].(map[string]any)[app] == g.OpenID(app, "mei") && len(out["accounts"].([]any)) == 2
		}},
		{"a fault by name", "POST", "faults", `{"name":"40163"}`, func(map[string]any) bool {
			return g.api(tokenURL("x")).code() == 40163 && g.api(tokenURL("x")).code() == 40029
		}},
		{"a fault by name, elsewhere and twice", "POST", "faults", `{"name":"50002","endpoint":"/sns/auth","times":2}`, func(map[string]any) bool {
			return answers(g.api, PathAuth, 50002, 50002, 41001)
		}},
		{"a fault described", "POST", "faults", `{"endpoint":"/sns/auth","status":502,"body":"<b>"}`, func(map[string]any) bool { return g.get(PathAuth).Code == 502 && g.get(PathAuth).Code == 200 }},
		{"a fault that stays", "POST", "faults", `{"endpoint":"/sns/auth","errcode":50001,"times":0}`, func(map[string]any) bool { return answers(g.api, PathAuth, 50001, 50001) }},
		{"waiting faults are shown", "GET", "faults", "", func(out map[string]any) bool {
			return out["waiting"].(map[string]any)["/sns/auth"] == 1.0 && len(out["available"].([]any)) == len(Faults())
		}},
		{"faults of an endpoint are taken back", "DELETE", "faults?endpoint=/sns/auth", "", func(map[string]any) bool { return g.api(PathAuth).code() == 41001 }},
		{"all faults are taken back", "DELETE", "faults", "", func(map[string]any) bool { return len(g.faults) == 0 }},
		{"the clock moves", "POST", "clock", `{"advance":"90s"}`, func(out map[string]any) bool { return out["now"] == "2026-01-02T03:05:35Z" }},
		{"a code for a person", "POST", "codes", `{` + who + `,"scope":"snsapi_userinfo"}`, func(out map[string]any) bool {
			return g.api(tokenURL(out["code"].(string))).OpenID == g.OpenID(app, "mei")
		}},
		{"a code of a mini program", "POST", "codes", `{` + who + `,"mini_program":true}`, func(out map[string]any) bool { return g.api(tokenURL(out["code"].(string))).code() == 40242 }},
		{"a person on a snapshot page", "POST", "person", `{"person":"mei","snapshot":true}`, func(map[string]any) bool { return g.snapshot["mei"] }},
		{"and not any more, from the menu", "POST", "person", `{"person":"mei","snapshot":false,"from_menu":true}`, func(map[string]any) bool { return !g.snapshot["mei"] && g.fromMenu["mei"] }},
		{"a person who agreed lately", "POST", "person", `{` + who + `,"agreed":true}`, func(map[string]any) bool { return len(g.agreed) == 1 }},
		{"following", "POST", "follow", `{` + who + `}`, func(out map[string]any) bool {
			return out["told"] == true && strings.Contains(v.one().plain, "subscribe") && g.Following(app, "mei")
		}},
		{"a text message", "POST", "message", `{` + who + `,"text":"你好"}`, func(out map[string]any) bool { return strings.Contains(v.one().plain, "<![CDATA[你好]]>") }},
		{"a scan", "POST", "scan", `{` + who + `,"scene":"7"}`, func(out map[string]any) bool { return strings.Contains(v.one().plain, "SCAN") }},
		{"stopping", "POST", "unfollow", `{` + who + `}`, func(out map[string]any) bool {
			return strings.Contains(v.one().plain, "unsubscribe") && !g.Following(app, "mei")
		}},
		{"following without a push", "POST", "following", `{` + who + `,"follows":true}`, func(map[string]any) bool { return len(v.all()) == 0 && g.Following(app, "mei") }},
		{"a message as it stands", "POST", "push", `{"appid":"` + app + `","message":"<xml><a>1</a></xml>"}`, func(map[string]any) bool { return v.one().plain == "<xml><a>1</a></xml>" }},
		{"another push address", "PUT", "push-address", `{"appid":"` + app + `","url":"` + v.url + `","token":"` + pushToken + `","encoding_aes_key":"` + demoKey + `"}`, func(map[string]any) bool { return g.pushOf(app).key != nil }},
		{"an IP whitelist", "PUT", "ips", `{"appid":"` + app + `","ips":["10.0.0.1"]}`, func(map[string]any) bool { return g.api(PathToken+coreQuery).code() == 40164 }},
		{"and none", "PUT", "ips", `{"appid":"` + app + `","ips":[]}`, func(map[string]any) bool { return g.api(PathToken+coreQuery).code() == 0 }},
		{"tokens expire", "POST", "tokens/expire", `{"appid":"` + app + `"}`, func(map[string]any) bool { return g.states[app].minted.wrong(g.now()) == 40001 }},
		{"customer messages are shown", "GET", "sent?appid=" + app, "", func(out map[string]any) bool { return len(out["messages"].([]any)) == 0 }},
		{"calls are shown", "GET", "calls", "", func(out map[string]any) bool {
			last := out["last"].([]any)
			return out["counts"].(map[string]any)[PathAuth].(float64) > 3 && last[len(last)-1].(map[string]any)["path"] == PathToken
		}},
		{"and forgotten", "DELETE", "calls", "", func(map[string]any) bool { return g.Calls(PathAuth) == 0 }},
		{"back to the start", "POST", "reset", "", func(map[string]any) bool {
			return !g.Following(app, "mei") && g.pushOf(app).url == "" && g.now().Equal(g.clock.now()) && len(g.codes.items) == 0 && len(g.fromMenu) == 0
		}},
	} {
		forget()
		if status, out := g.ctl(step.method, step.path, step.body); status != 200 || !step.done(out) {
			t.Errorf("rule: over HTTP, %s; got %d %v", step.rule, status, out)
		}
	}
}

func TestControlScansQRCodes(t *testing.T) {
	g := siteRig(t)
	uuid := g.show()
	if status, out := g.ctl("POST", "qr", `{"uuid":"`+uuid+`","person":"jun","step":"allow"}`); status != 200 || !strings.Contains(g.poll(uuid, ""), "=405;") {
		t.Errorf("rule: over HTTP a phone allows a scan login; got %d %v", status, out)
	}
}

func TestControlRefuses(t *testing.T) {
	for rule, tc := range map[string]struct {
		method, path, body string
		status             int
		says               string
	}{
		"an unknown path":              {"GET", "nothing", "", 404, "openapi.json"},
		"a wrong method":               {"PUT", "faults", "", 405, "use"},
		"a body that is no JSON":       {"POST", "clock", "x", 400, "does not fit"},
		"an unknown field":             {"POST", "clock", `{"advanced":"1s"}`, 400, "advanced"},
		"an unknown parameter":         {"DELETE", "faults?path=x", "", 400, "path"},
		"a clock that is no duration":  {"POST", "clock", `{"advance":"soon"}`, 400, "duration"},
		"an unknown fault":             {"POST", "faults", `{"name":"x"}`, 400, "no fault"},
		"a fault without an endpoint":  {"POST", "faults", `{"errcode":1}`, 400, "endpoint"},
		"a negative number of times":   {"POST", "faults", `{"name":"-1","times":-1}`, 400, "negative"},
		"a status that is none":        {"POST", "faults", `{"endpoint":"/x","status":99}`, 400, "status"},
		"an unknown account":           {"POST", "codes", `{"appid":"x","person":"mei"}`, 400, "no account"},
		"an unknown person":            {"POST", "person", `{"person":"x"}`, 400, "no person"},
		"agreed without an account":    {"POST", "person", `{"person":"mei","agreed":true}`, 400, "no account"},
		"an unknown account's tokens":  {"POST", "tokens/expire", `{"appid":"x"}`, 400, "no account"},
		"an unknown account's letters": {"GET", "sent?appid=x", "", 400, "no account"},
		"stopping without following":   {"POST", "unfollow", `{"appid":"` + app + `","person":"mei"}`, 400, "does not follow"},
		"a push address that is none":  {"PUT", "push-address", `{"appid":"` + app + `","url":"x","token":"abc"}`, 400, "PushURL"},
	} {
		if status, out := newRig(t).ctl(tc.method, tc.path, tc.body); status != tc.status || !strings.Contains(out["error"].(string), tc.says) {
			t.Errorf("rule: the control API refuses %s; got %d %v", rule, status, out)
		}
	}
	g := newRig(t)
	for rule, header := range map[string][2]string{"another site": {"Sec-Fetch-Site", "cross-site"}, "a form": {"Content-Type", "text/plain"}} {
		r := httptest.NewRequest("POST", controlPrefix+"clock", strings.NewReader(`{"advance":"1h"}`))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set(header[0], header[1])
		w := httptest.NewRecorder()
		g.ServeHTTP(w, r)
		if w.Code == 200 || !g.now().Equal(g.clock.now()) {
			t.Errorf("rule: %s cannot control the simulator; got %d", rule, w.Code)
		}
	}
	if status, out := g.ctl("POST", "follow", `{"appid":"`+app+`","person":"mei"}`); status != 200 || out["told"] != false {
		t.Errorf("rule: without a push address nobody is told; got %d %v", status, out)
	}
	g.SetPush(app, "http://127.0.0.1:1/", pushToken, "")
	if status, out := g.ctl("POST", "unfollow", `{"appid":"`+app+`","person":"mei"}`); status != 200 || out["told"] != true || out["trouble"] == nil {
		t.Errorf("rule: a push that fails is told, and the change holds; got %d %v", status, out)
	}
}

func TestOpenAPIDescribesEveryOperation(t *testing.T) {
	g := newRig(t)
	status, out := g.ctl("GET", "openapi.json", "")
	if status != 200 || out["openapi"] != "3.1.0" {
		t.Fatalf("rule: the description is OpenAPI 3.1; got %d", status)
	}
	described, ids := 0, map[string]bool{}
	for path, methods := range out["paths"].(map[string]any) {
		for method, about := range methods.(map[string]any) {
			described++
			id := about.(map[string]any)["operationId"].(string)
			if ids[id] || about.(map[string]any)["summary"] == "" {
				t.Errorf("rule: every operation has a summary and an id of its own; %s %s", method, path)
			}
			ids[id] = true
			r := httptest.NewRequest(strings.ToUpper(method), path, nil)
			w := httptest.NewRecorder()
			g.ServeHTTP(w, r)
			if w.Code == http.StatusNotFound || w.Code == http.StatusMethodNotAllowed {
				t.Errorf("rule: what is described exists; %s %s got %d", method, path, w.Code)
			}
		}
	}
	if described != len(g.operations()) {
		t.Errorf("rule: everything is described; %d of %d", described, len(g.operations()))
	}
	clock := out["paths"].(map[string]any)["/_sim/clock"].(map[string]any)["post"].(map[string]any)
	raw, _ := json.Marshal(clock["requestBody"])
	if want := `{"content":{"application/json":{"schema":{"properties":{"advance":{"description":"a duration such as 90s, 5m or 720h; a negative one goes back","type":"string"}},"required":["advance"],"type":"object"}}},"required":true}`; string(raw) != want {
		t.Errorf("rule: fields are described by their tags; got %s", raw)
	}
}

// answers holds when an address is answered with these errcodes, one call after the other.
func answers(api func(string) body, target string, errcodes ...int) bool {
	for _, want := range errcodes {
		if api(target).code() != want {
			return false
		}
	}
	return true
}
