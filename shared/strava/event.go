package strava

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"
)

// What a webhook event is about, and what is said to have become of it. Strava may add others.
const (
	ObjectActivity = "activity"
	ObjectAthlete  = "athlete"

	AspectCreate = "create"
	AspectUpdate = "update"
	AspectDelete = "delete"
)

// Event is what Strava's webhook says. Nobody signs it, so it is a hint: what it tells is asked of the API before it is
// believed.
type Event struct {
	Object         string // ObjectActivity, ObjectAthlete, or what Strava adds one day
	Aspect         string // AspectCreate, AspectUpdate, AspectDelete, or what Strava adds one day
	ObjectID       int64  // the activity's or athlete's id
	OwnerID        int64  // the athlete's id
	SubscriptionID int64
	At             time.Time
	Deauthorized   bool // the athlete is said to have ended the application's access
}

// wireEvent is an event as Strava writes it. The values of updates are texts, also where they mean a flag.
type wireEvent struct {
	AspectType     string                     `json:"aspect_type"`
	EventTime      int64                      `json:"event_time"`
	ObjectID       int64                      `json:"object_id"`
	ObjectType     string                     `json:"object_type"`
	OwnerID        int64                      `json:"owner_id"`
	SubscriptionID int64                      `json:"subscription_id"`
	Updates        map[string]json.RawMessage `json:"updates"`
}

// latestEvent bounds the time of an event that is believed to be one: the year 9999.
const latestEvent = 253_402_300_799

// DecodeEvent reads the body of a webhook's request. It is an error where an id, the object, the aspect or a time is
// missing, where a value has the wrong type, and where something stands behind the object. Fields that are not known are
// let pass, since Strava may add some.
func DecodeEvent(body []byte) (Event, error) {
	var wire wireEvent
	decoder := json.NewDecoder(bytes.NewReader(body))
	if err := decoder.Decode(&wire); err != nil {
		return Event{}, decodeError(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Event{}, errors.New("there is something behind the event")
	}
	switch {
	case wire.ObjectType == "" || wire.AspectType == "":
		return Event{}, errors.New("the event does not say what it is about")
	case wire.ObjectID <= 0 || wire.OwnerID <= 0 || wire.SubscriptionID <= 0:
		return Event{}, errors.New("the event lacks an id")
	case wire.EventTime <= 0 || wire.EventTime > latestEvent:
		return Event{}, errors.New("the event has no time")
	}
	return Event{
		Object: wire.ObjectType, Aspect: wire.AspectType, ObjectID: wire.ObjectID, OwnerID: wire.OwnerID,
		SubscriptionID: wire.SubscriptionID, At: time.Unix(wire.EventTime, 0).UTC(),
		Deauthorized: wire.ObjectType == ObjectAthlete && saysFalse(wire.Updates["authorized"]),
	}, nil
}

// saysFalse reads "false" and false.
func saysFalse(value json.RawMessage) bool {
	text := string(value)
	if unquoted, err := strconv.Unquote(text); err == nil {
		text = unquoted
	}
	return strings.EqualFold(text, "false")
}
