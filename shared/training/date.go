package training

import (
	"fmt"
	"time"
)

// Date is a civil day without a zone, counted in days since 1970-01-01. Subtracting and comparing dates is integer
// arithmetic; the zero value is 1970-01-01, so an absent day needs a pointer.
type Date int32

const secondsPerDay = 24 * 60 * 60

// NewDate returns the day with the given year, month and day; out-of-range values are normalised as [time.Date] does.
func NewDate(year int, month time.Month, day int) Date {
	return Date(floorDays(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix()))
}

// DateOf returns the civil day that t shows in its own location.
func DateOf(t time.Time) Date {
	year, month, day := t.Date()
	return NewDate(year, month, day)
}

// ParseDate reads "2006-01-02" strictly: four-digit year, existing day.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return 0, fmt.Errorf("parse date %.32q: not a day as YYYY-MM-DD", s)
	}
	return Date(floorDays(t.Unix())), nil
}

// LocalDay returns the day an activity belongs to: the date part of Strava's start_date_local. The text ends in "Z" but
// is local wall time, so no zone is applied. The whole activity belongs to the day it started on.
func LocalDay(startDateLocal string) (Date, error) {
	if len(startDateLocal) < len(time.DateOnly) {
		return 0, fmt.Errorf("read local day of %.32q: too short", startDateLocal)
	}
	return ParseDate(startDateLocal[:len(time.DateOnly)])
}

// Time returns midnight UTC of the day.
func (d Date) Time() time.Time { return time.Unix(int64(d)*secondsPerDay, 0).UTC() }

// AddDays returns the day n days later, earlier when n is negative.
func (d Date) AddDays(n int) Date { return d + Date(n) }

// Sub returns the number of days from other to d.
func (d Date) Sub(other Date) int { return int(d) - int(other) }

// String returns the day as "2006-01-02".
func (d Date) String() string { return d.Time().Format(time.DateOnly) }

// MarshalText returns the day as "2006-01-02".
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (d *Date) UnmarshalText(text []byte) error {
	parsed, err := ParseDate(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

func floorDays(seconds int64) int64 {
	days := seconds / secondsPerDay
	if seconds%secondsPerDay < 0 {
		days--
	}
	return days
}
