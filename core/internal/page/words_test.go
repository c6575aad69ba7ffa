package page

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
)

var (
	kinds = []Kind{Outside, Consent, Refused, Stuck, LogInAgain, Frame, Snapshot, Unavailable, Follow, Denied, Withdrawn, Continue, Forbidden, BadRequest, NotFound,
		ScreenWait, ScreenScanned, ScreenNumber, ScreenRefused, ScreenExpired, ScreenLocked, PhoneAllow, PhoneAllowed, PhoneRefused, PhoneExpired, PhoneTaken}
	faults = []Fault{CookiesOff, OtherDomain, MixedScheme, SessionCookie, StateLost}
)

// needed are the texts of each page beside title and body.
var needed = map[Kind]string{
	Outside:     "BodyWithoutCode Hint HintWithoutCode",
	Consent:     "Hint Button",
	Refused:     "Hint Button Guest",
	Stuck:       "Button", // its hint is the fault
	LogInAgain:  "Hint Button",
	Frame:       "Hint Button",
	Snapshot:    "Hint Button",
	Unavailable: "Hint Button",
	Follow:      "TitleNamed Hint HintWithLink HintWithoutCode HintOnScreen Button Follow Home",
	Denied:      "Home", // trying again would end the same way
	Withdrawn:   "Hint Home",
	Continue:    "Hint Button",
	Forbidden:   "Hint Button",
	BadRequest:  "Hint",
	NotFound:    "Hint",

	ScreenWait:    "BodyWithoutCode Hint Button Field Send",
	ScreenScanned: "Button",
	ScreenNumber:  "Wrong LastTry Field Send",
	ScreenRefused: "Button",
	ScreenExpired: "Button",
	ScreenLocked:  "Button",
	PhoneAllow:    "TitleNamed Hint Allow Deny Site Device UnknownDevice Shown Seconds",
	PhoneAllowed:  "Hint",
	PhoneRefused:  "Hint",
	PhoneExpired:  "Hint",
	PhoneTaken:    "Hint",
}

func TestEveryLanguageHasEveryWord(t *testing.T) {
	tags, tables, err := loadWords()
	if err != nil {
		t.Fatal(err)
	}
	if tags[0] != fallback || len(tags) != len(tables) {
		t.Errorf("rule: the default language comes first, and each once: %v", tags)
	}
	for _, tag := range []string{"zh-CN", "zh-TW", "en"} {
		if _, ok := tables[tag]; !ok {
			t.Errorf("rule: there is a file for %s", tag)
		}
	}
	for tag, w := range tables {
		if got := slices.Sorted(maps.Keys(w.Pages)); !slices.Equal(got, slices.Sorted(slices.Values(kinds))) {
			t.Errorf("rule: %s has every page and no other: %v", tag, got)
		}
		if got := slices.Sorted(maps.Keys(w.Faults)); !slices.Equal(got, slices.Sorted(slices.Values(faults))) {
			t.Errorf("rule: %s has every fault and no other: %v", tag, got)
		}
		for fault, reason := range w.Faults {
			isText(t, tag, "fault "+string(fault), reason)
		}
		if strings.Count(w.Reference, "{reference}") != 1 {
			t.Errorf("rule: %s says where the reference stands: %q", tag, w.Reference)
		}
		for kind, said := range w.Pages {
			want := strings.Fields("Title Body " + needed[kind])
			for _, field := range reflect.VisibleFields(reflect.TypeOf(said)) {
				value := reflect.ValueOf(said).FieldByIndex(field.Index)
				switch has := value.String() != ""; {
				case has != slices.Contains(want, field.Name):
					t.Errorf("rule: %s has the texts that page %s shows, and no other: %s %q", tag, kind, field.Name, value)
				case has:
					isText(t, tag, string(kind)+" "+field.Name, value.String())
				}
			}
		}
		for kind, place := range map[Kind]string{ScreenNumber: "{left}", PhoneAllow: "{seconds}", PhoneAllowed: "{host}"} {
			if said := w.Pages[kind]; strings.Count(said.Wrong+said.Seconds+said.Body, place) != 1 {
				t.Errorf("rule: %s says on page %s where %s stands", tag, kind, place)
			}
		}
		if named := w.Pages[PhoneAllow].TitleNamed; strings.Count(named, "{account}") != 1 {
			t.Errorf("rule: %s names the site in the phone's question: %q", tag, named)
		}
		if named := w.Pages[Follow].TitleNamed; strings.Count(named, "{account}") != 1 || strings.HasPrefix(named, "{") || strings.HasSuffix(named, "}") {
			t.Errorf("rule: %s puts the account's name between quotation marks: %q", tag, named)
		}
	}
}

// isText holds for a text that can stand on a page as it is.
func isText(t *testing.T, tag, what, s string) {
	t.Helper()
	if s != strings.TrimSpace(s) || s == "" || strings.ContainsAny(s, "<>\"\n\t") {
		t.Errorf("rule: a text is a plain sentence: %s, %s: %q", tag, what, s)
	}
}

func TestAFileOfWordsIsReadStrictly(t *testing.T) {
	for rule, c := range map[string]struct {
		raw  string
		good bool
	}{
		"a text":                    {`{"pages":{"stuck":{"title":"x"}}}`, true},
		"a misspelt name of a text": {`{"pages":{"stuck":{"tilte":"x"}}}`, false},
		"a name of no part":         {`{"buttons":{}}`, false},
		"a text that is a number":   {`{"reference":1}`, false},
		"half a file":               {`{"pages":{`, false},
		"an empty file":             {``, false},
	} {
		if _, err := readWords([]byte(c.raw)); (err == nil) != c.good {
			t.Errorf("rule: %s is read or refused: %v", rule, err)
		}
	}
}
