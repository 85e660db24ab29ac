package stravasim

import (
	"fmt"
	"net/http"
	"time"
)

// Limits are the rate limits of the application: calls per quarter hour and per UTC day, of all kinds and of reads, which are
// all but uploads, so that every call here counts as both.
type Limits struct {
	Overall [2]int `json:"overall"`
	Read    [2]int `json:"read"`
}

var (
	// GenerousLimits let the local system and the benchmarks run without waiting.
	GenerousLimits = Limits{Overall: [2]int{60_000, 600_000}, Read: [2]int{60_000, 600_000}}
	// RealLimits are those that Strava gives a new application.
	RealLimits = Limits{Overall: [2]int{200, 2000}, Read: [2]int{100, 1000}}
)

// limiter counts calls in Strava's windows, which begin at the quarters of the hour and at midnight UTC. Guarded by
// Simulator.mu.
type limiter struct {
	limits        Limits
	quarter, day  int64 // the windows that the usage is of
	overall, read [2]int
}

// roll empties the windows that have ended.
func (l *limiter) roll(now time.Time) {
	if quarter := now.Unix() / 900; quarter != l.quarter {
		l.quarter, l.overall[0], l.read[0] = quarter, 0, 0
	}
	if day := now.Unix() / 86400; day != l.day {
		l.day, l.overall[1], l.read[1] = day, 0, 0
	}
}

// count adds a call and returns a 429 when it was one too many. Calls beyond a limit count as well, as they do at
// Strava.
func (l *limiter) count(now time.Time) answer {
	l.roll(now)
	over := false
	for i := range l.overall {
		l.overall[i]++
		l.read[i]++
		over = over || l.overall[i] > l.limits.Overall[i] || l.read[i] > l.limits.Read[i]
	}
	if !over {
		return answer{}
	}
	return rateLimited()
}

// rateLimited is the body as it was recorded: its errors are a string, unlike those of any other error.
func rateLimited() answer {
	return answer{
		status: http.StatusTooManyRequests,
		body:   []byte(`{"errors":"Rate Limit Exceeded","status":429,"message":"Too Many Requests"}`),
	}
}

// header tells limits and usage. exhausted is the window that an ordered fault pretends to be used up: "short",
// "daily" or "".
func (l *limiter) header(now time.Time, exhausted string) http.Header {
	l.roll(now)
	overall, read := l.overall, l.read
	switch exhausted {
	case "short":
		overall[0], read[0] = max(overall[0], l.limits.Overall[0]), max(read[0], l.limits.Read[0])
	case "daily":
		overall[1], read[1] = max(overall[1], l.limits.Overall[1]), max(read[1], l.limits.Read[1])
	}
	pair := func(v [2]int) []string { return []string{fmt.Sprintf("%d,%d", v[0], v[1])} }
	return http.Header{
		"X-Ratelimit-Limit": pair(l.limits.Overall), "X-Ratelimit-Usage": pair(overall),
		"X-Readratelimit-Limit": pair(l.limits.Read), "X-Readratelimit-Usage": pair(read),
	}
}
