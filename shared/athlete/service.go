// Package athlete is the use case of what an athlete tells about the body and about how load is to be shown, and of how
// far the way from registration to a first load chart has been gone.
package athlete

import (
	"time"

	"github.com/train-d/train-d/shared/database"
)

// Service answers for athletes. All methods are safe for concurrent use.
type Service struct {
	database   database.Database
	minimumAge int // years
	now        func() time.Time
}

// New makes the use case over a database, for athletes of minimumAge years and more. Time zones are Go's: a program that runs where there is no zone database must
// import time/tzdata.
func New(db database.Database, minimumAge int) *Service {
	return &Service{database: db, minimumAge: minimumAge, now: time.Now}
}
