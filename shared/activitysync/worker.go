package activitysync

import (
	"context"
	"log/slog"
	"time"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/logging"
	"github.com/train-d/train-d/shared/message"
	"github.com/train-d/train-d/shared/secret"
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/strava"
)

// Runner works on a claimed row until it is done or the context's time is up, and finishes or leaves it.
type Runner func(ctx context.Context, db database.Database, due store.Due) error

// Publisher publishes a message to a topic.
type Publisher interface {
	Publish(ctx context.Context, topic message.Topic, body any) error
}

// Worker works off due rows.
type Worker struct {
	Databases database.Opener
	Strava    *strava.Client
	Sealer    *secret.Sealer
	Publisher Publisher
	Runners   map[string]Runner // the kinds of work that other use cases do
	Retention time.Duration     // how long raw streams are kept; 0 for ever
	Now       func() time.Time  // time.Now where nil
}

const (
	// leaseTime is longer than one step of a unit takes (a call to Strava is given up after 30 s). Each step renews it.
	leaseTime = 90 * time.Second
	// stopBefore is how long before the context's deadline no further step is begun.
	stopBefore = 10 * time.Second
	// settleTime bounds what is left to do when the context has ended.
	settleTime = 3 * time.Second
)

func (w *Worker) now() time.Time {
	if w.Now == nil {
		return time.Now()
	}
	return w.Now()
}

// timeIsUp says that another step might not end before the platform ends the invocation.
func timeIsUp(ctx context.Context) bool {
	deadline, limited := ctx.Deadline()
	return ctx.Err() != nil || (limited && time.Until(deadline) < stopBefore)
}

// Wake works off what is due for an account, one unit after the other, until nothing is or the time is up; then it sends
// a further wake-up. An error means that the database or the publisher was out of reach and the message should come
// again; whatever else goes wrong is settled in the due row. Waking twice, or at the same time, is harmless.
func (w *Worker) Wake(ctx context.Context, wake message.Wake) error {
	db, closeDB := w.open(ctx)
	defer closeDB()
	return w.work(ctx, db, wake)
}

// open gives the invocation its database session, and what closes it, whatever has become of ctx by then.
func (w *Worker) open(ctx context.Context) (database.Database, func()) {
	db, closeDB := w.Databases.Open()
	return db, func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
		defer cancel()
		closeDB(ctx)
	}
}

func (w *Worker) work(ctx context.Context, db database.Database, wake message.Wake) error {
	ctx = logging.WithAttrs(ctx, slog.String("workload", "sync"), slog.Int64("account_id", wake.AccountID))
	session := &session{worker: w, db: db, accountID: wake.AccountID}
	for !timeIsUp(ctx) {
		var due store.Due
		found := false
		err := db.Use(ctx, func(ctx context.Context, conn database.Conn) (err error) {
			due, found, err = store.ClaimDue(ctx, conn, wake.AccountID, w.now(), leaseTime)
			return err
		})
		if err != nil || !found {
			return err
		}
		if err := session.run(ctx, due); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	return w.Publisher.Publish(ctx, message.TopicSync, wake)
}

// Run does one unit of a claimed row and settles the row, whatever becomes of the unit.
func (w *Worker) Run(ctx context.Context, db database.Database, due store.Due) error {
	return (&session{worker: w, db: db, accountID: due.AccountID}).run(ctx, due)
}

// session is the work of one invocation for one account; it keeps the opened access token between units.
type session struct {
	worker    *Worker
	db        database.Database
	accountID int64
	tokens    *openedTokens
	calls     int               // calls of Strava in the unit at hand
	told      []store.QuotaTold // by answers, and not in the ledger yet

	backfilledAt *time.Time // the connection's, as it was read with the tokens
}

// report is what a unit did, for the log.
type report struct {
	listed, written, refined int
	more                     bool // the row stays due: this unit was not the last
	progress                 bool // something was stored, and with it nothing counts against the row any more
}

// run does one unit and settles the row.
func (s *session) run(ctx context.Context, due store.Due) error {
	ctx = logging.WithAttrs(ctx, slog.Int64("due_id", due.ID), slog.String("kind", due.Kind),
		slog.String("origin_trace", due.OriginTrace))
	if due.Attempts > mostCrashes {
		return s.settle(ctx, due, errPoison)
	}
	started := time.Now()
	s.calls = 0
	done, err := s.unit(ctx, due)
	if settleErr := s.settleQuota(ctx); err == nil && settleErr != nil {
		return settleErr
	}
	if err != nil {
		if done.progress {
			due.Attempts, due.Refusals = 1, 0
		}
		return s.settle(ctx, due, err)
	}
	logging.Log(ctx, slog.LevelInfo, logging.EventSyncCompleted, "unit of work completed",
		slog.Int("listed", done.listed), slog.Int("written", done.written), slog.Int("refined", done.refined),
		slog.Int("calls", s.calls), slog.Bool("more", done.more), logging.Millis("duration_ms", time.Since(started)))
	return nil
}

func (s *session) unit(ctx context.Context, due store.Due) (report, error) {
	switch due.Kind {
	case store.KindBackfill, store.KindIncremental, store.KindReconcile:
		return s.list(ctx, due)
	case store.KindStreams:
		return s.refine(ctx, due)
	case store.KindRefetch:
		return s.refetch(ctx, due)
	case store.KindReread:
		return s.reread(ctx, due)
	case store.KindAuthorization:
		return report{}, s.confirmAuthorization(ctx, due)
	case store.KindErasure:
		return report{}, s.erase(ctx, due)
	case store.KindHousekeeping:
		return report{}, s.keepHouse(ctx, due)
	}
	runner, known := s.worker.Runners[due.Kind]
	if !known {
		return report{}, fault.New(fault.Invalid, "unknown-kind", "this release does not know this kind of work")
	}
	if err := runner(ctx, s.db, due); err != nil {
		return report{}, err
	}
	return report{}, s.giveBack(ctx, due)
}

// giveBack releases a row that the unit may have left due; where it is finished there is nothing to release.
func (s *session) giveBack(ctx context.Context, due store.Due) error {
	err := s.use(ctx, func(ctx context.Context, conn database.Conn) error { return store.ReleaseDue(ctx, conn, due) })
	if isLeaseLost(err) {
		return nil
	}
	return err
}

// use runs statements even where the invocation's time is up, for a moment.
func (s *session) use(ctx context.Context, f func(ctx context.Context, conn database.Conn) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	return s.db.Use(ctx, f)
}
