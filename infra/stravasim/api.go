package stravasim

import (
	"cmp"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Sizes of a page of activities, as Strava documents them.
const (
	defaultPage = 30
	largestPage = 200
)

// summary is Strava's SummaryAthlete.
func (a *athlete) summary() map[string]any {
	p := a.profile
	var sex any
	if p.sex != "" {
		sex = p.sex
	}
	return map[string]any{
		"id": a.ID, "username": a.Slug, "resource_state": 2, "firstname": p.first, "lastname": p.last, "bio": "",
		"city": p.city, "state": "", "country": p.country, "sex": sex, "premium": true, "summit": true,
		"created_at": "2017-11-28T19:05:35Z", "updated_at": "2025-09-27T12:57:32Z", "badge_type_id": 1,
		"weight": tenth(p.weight), "profile_medium": "avatar/athlete/medium.png", "profile": "avatar/athlete/large.png",
		"friend": nil, "follower": nil,
	}
}

func (s *Simulator) getAthlete(c *call) answer {
	body := c.athlete.summary()
	for key, value := range map[string]any{
		"resource_state": 3, "blocked": false, "can_follow": true, "follower_count": 21, "friend_count": 18,
		"mutual_friend_count": 0, "athlete_type": 1, "date_preference": "%m/%d/%Y", "measurement_preference": "meters",
		"clubs": []any{}, "postable_clubs_count": 0, "ftp": nil, "bikes": []any{}, "shoes": []any{},
	} {
		body[key] = value
	}
	if c.athlete.profile.power {
		body["ftp"] = int(c.athlete.profile.ftp)
	}
	return ok200(body)
}

// zoneRange is a zone of heart rate; max -1 is open.
type zoneRange struct {
	Min int `json:"min"`
	Max int `json:"max"`
}

// zones are five zones by shares of the maximal heart rate, as Strava sets them when the athlete does not.
func (p *profile) zones() []zoneRange {
	var out []zoneRange
	from := 0
	for _, share := range []float64{0.6, 0.75, 0.82, 0.9} {
		to := int(math.Round(p.max * share))
		out = append(out, zoneRange{from, to})
		from = to
	}
	return append(out, zoneRange{from, -1})
}

func (s *Simulator) getAthleteZones(c *call) answer {
	return ok200(map[string]any{
		"heart_rate": map[string]any{"custom_zones": false, "zones": c.athlete.profile.zones()},
	})
}

// listActivities answers GET /athlete/activities: newest first, or oldest first when after is given; both bounds are
// exclusive; a page beyond the end is an empty array.
func (s *Simulator) listActivities(c *call) answer {
	before, err1 := c.number("before", math.MaxInt64)
	after, err2 := c.number("after", -1)
	page, err3 := c.number("page", 1)
	size, err4 := c.number("per_page", defaultPage)
	for field, err := range map[string]error{"before": err1, "after": err2, "page": err3, "per_page": err4} {
		if err != nil {
			return fail(http.StatusBadRequest, "Bad Request", "Activity", field, "invalid")
		}
	}
	if size > largestPage || size < 1 {
		return fail(http.StatusBadRequest, "Bad Request", "Application", "per page", "limit exceeded")
	}
	if page < 1 {
		return fail(http.StatusBadRequest, "Bad Request", "Application", "page", "invalid")
	}
	s.mu.Lock()
	records := s.history(c.athlete)
	s.mu.Unlock()
	first, _ := slices.BinarySearchFunc(records, after, func(r *record, t int64) int {
		return cmp.Or(cmp.Compare(r.at.Unix(), t), -1) // the first one after t, equal ones excluded
	})
	last, _ := slices.BinarySearchFunc(records, before, func(r *record, t int64) int { return cmp.Compare(r.at.Unix(), t) })
	records = visible(records[min(first, last):last], c.readAll)
	from := min((page-1)*size, int64(len(records)))
	to := min(from+size, int64(len(records)))
	if c.r.URL.Query().Get("after") == "" {
		n := int64(len(records))
		records = slices.Clone(records[n-to : n-from])
		slices.Reverse(records)
	} else {
		records = records[from:to]
	}
	return answer{status: http.StatusOK, body: joinBodies(records)}
}

// visible leaves out what a token without activity:read_all must not see.
func visible(records []*record, all bool) []*record {
	if all {
		return records
	}
	return slices.DeleteFunc(slices.Clone(records), (*record).hidden)
}

// joinBodies is the JSON array of summaries that were encoded before.
func joinBodies(records []*record) []byte {
	size := 2
	for _, r := range records {
		size += len(r.body) + 1
	}
	body := append(make([]byte, 0, size), '[')
	for i, r := range records {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(body, r.body...)
	}
	return append(body, ']')
}

// find returns the athlete's own activity of the path, if the token may see it.
func (s *Simulator) find(c *call) *record {
	id := c.pathID()
	s.mu.Lock()
	records := s.history(c.athlete)
	s.mu.Unlock()
	i := slices.IndexFunc(records, func(r *record) bool { return r.ID == id })
	if i < 0 || (records[i].hidden() && !c.readAll) {
		return nil
	}
	return records[i]
}

// getStreams answers GET /activities/{id}/streams. Without key_by_type it answers in the older array form, which also
// took the keys in the path.
func (s *Simulator) getStreams(c *call) answer {
	r := s.find(c)
	if r == nil || r.streams == nil {
		return fail(http.StatusNotFound, "Record Not Found", "Activity", "id", "invalid")
	}
	query := c.r.URL.Query()
	wanted := cmp.Or(c.r.PathValue("keys"), query.Get("keys"))
	series := cmp.Or(query.Get("series_type"), "distance")
	samples := r.streams()
	stride, resolution := 1, cmp.Or(query.Get("resolution"), "high")
	if limit := map[string]int{"low": 100, "medium": 1000}[resolution]; limit > 0 {
		stride = max(1, (len(samples.Time)+limit-1)/limit)
	}
	var keys []string
	for key := range strings.SplitSeq(wanted, ",") {
		if key = strings.TrimSpace(key); samples.has(key) && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	if samples.has("distance") && !slices.Contains(keys, "distance") {
		keys = append(keys, "distance") // served whether asked for or not
	}
	byType := query.Get("key_by_type") == "true" || query.Get("key_by_type") == "1"
	return answer{status: http.StatusOK, body: samples.encode(keys, series, resolution, stride, byType)}
}

// encode writes streams in either form.
func (s *Samples) encode(keys []string, series, resolution string, stride int, byType bool) []byte {
	body := make([]byte, 0, len(s.Time)*(len(keys)+1)*6/stride+200)
	open, shut := byte('['), byte(']')
	if byType {
		open, shut = '{', '}'
	}
	body = append(body, open)
	for i, key := range keys {
		if i > 0 {
			body = append(body, ',')
		}
		if byType {
			body = append(append(append(body, '"'), key...), `":{"data":`...)
		} else {
			body = append(append(append(body, `{"type":"`...), key...), `","data":`...)
		}
		body = s.appendStream(body, key, stride)
		body = append(append(append(body, `,"series_type":"`...), jsonWord(series)...), `","original_size":`...)
		body = strconv.AppendInt(body, int64(len(s.Time)), 10)
		body = append(append(append(body, `,"resolution":"`...), jsonWord(resolution)...), `"}`...)
	}
	return append(body, shut)
}

// jsonWord keeps what a client sent for echoing it between quotes.
func jsonWord(text string) string {
	return strings.Map(func(c rune) rune {
		if c == '"' || c == '\\' || c < ' ' {
			return -1
		}
		return c
	}, text)
}

// getActivityZones answers the time in each zone of heart rate; the seconds add up to moving_time.
func (s *Simulator) getActivityZones(c *call) answer {
	r := s.find(c)
	if r == nil {
		return noActivity()
	}
	if r.streams == nil || !r.HasHeartrate {
		return ok200([]any{})
	}
	type bucket struct {
		zoneRange
		Time float64 `json:"time"`
	}
	zones := c.athlete.profile.zones()
	seconds := zoneSeconds(r.streams(), zones, r.MovingTime)
	var buckets []bucket
	for i, z := range zones {
		buckets = append(buckets, bucket{z, seconds[i]})
	}
	return ok200([]any{map[string]any{
		"score": r.SufferScore, "distribution_buckets": buckets, "type": "heartrate", "resource_state": 3,
		"sensor_based": true, "points": r.SufferScore, "custom_zones": false,
	}})
}

// zoneSeconds spreads the moving time over the zones as the moving samples with a heart rate are spread.
func zoneSeconds(s *Samples, zones []zoneRange, moving int) []float64 {
	counts, total := make([]float64, len(zones)), 0.0
	for i, rate := range s.HeartRate {
		if math.IsNaN(rate) || (len(s.Moving) > 0 && !s.Moving[i]) {
			continue
		}
		at, _ := slices.BinarySearchFunc(zones, rate, func(z zoneRange, v float64) int {
			return cmp.Or(cmp.Compare(float64(z.Min), v), -1)
		})
		counts[max(at-1, 0)]++
		total++
	}
	left := float64(moving)
	for i := range counts {
		counts[i] = min(left, math.Round(counts[i]/max(total, 1)*float64(moving)))
		left -= counts[i]
	}
	counts[0] += left
	return counts
}
