package strava

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"time"
)

// MaxPerPage is the largest page that Strava gives.
const MaxPerPage = 200

// ListOptions choose a page of an athlete's activities. Zero times and numbers are left to Strava: newest first, page 1,
// 30 a page.
type ListOptions struct {
	Before  time.Time // start before; in whole seconds
	After   time.Time // start after; with it alone Strava lists oldest first
	Page    int
	PerPage int // at most MaxPerPage
}

func (o ListOptions) query() url.Values {
	query := url.Values{}
	if !o.Before.IsZero() {
		query.Set("before", strconv.FormatInt(o.Before.Unix(), 10))
	}
	if !o.After.IsZero() {
		query.Set("after", strconv.FormatInt(o.After.Unix(), 10))
	}
	if o.Page > 0 {
		query.Set("page", strconv.Itoa(o.Page))
	}
	if o.PerPage > 0 {
		query.Set("per_page", strconv.Itoa(min(o.PerPage, MaxPerPage)))
	}
	return query
}

// Activities gives one page of the athlete's activities. An empty page without an error means that Strava has no more; a
// page that is not an array, or holds an activity that can't be read, is an error as a whole.
func (c *Client) Activities(ctx context.Context, access string, options ListOptions) ([]Activity, Usage, error) {
	body, err := c.get(ctx, "list activities", concernsAthlete, access, "/athlete/activities", options.query(), maxListBody)
	if err != nil {
		return nil, usageIn(err), err
	}
	activities, err := decodeActivities(body.body)
	if err != nil {
		return nil, body.usage, body.malformed(err)
	}
	return activities, body.usage, nil
}

// Activity gives one activity in detail. ScopeActivity with CodeNotFound means that this athlete has no such activity, or
// does not have it any more.
func (c *Client) Activity(ctx context.Context, access string, id int64) (Activity, Usage, error) {
	body, err := c.get(ctx, "read activity", concernsActivity, access, "/activities/"+strconv.FormatInt(id, 10), nil, maxActivityBody)
	if err != nil {
		return Activity{}, usageIn(err), err
	}
	activity, err := decodeActivity(body.body)
	if err == nil && activity.ID != id {
		err = fmt.Errorf("asked for activity %d, got %d", id, activity.ID)
	}
	if err != nil {
		return Activity{}, body.usage, body.malformed(err)
	}
	return activity, body.usage, nil
}

// decodeActivities reads the list. null is not a list.
func decodeActivities(body []byte) ([]Activity, error) {
	s := scanner{text: body}
	activities := make([]Activity, 0, MaxPerPage)
	s.space()
	for more := s.open('[', ']'); more; more = s.next(']') {
		wire := readActivity(&s)
		if s.err != nil {
			break
		}
		activity, err := wire.activity()
		if err != nil {
			return nil, err
		}
		activities = append(activities, activity)
	}
	if err := s.end(); err != nil {
		return nil, fmt.Errorf("read activities: %w", err)
	}
	return activities, nil
}

func decodeActivity(body []byte) (Activity, error) {
	s := scanner{text: body}
	s.space()
	wire := readActivity(&s)
	if err := s.end(); err != nil {
		return Activity{}, fmt.Errorf("read activity: %w", err)
	}
	return wire.activity()
}

// decodeError keeps of encoding/json's error what is safe to log, and tells an early end from a mistake.
func decodeError(err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		if syntax.Error() == "unexpected end of JSON input" {
			return fmt.Errorf("read JSON: %w", io.ErrUnexpectedEOF)
		}
		return fmt.Errorf("read JSON: syntax error at byte %d", syntax.Offset)
	}
	var mistyped *json.UnmarshalTypeError
	if errors.As(err, &mistyped) {
		return fmt.Errorf("read JSON: field %s is a %s at byte %d", mistyped.Field, mistyped.Value, mistyped.Offset)
	}
	return fmt.Errorf("read JSON: %w", err)
}

// usageIn is the quota that a refusal's headers told.
func usageIn(err error) Usage {
	var refused *Error
	if errors.As(err, &refused) {
		return refused.Usage
	}
	return Usage{}
}
