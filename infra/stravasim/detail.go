package stravasim

import (
	"encoding/json"
	"math"
)

// getActivity answers GET /activities/{id}, Strava's DetailedActivity: the summary with what only the detail has.
func (s *Simulator) getActivity(c *call) answer {
	r := s.find(c)
	if r == nil {
		return noActivity()
	}
	a := r.Activity
	a.ResourceState = 3
	body, err := json.Marshal(a)
	if err != nil {
		return answer{status: 500}
	}
	calories := tenth(float64(a.MovingTime) / 60 * c.athlete.profile.weight * 0.15)
	if a.Kilojoules != nil {
		calories = tenth(*a.Kilojoules * 1.115)
	}
	extra := map[string]any{
		"description": "", "calories": calories, "perceived_exertion": nil, "prefer_perceived_exertion": nil,
		"segment_efforts": []any{}, "best_efforts": []any{}, "photos": map[string]any{"primary": nil, "count": 0},
		"hide_from_home": false, "embed_token": "0000000000000000000000000000000000000000", "private_note": nil,
		"available_zones": zoneKinds(a), "laps": []any{}, "splits_metric": []any{},
		"stats_visibility": []any{map[string]any{"type": "heart_rate", "visibility": "everyone"}},
	}
	if a.Manual {
		extra["perceived_exertion"] = 3 + int(r.ID%5)
	} else {
		extra["device_name"] = "Simulated Watch"
	}
	if r.streams != nil {
		extra["splits_metric"] = splits(r.streams())
	}
	more, err := json.Marshal(extra)
	if err != nil {
		return answer{status: 500}
	}
	return answer{status: 200, body: append(append(body[:len(body)-1], ','), more[1:]...)}
}

func zoneKinds(a Activity) []string {
	kinds := []string{}
	if a.HasHeartrate {
		kinds = append(kinds, "heartrate")
	}
	if a.DeviceWatts != nil && *a.DeviceWatts {
		kinds = append(kinds, "power")
	}
	return kinds
}

// split is one kilometre of an activity.
type split struct {
	Distance            float64  `json:"distance"`
	ElapsedTime         int      `json:"elapsed_time"`
	ElevationDifference float64  `json:"elevation_difference"`
	MovingTime          int      `json:"moving_time"`
	Split               int      `json:"split"`
	AverageSpeed        float64  `json:"average_speed"`
	GradeAdjusted       *float64 `json:"average_grade_adjusted_speed"`
	AverageHeartrate    *float64 `json:"average_heartrate,omitempty"`
	PaceZone            int      `json:"pace_zone"`
}

// splits cuts the streams at each full kilometre; the last one is what is left.
func splits(s *Samples) []split {
	out := []split{}
	n := len(s.Time)
	if len(s.Distance) != n || n == 0 {
		return out
	}
	begin := 0
	for i := 1; i < n; i++ {
		if s.Distance[i] < float64(len(out)+1)*1000 && i < n-1 {
			continue
		}
		part := split{Split: len(out) + 1, Distance: tenth(s.Distance[i] - s.Distance[begin])}
		part.ElapsedTime = s.Time[i] - s.Time[begin]
		part.MovingTime = part.ElapsedTime
		if len(s.Moving) == n {
			part.MovingTime = 0
			for k := begin + 1; k <= i; k++ {
				if s.Moving[k] {
					part.MovingTime += s.Time[k] - s.Time[k-1]
				}
			}
		}
		if len(s.Altitude) == n && !math.IsNaN(s.Altitude[i]-s.Altitude[begin]) {
			part.ElevationDifference = tenth(s.Altitude[i] - s.Altitude[begin])
		}
		if part.MovingTime > 0 {
			part.AverageSpeed = math.Round(part.Distance/float64(part.MovingTime)*100) / 100
		}
		if len(s.HeartRate) == n {
			if mean, ok := meanMoving(s.HeartRate[begin:i+1], nil, false); ok {
				part.AverageHeartrate = &mean
			}
		}
		out = append(out, part)
		begin = i
	}
	return out
}
