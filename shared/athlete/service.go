// Package athlete is the use case of what an athlete tells about the body and about how load is to be shown, and of how
// far the way from registration to a first load chart has been gone.
package athlete

import (
	"time"

	"github.com/train-d/train-d/shared/database"
)

// Service answers for athletes. All methods are safe for concurrent use.
type Service struct {
	database database.Database
	now      func() time.Time
}

// New makes the use case over a database. Time zones are Go's: a program that runs where there is no zone database must
// import time/tzdata.
func New(db database.Database) *Service {
	return &Service{database: db, now: time.Now}
}
