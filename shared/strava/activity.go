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
	ID                 int64
	Name               string
	Type               string
	SportType          string
	StartDate          string
	StartDateLocal     string
	Timezone           string
	UTCOffset          *float64
	Distance           *float64
	MovingTime         *float64
	ElapsedTime        *float64
	TotalElevationGain *float64
	HasHeartrate       *bool
	AverageHeartrate   *float64
	MaxHeartrate       *float64
	AverageWatts       *float64
	DeviceWatts        *bool
	Kilojoules         *float64
	SufferScore        *float64
	PerceivedExertion  *float64
	Manual             bool
	Trainer            bool
	HasPosition        bool // start_latlng is a pair, and not null or []
}

// readActivity reads one activity's object. Most of the text is nothing of ours and is passed over.
func readActivity(s *scanner) (w wireActivity) {
	for more := s.open('{', '}'); more; more = s.next('}') {
		known := true
		key := s.key()
		switch string(key) {
		case "id":
			w.ID = s.integer()
		case "name":
			w.Name = s.words()
		case "type":
			w.Type = s.words()
		case "sport_type":
			w.SportType = s.words()
		case "start_date":
			w.StartDate = s.words()
		case "start_date_local":
			w.StartDateLocal = s.words()
		case "timezone":
			w.Timezone = s.words()
		case "utc_offset":
			w.UTCOffset = s.optionalNumber()
		case "distance":
			w.Distance = s.optionalNumber()
		case "moving_time":
			w.MovingTime = s.optionalNumber()
		case "elapsed_time":
			w.ElapsedTime = s.optionalNumber()
		case "total_elevation_gain":
			w.TotalElevationGain = s.optionalNumber()
		case "has_heartrate":
			w.HasHeartrate = s.optionalFlag()
		case "average_heartrate":
			w.AverageHeartrate = s.optionalNumber()
		case "max_heartrate":
			w.MaxHeartrate = s.optionalNumber()
		case "average_watts":
			w.AverageWatts = s.optionalNumber()
		case "device_watts":
			w.DeviceWatts = s.optionalFlag()
		case "kilojoules":
			w.Kilojoules = s.optionalNumber()
		case "suffer_score":
			w.SufferScore = s.optionalNumber()
		case "perceived_exertion":
			w.PerceivedExertion = s.optionalNumber()
		case "manual":
			w.Manual = s.flag()
		case "trainer":
			w.Trainer = s.flag()
		case "start_latlng":
			w.HasPosition = s.pair()
		default:
			known = false
			s.skip(2)
		}
		if known && s.err != nil {
			s.err = fmt.Errorf("%s: %w", key, s.err)
		}
	}
	return w
}

// pair passes over any value and says whether it is a list of two.
func (s *scanner) pair() bool {
	if s.peek() != '[' {
		s.skip(2)
		return false
	}
	entries := 0
	for more := s.open('[', ']'); more; more = s.next(']') {
		s.skip(3)
		entries++
	}
	return entries == 2
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
		Manual: w.Manual, Trainer: w.Trainer, HasPosition: w.HasPosition,
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
