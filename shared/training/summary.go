package training

// Summary is what an activity's load needs of its summary, in Strava's units. Absent facts are nil, never 0.
type Summary struct {
	SportType         string   `json:"sport_type"` // Strava's sport_type: "TrailRun", "Ride", "Swim", …
	DistanceM         *float64 `json:"distance_m,omitempty"`
	MovingS           *float64 `json:"moving_s,omitempty"`         // Strava's moving_time, s
	ElapsedS          *float64 `json:"elapsed_s,omitempty"`        // Strava's elapsed_time, s
	ElevationGainM    *float64 `json:"elevation_gain_m,omitempty"` // total_elevation_gain, m
	AverageHR         *float64 `json:"average_hr,omitempty"`       // bpm, Strava's mean over moving samples
	MaxHR             *float64 `json:"max_hr,omitempty"`           // bpm, highest sample
	AverageWatts      *float64 `json:"average_watts,omitempty"`
	DeviceWatts       *bool    `json:"device_watts,omitempty"` // false: Strava estimated the power
	Kilojoules        *float64 `json:"kilojoules,omitempty"`
	SufferScore       *float64 `json:"suffer_score,omitempty"`       // Strava's relative effort, its own unit
	PerceivedExertion *float64 `json:"perceived_exertion,omitempty"` // 1–10 as the athlete entered it
	Manual            bool     `json:"manual,omitempty"`             // entered by hand: there are no streams
	Trainer           bool     `json:"trainer,omitempty"`            // recorded indoors
	HasPosition       bool     `json:"has_position,omitempty"`       // start_latlng is not empty: out of doors
}

// Quality says what an activity's TRIMP rests on.
type Quality string

// The qualities of a load, best first.
const (
	QualityStream  Quality = "stream"  // heart rate sample by sample
	QualityAverage Quality = "average" // mean heart rate times moving time
	QualityNone    Quality = "none"    // no TRIMP: the activity is unscored
)

// Sport groups Strava's sport types by how their load is measured.
type Sport string

// The groups of sport types.
const (
	SportRun      Sport = "run"
	SportWalk     Sport = "walk"
	SportRide     Sport = "ride"
	SportSwim     Sport = "swim"
	SportRow      Sport = "row"
	SportNordic   Sport = "nordic_ski" // backcountry and Nordic skiing
	SportStrength Sport = "strength"   // strength training and yoga
	SportOther    Sport = "other"
)

// Sports are all groups.
var Sports = []Sport{SportRun, SportWalk, SportRide, SportSwim, SportRow, SportNordic, SportStrength, SportOther}

// SportOf returns the group of a Strava sport_type; types it does not know are [SportOther].
func SportOf(sportType string) Sport {
	switch sportType {
	case "Run", "TrailRun", "VirtualRun":
		return SportRun
	case "Walk", "Hike":
		return SportWalk
	case "Ride", "GravelRide", "MountainBikeRide", "EBikeRide", "EMountainBikeRide", "VirtualRide", "Velomobile",
		"Handcycle":
		return SportRide
	case "Swim":
		return SportSwim
	case "Rowing", "VirtualRow":
		return SportRow
	case "BackcountrySki", "NordicSki":
		return SportNordic
	case "WeightTraining", "Yoga", "Crossfit", "Pilates":
		return SportStrength
	}
	return SportOther
}

// sessionS returns the seconds of the session without its long pauses: the moving time, else the elapsed one.
func (s *Summary) sessionS() (float64, bool) {
	if seconds, known := positive(s.MovingS); known {
		return seconds, true
	}
	return positive(s.ElapsedS)
}

// positive returns the value of an optional fact that only means something above 0.
func positive(value *float64) (float64, bool) {
	if value == nil || !(*value > 0) {
		return 0, false
	}
	return *value, true
}
