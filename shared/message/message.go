// Package message knows the messages between functions and publishes them. A message is only a wake-up: what must be done
// stands in the database, so that losing a message loses nothing and handling one twice changes nothing. Messages hold a
// kind and ids, never a secret or a token.
package message

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"github.com/train-d/train-d/shared/fault"
)

// Topic is a Pub/Sub topic's short name.
type Topic string

// The topics; each has a dead-letter topic beside it.
const (
	TopicSchedule Topic = "schedule" // ticks of Cloud Scheduler, for Dispatch
	TopicSync     Topic = "sync"     // an athlete has work that is due, or Strava hinted at some, for Sync
	TopicMail     Topic = "mail"     // an e-mail is to be sent, for Mail
	TopicMigrate  Topic = "migrate"  // the schema is to be brought up to date, for Migrate
)

// DeadLetter is the topic that keeps what can't be handled.
func (t Topic) DeadLetter() Topic { return t + "-dead-letter" }

// The kinds of message.
const (
	KindTick    = "tick"
	KindWake    = "wake"
	KindHint    = "hint"
	KindMail    = "mail"
	KindMigrate = "migrate"
)

// Tick asks Dispatch to look for due work.
type Tick struct {
	Kind string `json:"kind"` // "tick"
}

// Wake asks Sync to work off what is due for an account.
type Wake struct {
	Kind      string `json:"kind"`       // "wake"
	DueID     int64  `json:"due_id"`     // the due row that caused the message
	AccountID int64  `json:"account_id"` // whose work it is; 0 where it is nobody's (housekeeping)
}

// NewWake is the message for an account's due row.
func NewWake(dueID, accountID int64) Wake {
	return Wake{Kind: KindWake, DueID: dueID, AccountID: accountID}
}

// Mail asks Mail to send the e-mails that are due to an account's owner.
type Mail struct {
	Kind      string `json:"kind"`       // "mail"
	DueID     int64  `json:"due_id"`     // the due row that caused the message
	AccountID int64  `json:"account_id"` // whose owner it goes to
}

// NewMail is the message for an account's due e-mail.
func NewMail(dueID, accountID int64) Mail {
	return Mail{Kind: KindMail, DueID: dueID, AccountID: accountID}
}

// What a Hint is about, and what is said to have become of it.
const (
	ObjectActivity = "activity"
	ObjectAthlete  = "athlete"

	AspectCreate      = "create"
	AspectUpdate      = "update"
	AspectDelete      = "delete"
	AspectDeauthorize = "deauthorize" // of an athlete, and its only one
)

// Hint tells Sync what Strava's webhook said. Anybody may have said it: Sync makes work of it that asks Strava.
type Hint struct {
	Kind      string `json:"kind"`       // "hint"
	Object    string `json:"object"`     // "activity" or "athlete"
	Aspect    string `json:"aspect"`     // "create", "update" or "delete" of an activity, "deauthorize" of an athlete
	ObjectID  int64  `json:"object_id"`  // Strava's id of the activity or athlete
	OwnerID   int64  `json:"owner_id"`   // Strava's id of the athlete
	EventTime int64  `json:"event_time"` // when it happened, in Unix seconds; for the log
}

// Migrate asks Migrate to apply the schema's migrations.
type Migrate struct {
	Kind string `json:"kind"` // "migrate"
}

// Body is one of the messages.
type Body interface {
	Tick | Wake | Hint | Mail | Migrate
}

func (t Tick) check() error    { return checkKind(t.Kind, KindTick) }
func (m Migrate) check() error { return checkKind(m.Kind, KindMigrate) }

func (w Wake) check() error {
	if w.DueID <= 0 || w.AccountID < 0 {
		return errors.New("due_id must be above 0 and account_id not below")
	}
	return checkKind(w.Kind, KindWake)
}

func (m Mail) check() error {
	if m.DueID <= 0 || m.AccountID <= 0 {
		return errors.New("due_id and account_id must be above 0")
	}
	return checkKind(m.Kind, KindMail)
}

func (h Hint) check() error {
	switch {
	case h.ObjectID <= 0 || h.OwnerID <= 0 || h.EventTime <= 0:
		return errors.New("object_id, owner_id and event_time must be above 0")
	case h.Object == ObjectActivity && (h.Aspect == AspectCreate || h.Aspect == AspectUpdate || h.Aspect == AspectDelete):
	case h.Object == ObjectAthlete && h.Aspect == AspectDeauthorize:
	default:
		return errors.New("object and aspect must be an activity's create, update or delete, or an athlete's deauthorize")
	}
	return checkKind(h.Kind, KindHint)
}

// KindOf reads which kind a message's data says it is; empty where it says none. Decode judges the rest.
func KindOf(data []byte) string {
	var body struct {
		Kind string `json:"kind"`
	}
	if json.Unmarshal(data, &body) != nil {
		return ""
	}
	return body.Kind
}

func checkKind(got, want string) error {
	if got != want {
		return errors.New("kind must be " + want)
	}
	return nil
}

// Decode reads a message's data. What is not exactly one such message is fault.Malformed, which no retry heals: no JSON,
// an unknown field, another kind, a missing id, something behind the object.
func Decode[T Body](data []byte) (T, error) {
	var body T
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&body); err != nil {
		return *new(T), malformed(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return *new(T), malformed(errors.New("there is something behind the object"))
	}
	if err := any(body).(checked).check(); err != nil {
		return *new(T), malformed(err)
	}
	return body, nil
}

// checked is a message that knows whether it is complete.
type checked interface{ check() error }

func malformed(err error) error {
	return fault.Wrap(fault.Malformed, "message", "The message can't be read.", err)
}
