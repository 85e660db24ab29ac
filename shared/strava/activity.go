package strava

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/train-d/train-d/shared/training"
)

// UnknownSport stands for a sport that Strava did not name. The activity counts all the same.
const UnknownSport = "Unknown"

// Activity is the part of Strava's summary that Train-D uses. The list and the detail give the same, except for the
// perceived exertion, which only the detail has.
type Activity struct {
	ID         int64
	Name       string
	SportType  string        // as Strava sent it, types unknown here included
	StartAt    time.Time     // UTC; a minute past midnight local time where the athlete hides the start
	StartLocal string        // start_date_local as sent: local wall time, whatever the trailing Z says
	LocalDay   training.Date // the day the activity belongs to: the date part of StartLocal
	TimeZone   string        // IANA name, as "Europe/Berlin"; empty where not told

	DistanceM         *float64
	MovingS           *float64
	ElapsedS          *float64
	ElevationGainM    *float64
	AverageHR         *float64
	MaxHR             *float64
	AverageWatts      *float64
	DeviceWatts       *bool
	Kilojoules        *float64
	SufferScore       *float64
	PerceivedExertion *float64
	Manual            bool
	Trainer           bool
	HasPosition       bool
}

// wireActivity is an activity as Strava writes it. Pointers tell absent and null from 0.
type wireActivity struct {
	ID                 int64           `json:"id"`
	Name               string          `json:"name"`
	Type               string          `json:"type"`
	SportType          string          `json:"sport_type"`
	StartDate          string          `json:"start_date"`
	StartDateLocal     string          `json:"start_date_local"`
	Timezone           string          `json:"timezone"`
	UTCOffset          *float64        `json:"utc_offset"`
	Distance           *float64        `json:"distance"`
	MovingTime         *float64        `json:"moving_time"`
	ElapsedTime        *float64        `json:"elapsed_time"`
	TotalElevationGain *float64        `json:"total_elevation_gain"`
	HasHeartrate       *bool           `json:"has_heartrate"`
	AverageHeartrate   *float64        `json:"average_heartrate"`
	MaxHeartrate       *float64        `json:"max_heartrate"`
	AverageWatts       *float64        `json:"average_watts"`
	DeviceWatts        *bool           `json:"device_watts"`
	Kilojoules         *float64        `json:"kilojoules"`
	SufferScore        *float64        `json:"suffer_score"`
	PerceivedExertion  *float64        `json:"perceived_exertion"`
	Manual             bool            `json:"manual"`
	Trainer            bool            `json:"trainer"`
	StartLatlng        json.RawMessage `json:"start_latlng"`
}

// activity checks what Strava sent and gives our view of it. An activity without an id or a day is an error: it could
// neither be stored nor be counted, and leaving it out would be a rest day that nobody had.
func (w *wireActivity) activity() (Activity, error) {
	if w.ID <= 0 {
		return Activity{}, errors.New("an activity has no id")
	}
	start, err := time.Parse(time.RFC3339, w.StartDate)
	if err != nil {
		return Activity{}, fmt.Errorf("activity %d: start_date is no time", w.ID)
	}
	local := w.StartDateLocal
	day, err := training.LocalDay(local)
	if err != nil && w.UTCOffset != nil {
		local = start.UTC().Add(time.Duration(*w.UTCOffset) * time.Second).Format(time.RFC3339)
		day, err = training.LocalDay(local)
	}
	if err != nil {
		return Activity{}, fmt.Errorf("activity %d: %w", w.ID, err)
	}
	activity := Activity{
		ID: w.ID, Name: w.Name, SportType: w.sport(),
		StartAt: start.UTC(), StartLocal: local, LocalDay: day, TimeZone: zoneName(w.Timezone),
		DistanceM: w.Distance, MovingS: w.MovingTime, ElapsedS: w.ElapsedTime, ElevationGainM: w.TotalElevationGain,
		AverageWatts: w.AverageWatts, DeviceWatts: w.DeviceWatts, Kilojoules: w.Kilojoules,
		SufferScore: w.SufferScore, PerceivedExertion: w.PerceivedExertion,
		Manual: w.Manual, Trainer: w.Trainer, HasPosition: hasPosition(w.StartLatlng),
	}
	if w.HasHeartrate == nil || *w.HasHeartrate {
		activity.AverageHR, activity.MaxHR = unlessZero(w.AverageHeartrate), unlessZero(w.MaxHeartrate)
	}
	return activity, nil
}

// sport is the sport_type; older answers have the coarser type only.
func (w *wireActivity) sport() string {
	switch {
	case w.SportType != "":
		return w.SportType
	case w.Type != "":
		return w.Type
	default:
		return UnknownSport
	}
}

// zoneName takes the IANA name out of "(GMT-05:00) America/New_York".
func zoneName(timezone string) string {
	if _, name, found := strings.Cut(timezone, ") "); found {
		return name
	}
	return timezone
}

// hasPosition says whether start_latlng is a pair, and not null or [].
func hasPosition(latlng json.RawMessage) bool {
	var pair []float64
	return json.Unmarshal(latlng, &pair) == nil && len(pair) == 2
}

// unlessZero drops a heart rate of 0, which is how some recorders write that there was none.
func unlessZero(value *float64) *float64 {
	if value == nil || *value <= 0 {
		return nil
	}
	return value
}

// Summary is what the activity's load is computed from.
func (a *Activity) Summary() training.Summary {
	return training.Summary{
		SportType: a.SportType,
		DistanceM: a.DistanceM, MovingS: a.MovingS, ElapsedS: a.ElapsedS, ElevationGainM: a.ElevationGainM,
		AverageHR: a.AverageHR, MaxHR: a.MaxHR,
		AverageWatts: a.AverageWatts, DeviceWatts: a.DeviceWatts, Kilojoules: a.Kilojoules,
		SufferScore: a.SufferScore, PerceivedExertion: a.PerceivedExertion,
		Manual: a.Manual, Trainer: a.Trainer, HasPosition: a.HasPosition,
	}
}

// Hash is a fingerprint of all that is stored of the activity. Two answers with the same hash say the same; another hash
// means an edit, a crop or a late correction. The perceived exertion is left out, since the list does not have it and
// would differ from the detail for ever.
func (a *Activity) Hash() [sha256.Size]byte {
	listed := *a
	listed.PerceivedExertion = nil
	digest := sha256.New()
	// Encoding can't fail: every field is a text, a flag, a day, a time that was parsed or a number that came from JSON.
	_ = json.NewEncoder(digest).Encode(&listed)
	return [sha256.Size]byte(digest.Sum(nil))
}
