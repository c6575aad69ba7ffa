package session

import (
	"bytes"
	"reflect"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
)

func TestCodecKeepsEveryValue(t *testing.T) {
	deadline := time.Unix(1_700_000_000, 5).UTC()
	for _, values := range []map[string]any{
		{},
		{"wechat:wx1": []byte("record")},
		{"wechat:wx1": []byte("record"), "wechat:wx2": []byte{}, "cart": "full", "n": 7},
		{"wechat:wx1": "a value of the app's under our prefix", "b": []byte("bytes")},
	} {
		b, err := Codec{}.Encode(deadline, values)
		if err != nil {
			t.Fatal(err)
		}
		at, back, err := Codec{}.Decode(b)
		if err != nil || !at.Equal(deadline) || !reflect.DeepEqual(values, back) {
			t.Errorf("%v %v\n%v\n%v", err, at, values, back)
		}
		back["written"] = true // scs writes into it
		if record, ok := values["wechat:wx1"].([]byte); ok {
			if got, found := recordIn(string(b), "wechat:wx1"); !found || got != string(record) {
				t.Errorf("read in place: %v %q", found, got)
			}
		}
		if _, found := recordIn(string(b), "wechat:nobody"); found {
			t.Error("a record of nobody")
		}
	}
}

func TestCodecRefusesWhatItDidNotWrite(t *testing.T) {
	gob, _ := scs.GobCodec{}.Encode(time.Now(), map[string]any{"a": 1})
	good, _ := Codec{}.Encode(time.Now(), map[string]any{"wechat:a": []byte("record"), "cart": "full"})
	for _, b := range [][]byte{nil, {codecVersion}, gob, bytes.Repeat([]byte{codecVersion}, 20), good[:len(good)-1], good[:15]} {
		if _, _, err := (Codec{}).Decode(b); err == nil {
			t.Errorf("%x was decoded", b)
		}
	}
	if _, err := (Codec{}).Encode(time.Now(), map[string]any{"f": func() {}}); err == nil {
		t.Error("a value that gob cannot write")
	}
}

func FuzzCodecDecodes(f *testing.F) {
	good, _ := Codec{}.Encode(time.Unix(1, 0), map[string]any{"wechat:a": []byte("record"), "cart": "full"})
	f.Add(good)
	f.Fuzz(func(t *testing.T, b []byte) {
		_, values, err := Codec{}.Decode(b)
		record, found := recordIn(string(b), "wechat:a")
		if err == nil && found && string(values["wechat:a"].([]byte)) != record {
			t.Error("read in place, it is another record")
		}
	})
}
