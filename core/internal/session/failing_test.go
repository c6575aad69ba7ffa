package session

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
)

var errDown = errors.New("the store is down")

// failing is a store and a codec whose command or call of this number fails, and which
// notes the contexts that it gets. It says "found" even where it fails: what a store says
// beside an error means nothing.
type failing struct {
	*Memory
	codec    scs.Codec
	number   int // 0: none fails
	met      bool
	contexts []context.Context
}

func (f *failing) step(ctx context.Context) error {
	f.contexts = append(f.contexts, ctx)
	return f.count()
}

// count is a step without a context, which a codec does not get.
func (f *failing) count() error {
	if f.number--; f.number == 0 {
		f.met = true
		return errDown
	}
	return nil
}

func (f *failing) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	if err := f.step(ctx); err != nil {
		return nil, true, err
	}
	return f.Memory.Find(token)
}

func (f *failing) CommitCtx(ctx context.Context, token string, b []byte, expires time.Time) error {
	if err := f.step(ctx); err != nil {
		return err
	}
	return f.Memory.Commit(token, b, expires)
}

func (f *failing) DeleteCtx(ctx context.Context, token string) error {
	if err := f.step(ctx); err != nil {
		return err
	}
	return f.Memory.Delete(token)
}

func (f *failing) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	if err := f.count(); err != nil {
		return nil, err
	}
	return f.codec.Encode(deadline, values)
}

func (f *failing) Decode(b []byte) (time.Time, map[string]any, error) { return f.codec.Decode(b) }

// works are what can be done with a session. Each says whether anything but an error came
// of it.
var works = map[string]func(*Sessions, context.Context, Stored) (any, error){
	"Read": func(s *Sessions, ctx context.Context, was Stored) (any, error) {
		return first2(s.Read(ctx, cookies(s, was.Token), true))
	},
	"RecordOf": func(s *Sessions, ctx context.Context, was Stored) (any, error) {
		record, found, err := s.RecordOf(ctx, was.Token, false)
		return [2]any{record, found}, err
	},
	"Exists": func(s *Sessions, ctx context.Context, was Stored) (any, error) {
		return first2(s.Exists(ctx, was.Token))
	},
	"a first Login": func(s *Sessions, ctx context.Context, was Stored) (any, error) {
		return first2(s.Login(ctx, Stored{Loaded: was.Loaded}, []byte("r"), false, http.Header{}, true))
	},
	"Login": func(s *Sessions, ctx context.Context, was Stored) (any, error) {
		return first2(s.Login(ctx, was, []byte("r"), false, http.Header{}, true))
	},
	"Login anew": func(s *Sessions, ctx context.Context, was Stored) (any, error) {
		return first2(s.Login(ctx, was, []byte("r"), true, http.Header{}, true))
	},
	"Rewrite": func(s *Sessions, ctx context.Context, was Stored) (any, error) {
		return first2(s.Rewrite(ctx, was, []byte("r"), true))
	},
	"Logout of all accounts": func(s *Sessions, ctx context.Context, was Stored) (any, error) {
		return first2(s.Logout(ctx, was, true, cookies(s, was.Token), true))
	},
	"Logout of one account": func(s *Sessions, ctx context.Context, was Stored) (any, error) {
		return first2(s.Logout(ctx, was, false, cookies(s, was.Token), true))
	},
}

func first2[T any](value T, err error) (any, error) { return value, err }

// sessionsOn are sessions in a failing store, with one that holds records of two accounts.
func sessionsOn(t *testing.T, codec scs.Codec, loaded bool) (*failing, *Sessions, context.Context, Stored) {
	t.Helper()
	f := &failing{Memory: NewMemory(), codec: codec}
	m := managerOn(f)
	m.Codec = f
	s := sessionsOf(t, m)
	was, ctx := loggedIn(t, s, "record"), context.Background()
	other, err := m.Load(ctx, was.Token)
	if err != nil {
		t.Fatal(err)
	}
	m.Put(other, recordPrefix+"another", []byte("another"))
	if _, _, err := m.Commit(other); err != nil {
		t.Fatal(err)
	}
	if loaded {
		ctx, _ = m.Load(ctx, was.Token)
		was.Loaded = true
	}
	f.contexts = nil
	return f, s, ctx, was
}

func TestAFailingCommandFailsTheWork(t *testing.T) {
	for name, work := range works {
		for _, loaded := range []bool{false, true} {
			tried := 0
			for number := 1; ; number++ {
				f, s, ctx, was := sessionsOn(t, scs.GobCodec{}, loaded)
				f.number = number
				got, err := work(s, ctx, was)
				if !f.met {
					if err != nil {
						t.Errorf("rule: without a failure the work is done: %s (loaded %t): %v", name, loaded, err)
					}
					break
				}
				tried++
				if !errors.Is(err, errDown) {
					t.Errorf("rule: a command that fails is the error of the work: %s (loaded %t), command %d: %v %v", name, loaded, number, got, err)
				}
				if h, ok := got.(http.Header); ok && len(h) > 0 {
					t.Errorf("rule: a logout that failed removes no cookie: %s, command %d: %v", name, number, h)
				}
				if w, ok := got.(Written); ok && !reflect.DeepEqual(w, Written{}) || ok && w.Gone {
					t.Errorf("rule: beside an error there is nothing that was written: %s, command %d: %+v", name, number, w)
				}
				if strings.HasPrefix(name, "Read") && got != any(Stored{}) && !loaded || name == "RecordOf" && got != any([2]any{"", false}) {
					t.Errorf("rule: a store that fails has found no session: %s, command %d: %v", name, number, got)
				}
			}
			if reads := name == "Read" && loaded; tried == 0 && !reads {
				t.Errorf("rule: each work asks the store: %s (loaded %t)", name, loaded)
			}
		}
	}
}

func TestAWorkLeavesNoTimerBehind(t *testing.T) {
	for name, work := range works {
		for number := range 8 {
			f, s, ctx, was := sessionsOn(t, scs.GobCodec{}, false)
			f.number = number
			_, _ = work(s, ctx, was)
			if i := slices.IndexFunc(f.contexts, func(ctx context.Context) bool { return ctx.Err() == nil }); i >= 0 {
				t.Errorf("rule: the context of every command has ended with its work: %s, where command %d fails: command %d goes on", name, number, i+1)
			}
		}
	}
}

// tolerant is a codec of an app's that makes a session of anything.
type tolerant struct{ scs.GobCodec }

func (c tolerant) Decode(b []byte) (time.Time, map[string]any, error) {
	if deadline, values, err := c.GobCodec.Decode(b); err == nil {
		return deadline, values, nil
	}
	return time.Now(), map[string]any{}, nil
}

func TestWhatIsNotThereIsNoSession(t *testing.T) {
	for name, codec := range map[string]scs.Codec{"scs's codec": scs.GobCodec{}, "our codec": Codec{}, "a codec that decodes anything": tolerant{}} {
		m := managerOn(NewMemory())
		m.Codec = codec
		s := sessionsOf(t, m)
		token := strings.Repeat("u", tokenDigits)
		if found, err := s.Read(context.Background(), cookies(s, token), true); err != nil || found != (Stored{}) {
			t.Errorf("rule: a token that is not in the store is no session: %s: %+v %v", name, found, err)
		}
		if record, found, err := s.RecordOf(context.Background(), token, false); record != "" || found || err != nil {
			t.Errorf("rule: nor has it a record: %s: %q %t %v", name, record, found, err)
		}
		if found, err := s.Exists(context.Background(), token); found || err != nil {
			t.Errorf("rule: nor does it exist: %s: %t %v", name, found, err)
		}
		was := loggedIn(t, s, "record")
		if found, err := s.Exists(context.Background(), was.Token); !found || err != nil {
			t.Errorf("rule: a session that was made exists: %s: %t %v", name, found, err)
		}
	}
}

func TestWhatCannotBeReadIsNoSession(t *testing.T) {
	for name, codec := range map[string]scs.Codec{"scs's codec": scs.GobCodec{}, "our codec": Codec{}} {
		for rule, value := range map[string][]byte{"garbage": []byte("garbage"), "nothing": nil, "no bytes": {}} {
			store := NewMemory()
			m := managerOn(store)
			m.Codec = codec
			s := sessionsOf(t, m)
			token := strings.Repeat("g", tokenDigits)
			store.Commit(token, value, time.Now().Add(time.Hour))
			if found, err := s.Read(context.Background(), cookies(s, token), true); err != nil || found != (Stored{}) {
				t.Errorf("rule: %s in the store is no session (%s): %+v %v", rule, name, found, err)
			}
			if record, found, err := s.RecordOf(context.Background(), token, false); record != "" || found || err != nil {
				t.Errorf("rule: %s in the store holds no record (%s): %q %t %v", rule, name, record, found, err)
			}
		}
	}
}

// panickingHeader is a request that cannot even be asked for its cookies.
type panickingHeader struct{ http.Header }

func (panickingHeader) Get(string) string      { panic("a secret of the app's") }
func (panickingHeader) Values(string) []string { panic("a secret of the app's") }

func TestARequestThatPanicsIsAnError(t *testing.T) {
	s := sessionsOf(t, nil)
	if found, err := s.Read(context.Background(), panickingHeader{}, true); err == nil || strings.Contains(err.Error(), "secret") || found != (Stored{}) {
		t.Errorf("rule: a request that panics is one whose session cannot be read: %+v %v", found, err)
	}
}
