package stravasim

import (
	"fmt"
	"sync"
	"time"
)

var zones sync.Map // IANA name → *time.Location

// mustZone returns a zone of the profiles. The zone database is compiled in, so that an unknown name can only be one
// of a data folder, which is checked when it is loaded; UTC then.
func mustZone(name string) *time.Location {
	if zone, ok := zones.Load(name); ok {
		return zone.(*time.Location)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	zones.Store(name, zone)
	return zone
}

// stravaTime returns the four fields in which Strava tells when an activity began: UTC, the local wall time with a Z
// that is false, the zone with its offset outside of daylight saving, and the offset in force in seconds.
func stravaTime(start time.Time, zone string) (utc, local, timezone string, offset float64) {
	at := start.In(mustZone(zone))
	_, seconds := at.Zone()
	_, winter := time.Date(at.Year(), time.January, 1, 0, 0, 0, 0, at.Location()).Zone()
	_, summer := time.Date(at.Year(), time.July, 1, 0, 0, 0, 0, at.Location()).Zone()
	standard := min(winter, summer) // on either hemisphere
	sign := '+'
	if standard < 0 {
		sign, standard = '-', -standard
	}
	timezone = fmt.Sprintf("(GMT%c%02d:%02d) %s", sign, standard/3600, standard/60%60, zone)
	return start.UTC().Format("2006-01-02T15:04:05Z"), at.Format("2006-01-02T15:04:05") + "Z", timezone, float64(seconds)
}
