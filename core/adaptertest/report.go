package adaptertest

import (
	"encoding/json"
	"fmt"

	"github.com/seed467724c4/wechat/core"
)

// report is the body of a handler's answer: what it saw.
type report struct {
	Accessor, Native, Context person
	HasNative                 bool
	Panic                     string // of the accessor
	Outer                     string
	Loaded                    own
	Method                    string
	Target, Body              []byte // bytes: JSON texts would mend broken UTF-8
}

type person struct {
	Known            bool
	OpenID, Nickname string
}

func personOf(u *core.User) person {
	if u == nil {
		return person{}
	}
	return person{true, u.OpenID, u.Nickname}
}

// access asks the accessor and the framework's store. An accessor that panics is
// reported and not left to the framework: some end the process.
func (r *report) access(s Seen) (panicked string) {
	defer func() {
		if p := recover(); p != nil {
			panicked = fmt.Sprint(p)
		}
	}()
	if s.Native != nil {
		user, _ := s.Native().(*core.User)
		r.Native = personOf(user)
	}
	r.Accessor = personOf(s.User())
	return ""
}

// reportOf reads a handler's answer.
func reportOf(a *answer) (*report, error) {
	var r report
	if a.status != 200 {
		return nil, fmt.Errorf("want the handler's answer, got %v", a)
	}
	if err := json.Unmarshal(a.body, &r); err != nil {
		return nil, fmt.Errorf("want the handler's answer and nothing else, got %v", a)
	}
	return &r, nil
}
