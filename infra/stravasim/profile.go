package stravasim

import (
	"fmt"
	"math/rand/v2"
	"time"

	_ "time/tzdata" // zones must load on machines without a zone database
)

// recording is how a watch writes its samples.
type recording int

const (
	everySecond recording = iota
	smart                 // a sample when something changes: 1 to 7 s apart, pauses as gaps, dropouts of the heart rate
)

// profile is the physiology and the habits of a generated athlete.
type profile struct {
	slug, first, last, city, country string
	sex                              string // M, F or "" for unspecified, as Strava serves it
	zone                             string // IANA name of the home time zone
	activities                       int    // size of the history when Config.Activities is 0
	weight                           float64
	rest, max, threshold             float64 // heart rate in beats per minute: at rest, maximal, at threshold
	runSpeed                         float64 // flat running speed at threshold, m/s
	ftp                              float64 // threshold power on the bike, W
	swimSpeed                        float64 // m/s at threshold
	heartRate, power                 bool    // wears a strap, owns a power meter
	recording                        recording
	trips                            []string // zones travelled to
	week                             func(r *rand.Rand, weekday time.Weekday) []session
}

// profiles are the generated athletes in the order of the consent page.
var profiles = []profile{
	{
		slug: "trail-runner", first: "Tilda", last: "Trail", city: "Freiburg", country: "Germany", sex: "F",
		zone: "Europe/Berlin", activities: 1000, weight: 58, rest: 47, max: 189, threshold: 171, runSpeed: 3.75, ftp: 215,
		swimSpeed: 1, heartRate: true, recording: everySecond, week: trailRunnerWeek,
		trips: []string{"America/Denver", "Atlantic/Canary", "America/New_York", "Asia/Kathmandu"},
	},
	{
		slug: "cyclist", first: "Carlo", last: "Climber", city: "Bergamo", country: "Italy", sex: "M",
		zone: "Europe/Rome", activities: 420, weight: 71, rest: 44, max: 191, threshold: 173, runSpeed: 3.4, ftp: 285,
		swimSpeed: 0.9, heartRate: true, power: true, recording: everySecond, week: cyclistWeek,
		trips: []string{"Europe/Madrid", "Atlantic/Canary"},
	},
	{
		slug: "triathlete", first: "Tess", last: "Threeways", city: "Brooklyn", country: "United States", sex: "F",
		zone: "America/New_York", activities: 600, weight: 62, rest: 50, max: 186, threshold: 169, runSpeed: 3.9, ftp: 230,
		swimSpeed: 1.25, heartRate: true, power: true, recording: everySecond, week: triathleteWeek,
		trips: []string{"America/Los_Angeles", "Pacific/Honolulu"},
	},
	{
		slug: "beginner", first: "Bo", last: "Beginner", city: "Leeds", country: "United Kingdom", sex: "M",
		zone: "Europe/London", activities: 60, weight: 88, rest: 66, max: 184, threshold: 162, runSpeed: 2.6, ftp: 150,
		swimSpeed: 0.7, recording: everySecond, week: beginnerWeek,
	},
	{
		slug: "odd-intervals", first: "Ola", last: "Oddly", city: "Adelaide", country: "Australia", sex: "",
		zone: "Australia/Adelaide", activities: 240, weight: 75, rest: 52, max: 182, threshold: 164, runSpeed: 3.3, ftp: 240,
		swimSpeed: 0.9, heartRate: true, recording: smart, week: oddWeek,
		trips: []string{"Asia/Tokyo"},
	},
}

// profileFor returns the profile of the n-th generated athlete. Beyond the five characters they repeat as other
// people: another name, and a physiology a few percent away.
func profileFor(seed uint64, n int) profile {
	p := profiles[n%len(profiles)]
	if n < len(profiles) {
		return p
	}
	r := rand.New(rand.NewPCG(seed, uint64(n)^0x5eed))
	p.slug = fmt.Sprintf("%s-%d", p.slug, n)
	p.last = fmt.Sprintf("%s %d", p.last, n)
	vary := func(v float64, share float64) float64 { return v * (1 + share*(2*r.Float64()-1)) }
	p.weight, p.rest = vary(p.weight, 0.12), vary(p.rest, 0.1)
	p.max = vary(p.max, 0.03)
	p.threshold = p.max * (0.89 + 0.03*r.Float64())
	p.runSpeed, p.ftp, p.swimSpeed = vary(p.runSpeed, 0.1), vary(p.ftp, 0.12), vary(p.swimSpeed, 0.1)
	return p
}
