package strava

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// WindowUsage is one of Strava's two counts of calls, in both of its windows: the quarter hour that began at :00, :15, :30
// or :45, and the day that began at midnight UTC. A limit of 0 was not told.
type WindowUsage struct {
	QuarterLimit int
	QuarterUsed  int
	DayLimit     int
	DayUsed      int
}

// Usage is what an answer's headers told about the application's quota, this call included.
type Usage struct {
	Overall WindowUsage // X-RateLimit-*: every call
	Read    WindowUsage // X-ReadRateLimit-*: calls that read; zero where Strava sent none
	Known   bool        // whether at least one complete pair of headers was there and readable
}

// usageOf reads the rate headers. Headers that are missing or unreadable leave their window at zero: a quota that was not
// told is not a quota of 0.
func usageOf(header http.Header) Usage {
	overall, overallKnown := windowUsage(header.Get("X-RateLimit-Limit"), header.Get("X-RateLimit-Usage"))
	read, readKnown := windowUsage(header.Get("X-ReadRateLimit-Limit"), header.Get("X-ReadRateLimit-Usage"))
	return Usage{Overall: overall, Read: read, Known: overallKnown || readKnown}
}

func windowUsage(limit, used string) (WindowUsage, bool) {
	quarterLimit, dayLimit, limitsRead := pair(limit)
	quarterUsed, dayUsed, usesRead := pair(used)
	if !limitsRead || !usesRead {
		return WindowUsage{}, false
	}
	return WindowUsage{QuarterLimit: quarterLimit, QuarterUsed: quarterUsed, DayLimit: dayLimit, DayUsed: dayUsed}, true
}

// pair reads "quarter,day"; spaces are Strava's own.
func pair(text string) (quarter, day int, ok bool) {
	first, second, found := strings.Cut(text, ",")
	if !found {
		return 0, 0, false
	}
	quarter, quarterErr := strconv.Atoi(strings.TrimSpace(first))
	day, dayErr := strconv.Atoi(strings.TrimSpace(second))
	if quarterErr != nil || dayErr != nil || quarter < 0 || day < 0 {
		return 0, 0, false
	}
	return quarter, day, true
}

// dayIsSpent says whether a limit of the day is reached, so that waiting for the next quarter hour would not help.
func (u Usage) dayIsSpent() bool {
	return u.Overall.dayIsSpent() || u.Read.dayIsSpent()
}

func (w WindowUsage) dayIsSpent() bool { return w.DayLimit > 0 && w.DayUsed >= w.DayLimit }

const quarter = 15 * time.Minute

// retryAfterLimit is when a call refused for the quota can succeed again: at the next midnight UTC where a day's limit is
// spent, else at the next quarter hour.
func (u Usage) retryAfterLimit(now time.Time) time.Time {
	now = now.UTC()
	if u.dayIsSpent() {
		return now.Truncate(24 * time.Hour).Add(24 * time.Hour)
	}
	return now.Truncate(quarter).Add(quarter)
}
