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
	hint := Hint{Kind: KindHint, Object: ObjectActivity, Aspect: AspectDelete, ObjectID: 9007199254740993, OwnerID: 7, EventTime: 1516126043}
	text := []byte(`{"kind":"hint","object":"activity","aspect":"delete","object_id":9007199254740993,"owner_id":7,"event_time":1516126043}`)
	if got, err := Decode[Hint](text); err != nil || got != hint || KindOf(text) != KindHint {
		t.Errorf("got %+v, %v", got, err)
	}
	text = []byte(`{"kind":"mail","due_id":3,"account_id":7}`)
	if got, err := Decode[Mail](text); err != nil || got != NewMail(3, 7) {
		t.Errorf("got %+v, %v", got, err)
	}
	if got, err := Decode[Mail]([]byte(`{"kind":"mail","due_id":3,"account_id":0}`)); fault.KindOf(err) != fault.Malformed {
		t.Errorf("mail to nobody: got %+v, %v", got, err)
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

func TestAHintThatNobodyCanActOnIsMalformed(t *testing.T) {
	t.Parallel()
	good := Hint{Kind: KindHint, Object: ObjectAthlete, Aspect: AspectDeauthorize, ObjectID: 7, OwnerID: 7, EventTime: 1}
	for name, change := range map[string]func(*Hint){
		"another kind": func(h *Hint) { h.Kind = KindWake }, "no object": func(h *Hint) { h.Object = "" },
		"an athlete's create": func(h *Hint) { h.Aspect = AspectCreate }, "an activity's deauthorize": func(h *Hint) { h.Object = ObjectActivity },
		"no object id": func(h *Hint) { h.ObjectID = 0 }, "no owner": func(h *Hint) { h.OwnerID = -1 },
		"no time": func(h *Hint) { h.EventTime = 0 },
	} {
		wrong := good
		change(&wrong)
		text, err := json.Marshal(wrong)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := Decode[Hint](text); fault.KindOf(err) != fault.Malformed {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
	if text, err := json.Marshal(good); err != nil || KindOf(text) != KindHint {
		t.Errorf("%s, %v", text, err)
	}
	for _, text := range []string{``, `7`, `{}`, `{"kind":7}`, `{"kind":"hint"`} {
		if got := KindOf([]byte(text)); got != "" {
			t.Errorf("%s is of kind %q", text, got)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, text := range []string{`{"kind":"wake","due_id":1,"account_id":2}`, `{"kind":"tick"}`, `{"kind":"migrate"}`, `{"kind":"mail","due_id":1,"account_id":2}`,
		`{"kind":"hint","object":"athlete","aspect":"deauthorize","object_id":7,"owner_id":7,"event_time":1}`,
		`{"kind":"hint","object":"activity","aspect":"update","object_id":9007199254740993,"owner_id":7,"event_time":1516126043}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		KindOf(data)
		readsBack[Wake](t, data)
		readsBack[Hint](t, data)
		readsBack[Mail](t, data)
		readsBack[Tick](t, data)
		readsBack[Migrate](t, data)
	})
}

// readsBack checks that data is refused as malformed, or is a message that reads the same once it is written.
func readsBack[T interface {
	Body
	comparable
}](t *testing.T, data []byte) {
	t.Helper()
	body, err := Decode[T](data)
	if err != nil {
		if fault.KindOf(err) != fault.Malformed {
			t.Errorf("%q: %v", data, err)
		}
		return
	}
	written, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := Decode[T](written); err != nil || again != body {
		t.Errorf("%q: got %+v, then %+v, %v", data, body, again, err)
	}
}
