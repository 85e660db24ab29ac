package stravasim

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// Ref names an athlete or an activity inside another object, as Strava does.
type Ref struct {
	ID            int64 `json:"id"`
	ResourceState int   `json:"resource_state"`
}

// Map is the drawing of the course. Positions are never simulated, so its polylines stay empty.
type Map struct {
	ID              string  `json:"id"`
	SummaryPolyline *string `json:"summary_polyline"`
	ResourceState   int     `json:"resource_state"`
}

// Activity is Strava's SummaryActivity. Fields that Strava leaves out when the sensor is missing are pointers.
type Activity struct {
	ResourceState      int       `json:"resource_state"`
	Athlete            Ref       `json:"athlete"`
	Name               string    `json:"name"`
	Distance           float64   `json:"distance"`
	MovingTime         int       `json:"moving_time"`
	ElapsedTime        int       `json:"elapsed_time"`
	TotalElevationGain float64   `json:"total_elevation_gain"`
	Type               string    `json:"type"`
	SportType          string    `json:"sport_type"`
	WorkoutType        *int      `json:"workout_type"`
	ID                 int64     `json:"id"`
	StartDate          string    `json:"start_date"`
	StartDateLocal     string    `json:"start_date_local"`
	Timezone           string    `json:"timezone"`
	UTCOffset          float64   `json:"utc_offset"`
	LocationCity       *string   `json:"location_city"`
	LocationState      *string   `json:"location_state"`
	LocationCountry    *string   `json:"location_country"`
	AchievementCount   int       `json:"achievement_count"`
	KudosCount         int       `json:"kudos_count"`
	CommentCount       int       `json:"comment_count"`
	AthleteCount       int       `json:"athlete_count"`
	PhotoCount         int       `json:"photo_count"`
	Map                Map       `json:"map"`
	Trainer            bool      `json:"trainer"`
	Commute            bool      `json:"commute"`
	Manual             bool      `json:"manual"`
	Private            bool      `json:"private"`
	Visibility         string    `json:"visibility"`
	Flagged            bool      `json:"flagged"`
	GearID             *string   `json:"gear_id"`
	StartLatLng        []float64 `json:"start_latlng"`
	EndLatLng          []float64 `json:"end_latlng"`
	AverageSpeed       float64   `json:"average_speed"`
	MaxSpeed           float64   `json:"max_speed"`
	AverageCadence     *float64  `json:"average_cadence,omitempty"`
	AverageTemp        *int      `json:"average_temp,omitempty"`
	AverageWatts       *float64  `json:"average_watts,omitempty"`
	WeightedWatts      *int      `json:"weighted_average_watts,omitempty"`
	MaxWatts           *int      `json:"max_watts,omitempty"`
	Kilojoules         *float64  `json:"kilojoules,omitempty"`
	DeviceWatts        *bool     `json:"device_watts,omitempty"`
	HasHeartrate       bool      `json:"has_heartrate"`
	AverageHeartrate   *float64  `json:"average_heartrate,omitempty"`
	MaxHeartrate       *float64  `json:"max_heartrate,omitempty"`
	HeartrateOptOut    bool      `json:"heartrate_opt_out"`
	DisplayHide        bool      `json:"display_hide_heartrate_option"`
	ElevHigh           *float64  `json:"elev_high,omitempty"`
	ElevLow            *float64  `json:"elev_low,omitempty"`
	UploadID           *int64    `json:"upload_id"`
	UploadIDStr        string    `json:"upload_id_str,omitempty"`
	ExternalID         *string   `json:"external_id"`
	FromAcceptedTag    bool      `json:"from_accepted_tag"`
	PRCount            int       `json:"pr_count"`
	TotalPhotoCount    int       `json:"total_photo_count"`
	HasKudoed          bool      `json:"has_kudoed"`
	SufferScore        *float64  `json:"suffer_score,omitempty"`
}

// start returns when the activity began; the zero time if its start_date is not a time.
func (a *Activity) start() time.Time {
	t, _ := time.Parse(time.RFC3339, a.StartDate)
	return t
}

// newActivity returns the facts that an activity has before anything was measured.
func newActivity(athlete, id int64, sport, name string, start time.Time, zone string) Activity {
	utc, local, timezone, offset := stravaTime(start, zone)
	polyline := ""
	return Activity{
		ResourceState: 2, Athlete: Ref{athlete, 1}, Name: name, Type: legacyType(sport), SportType: sport, ID: id,
		StartDate: utc, StartDateLocal: local, Timezone: timezone, UTCOffset: offset, AthleteCount: 1,
		Map:        Map{ID: "a" + strconv.FormatInt(id, 10), SummaryPolyline: &polyline, ResourceState: 2},
		Visibility: "everyone", StartLatLng: []float64{}, EndLatLng: []float64{},
	}
}

// uploaded adds what an activity has that came from a device.
func (a *Activity) uploaded() {
	upload, external := a.ID+950_000_000, fmt.Sprintf("activity-%d.fit", a.ID)
	a.UploadID, a.UploadIDStr, a.ExternalID = &upload, strconv.FormatInt(upload, 10), &external
}

// legacyType maps a sport_type to the older, coarser type that Strava still serves beside it.
func legacyType(sport string) string {
	switch sport {
	case "TrailRun":
		return "Run"
	case "MountainBikeRide", "GravelRide":
		return "Ride"
	}
	return sport
}

// activityName is the name that Strava gives an upload: the time of day and the sport.
func activityName(sport string, localHour float64) string {
	words := map[string]string{"TrailRun": "Trail Run", "WeightTraining": "Weight Training", "VirtualRide": "Virtual Ride"}
	word, ok := words[sport]
	if !ok {
		word = sport
	}
	switch {
	case localHour < 4 || localHour >= 21:
		return "Night " + word
	case localHour < 11.5:
		return "Morning " + word
	case localHour < 13.5:
		return "Lunch " + word
	case localHour < 17:
		return "Afternoon " + word
	}
	return "Evening " + word
}

// record is an activity as the simulator holds it: the summary, and where its streams come from. A record never
// changes once it is published to the handlers; edits replace it.
type record struct {
	Activity
	at      time.Time       // start_date, for filters and order
	body    json.RawMessage // the summary encoded
	streams func() *Samples // nil: the activity has none
	whole   func() *Samples // the streams before any crop
}

// newRecord encodes the summary once; every list that holds it copies the bytes.
func newRecord(a Activity, streams func() *Samples) *record {
	body, err := json.Marshal(a)
	if err != nil { // only a NaN or an infinity could do this; neither is ever put in
		body = []byte("{}")
	}
	return &record{Activity: a, at: a.start(), body: body, streams: streams, whole: streams}
}

// hidden reports whether only a token with activity:read_all sees the activity.
func (r *record) hidden() bool { return r.Private || r.Visibility == "only_me" }
