package strava

import (
	"strings"
	"testing"

	"github.com/train-d/train-d/shared/training"
)

func decode(t testing.TB, fields string) Activity {
	t.Helper()
	activity, err := decodeActivity([]byte(`{"id":1,"start_date":"2025-10-20T02:30:00Z","start_date_local":"2025-10-19T22:30:00Z",` + fields + `}`))
	if err != nil {
		t.Fatalf("decode %s: %v", fields, err)
	}
	return activity
}

// I18: a sport nobody heard of is an activity like any other.
func TestEverySportIsKept(t *testing.T) {
	t.Parallel()
	for fields, want := range map[string]string{
		`"sport_type":"Padel","type":"Workout"`: "Padel",
		`"sport_type":"Underwater Chess 2031"`:  "Underwater Chess 2031",
		`"type":"Hike"`:                         "Hike",
		`"sport_type":null,"type":"Hike"`:       "Hike",
		`"name":"no sport at all"`:              UnknownSport,
	} {
		activity := decode(t, fields)
		if activity.SportType != want || activity.Summary().SportType != want {
			t.Errorf("%s: got %q, want %q", fields, activity.SportType, want)
		}
	}
}

func TestAbsentFactsStayAbsent(t *testing.T) {
	t.Parallel()
	for fields, want := range map[string]float64{
		`"has_heartrate":true,"average_heartrate":146.8`:  146.8,
		`"average_heartrate":146.8`:                       146.8,
		`"has_heartrate":false,"average_heartrate":146.8`: 0,
		`"has_heartrate":true,"average_heartrate":0`:      0,
		`"has_heartrate":true,"average_heartrate":null`:   0,
		`"has_heartrate":true`:                            0,
	} {
		activity := decode(t, fields)
		got := activity.Summary().AverageHR
		if (got == nil) != (want == 0) || (got != nil && *got != want) {
			t.Errorf("%s: got %v, want %v (0 is absent)", fields, got, want)
		}
	}
	nothing := decode(t, `"name":"nothing else","distance":null,"start_latlng":[]`)
	if summary := nothing.Summary(); summary != (training.Summary{SportType: UnknownSport}) {
		t.Errorf("got %+v, want nothing but the sport", summary)
	}
	zero := decode(t, `"distance":0.0,"moving_time":0`)
	if summary := zero.Summary(); summary.DistanceM == nil || summary.MovingS == nil {
		t.Error("a distance of 0 that Strava sent is absent")
	}
}

func TestTheDayIsTheLocalOne(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ utc, local, offset, want string }{
		{"2025-10-20T02:30:00Z", "2025-10-19T22:30:00Z", "-14400", "2025-10-19"}, // I21: evening west of Greenwich
		{"2024-12-31T15:30:00Z", "2025-01-01T00:30:00Z", "32400", "2025-01-01"},  // midnight run in Tokyo
		{"2024-07-02T04:00:01Z", "2024-07-02T00:00:01Z", "-14400", "2024-07-02"}, // start hidden by the athlete
		{"2025-03-30T00:30:00Z", "2025-03-30T01:30:00Z", "3600", "2025-03-30"},   // the night of the clock change
		{"2025-10-20T02:30:00Z", "", "-14400.0", "2025-10-19"},                   // no local time: worked out
	} {
		body := `{"id":1,"start_date":"` + test.utc + `","start_date_local":"` + test.local + `","utc_offset":` + test.offset + `}`
		activity, err := decodeActivity([]byte(body))
		if err != nil || activity.LocalDay.String() != test.want {
			t.Errorf("%s: got %s, %v; want %s", body, activity.LocalDay, err, test.want)
		}
	}
}

func TestTheHashFollowsWhatIsStored(t *testing.T) {
	t.Parallel()
	const fields = `"name":"Run","sport_type":"Run","distance":6764.8,"moving_time":2151,"elapsed_time":2178,
		"average_heartrate":146.8,"timezone":"(GMT-05:00) America/New_York","manual":false,"start_latlng":[1,2]`
	original := decode(t, fields)
	hash := original.Hash()
	same := decode(t, `"kudos_count":9,"perceived_exertion":7,`+strings.Replace(fields, "6764.8", "6764.80", 1))
	if same.Hash() != hash {
		t.Error("kudos, an exertion that only the detail has and another way to write a number change the hash")
	}
	for _, edit := range [][2]string{{`"Run",`, `"Parkrun",`}, {`"sport_type":"Run"`, `"sport_type":"TrailRun"`}, {"6764.8", "6700"},
		{"2151", "2150"}, {"2178", "2177"}, {"146.8", "146.9"}, {"York", "Haven"}, {"false", "true"}, {"[1,2]", "[]"}} {
		if edited := decode(t, strings.Replace(fields, edit[0], edit[1], 1)); edited.Hash() == hash {
			t.Errorf("%s → %s keeps the hash", edit[0], edit[1])
		}
	}
	if later, err := decodeActivity([]byte(`{"id":1,"start_date":"2025-10-20T02:31:00Z","start_date_local":"2025-10-19T22:31:00Z",` + fields + `}`)); err != nil || later.Hash() == hash {
		t.Errorf("another start keeps the hash (%v)", err)
	}
}
