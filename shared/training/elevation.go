package training

import "math"

// elevationProfile is altitude over distance, both ascending in distance. Samples are asked for in recording order, so
// two cursors that only move as far as the distance does make a lookup cheap.
type elevationProfile struct {
	distance []float64 // m, strictly ascending
	altitude []float64 // m
	behind   int       // cursor of the lookup behind the sample
	ahead    int       // cursor of the lookup ahead of it
}

// newElevationProfile keeps the samples that have both distance and altitude and advance; nil when fewer than two do.
func newElevationProfile(s *Streams) *elevationProfile {
	if s.Altitude == nil || s.Distance == nil {
		return nil
	}
	profile := elevationProfile{
		distance: make([]float64, 0, len(s.Distance)),
		altitude: make([]float64, 0, len(s.Distance)),
	}
	furthest := math.Inf(-1)
	for i, distance := range s.Distance {
		if math.IsNaN(distance) || math.IsNaN(s.Altitude[i]) || !(distance > furthest) {
			continue
		}
		furthest = distance
		profile.distance = append(profile.distance, distance)
		profile.altitude = append(profile.altitude, s.Altitude[i])
	}
	if len(profile.distance) < 2 {
		return nil
	}
	return &profile
}

// gradeAround returns rise/run between 25 m before and 25 m after the distance, or as much of it as was recorded.
func (p *elevationProfile) gradeAround(distance float64) float64 {
	last := len(p.distance) - 1
	from := max(distance-gradeHalfWindow, p.distance[0])
	to := min(distance+gradeHalfWindow, p.distance[last])
	if to-from <= 0 {
		return 0
	}
	return (p.altitudeAt(to, &p.ahead) - p.altitudeAt(from, &p.behind)) / (to - from)
}

// altitudeAt interpolates linearly, moving the cursor to the segment that holds the distance.
func (p *elevationProfile) altitudeAt(distance float64, cursor *int) float64 {
	last := len(p.distance) - 1
	for *cursor < last-1 && p.distance[*cursor+1] < distance {
		*cursor++
	}
	for *cursor > 0 && p.distance[*cursor] > distance {
		*cursor--
	}
	i := *cursor
	share := (distance - p.distance[i]) / (p.distance[i+1] - p.distance[i])
	return p.altitude[i] + share*(p.altitude[i+1]-p.altitude[i])
}
