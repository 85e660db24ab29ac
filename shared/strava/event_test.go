package strava

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"
)

const deauthorization = `{"aspect_type":"update","event_time":1516126050,"object_id":7,"object_type":"athlete","owner_id":7,
"subscription_id":9,"updates":{"authorized":"false"}}`

func TestAnEventIsRead(t *testing.T) {
	t.Parallel()
	got, err := DecodeEvent([]byte(`{"aspect_type":"create","event_time":1516126040,"object_id":9007199254740993,
"object_type":"activity","owner_id":134815,"subscription_id":120475,"updates":{},"added_one_day":[1]}`))
	want := Event{Object: ObjectActivity, Aspect: AspectCreate, ObjectID: 9007199254740993, OwnerID: 134815,
		SubscriptionID: 120475, At: time.Date(2018, 1, 16, 18, 7, 20, 0, time.UTC)}
	if err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	if got, err := DecodeEvent([]byte(deauthorization)); err != nil || !got.Deauthorized {
		t.Errorf("deauthorization: got %+v, %v", got, err)
	}
	// An activity with an update of that name says nothing about the athlete.
	got, err = DecodeEvent([]byte(`{"aspect_type":"update","event_time":1,"object_id":1,"object_type":"activity","owner_id":1,
"subscription_id":1,"updates":{"authorized":false}}`))
	if err != nil || got.Deauthorized {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestWhatIsNotAnEventIsRefused(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		``, `null`, `{}`, `[]`, `7`, `{"aspect_type":"create"}`, deauthorization + "x", deauthorization + deauthorization,
		`{"aspect_type":"","event_time":1,"object_id":1,"object_type":"activity","owner_id":1,"subscription_id":1}`,
		`{"aspect_type":"create","event_time":1,"object_id":0,"object_type":"activity","owner_id":1,"subscription_id":1}`,
		`{"aspect_type":"create","event_time":1,"object_id":1,"object_type":"activity","owner_id":-1,"subscription_id":1}`,
		`{"aspect_type":"create","event_time":1,"object_id":1,"object_type":"activity","owner_id":1}`,
		`{"aspect_type":"create","object_id":1,"object_type":"activity","owner_id":1,"subscription_id":1}`,
		`{"aspect_type":"create","event_time":1,"object_id":"1","object_type":"activity","owner_id":1,"subscription_id":1}`,
		`{"aspect_type":"create","event_time":1,"object_id":1.5,"object_type":"activity","owner_id":1,"subscription_id":1}`,
		`{"aspect_type":"create","event_time":1,"object_id":1,"object_type":"activity","owner_id":1,"subscription_id":1`,
	} {
		if got, err := DecodeEvent([]byte(body)); err == nil || got != (Event{}) {
			t.Errorf("%s: got %+v, %v", body, got, err)
		}
	}
}

// Events as Strava's own documentation and clients have them.
func TestReferenceEventsAreRead(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("TRAIND_REFERENCE_DIR")
	if dir == "" {
		t.Skip("skipped: TRAIND_REFERENCE_DIR names no folder with reference data")
	}
	text, err := os.ReadFile(filepath.Join(dir, "strava-api", "webhook_events.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Events map[string]json.RawMessage }
	if err := json.Unmarshal(text, &file); err != nil || len(file.Events) == 0 {
		t.Fatalf("%d events, %v", len(file.Events), err)
	}
	for name, body := range file.Events {
		event, err := DecodeEvent(body)
		if err != nil || event.OwnerID == 0 || event.Deauthorized != (name == "athlete_deauthorize") {
			t.Errorf("%s: got %+v, %v", name, event, err)
		}
	}
}

func FuzzDecodeEvent(f *testing.F) {
	f.Add([]byte(deauthorization))
	f.Add([]byte(`{"aspect_type":"delete","event_time":1516126043,"object_id":1360128428,"object_type":"activity","owner_id":1,"subscription_id":1,"updates":null}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		event, err := DecodeEvent(body)
		if err != nil {
			if event != (Event{}) {
				t.Fatal("an event beside an error")
			}
			return
		}
		if !json.Valid(body) || event.ObjectID <= 0 || event.OwnerID <= 0 || event.SubscriptionID <= 0 || event.At.Year() > 9999 {
			t.Fatalf("accepted %q as %+v", body, event)
		}
	})
}
