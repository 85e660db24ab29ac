package message

import (
	"encoding/json"
	"testing"

	"github.com/train-d/train-d/shared/fault"
)

func TestAMessageReadsBack(t *testing.T) {
	t.Parallel()
	got, err := Decode[Wake]([]byte(`{"kind":"wake","due_id":9007199254740993,"account_id":7}`))
	if want := NewWake(9007199254740993, 7); err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := Decode[Tick]([]byte(" {\"kind\":\"tick\"}\n")); err != nil {
		t.Error(err)
	}
	if _, err := Decode[Migrate]([]byte(`{"kind":"migrate"}`)); err != nil {
		t.Error(err)
	}
}

func TestWhatIsNotExactlyAMessageIsMalformed(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		``, `null`, `{}`, `[]`, `"wake"`, `{"kind":"wake"}`, `{"kind":"tick","due_id":1,"account_id":1}`,
		`{"kind":"wake","due_id":1,"account_id":1,"more":1}`, `{"kind":"wake","due_id":1,"account_id":1} x`,
		`{"kind":"wake","due_id":1,"account_id":1}{}`, `{"kind":"wake","due_id":0,"account_id":1}`,
		`{"kind":"wake","due_id":1,"account_id":-1}`, `{"kind":"wake","due_id":1.5,"account_id":1}`,
		`{"kind":"wake","due_id":"1","account_id":1}`, `{"kind":"wake","due_id":1`,
	} {
		got, err := Decode[Wake]([]byte(text))
		if fault.KindOf(err) != fault.Malformed || got != (Wake{}) {
			t.Errorf("%s: got %+v, %v", text, got, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"kind":"wake","due_id":1,"account_id":2}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		wake, err := Decode[Wake](data)
		if err != nil {
			if fault.KindOf(err) != fault.Malformed {
				t.Errorf("%q: %v", data, err)
			}
			return
		}
		written, err := json.Marshal(wake)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := Decode[Wake](written); err != nil || again != wake {
			t.Errorf("%q: got %+v, then %+v, %v", data, wake, again, err)
		}
	})
}
