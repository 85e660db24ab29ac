package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/logging"
)

// Direct opens single connections that depend on no pool. It is safe for concurrent use.
type Direct struct {
	cfg    config.Database
	route  route
	seen   *observer
	places chan struct{} // one per connection: ConnectionLimit; nil where there is no limit
}

// NewDirect reads the settings and opens nothing.
func NewDirect(cfg config.Database, function string) *Direct {
	d := &Direct{cfg: cfg, route: newRoutes(cfg, function).direct, seen: &observer{slowQuery: cfg.SlowQuery}}
	if cfg.ConnectionLimit > 0 {
		d.places = make(chan struct{}, cfg.ConnectionLimit)
	}
	return d
}

// Open begins a session. It dials at its first use.
func (d *Direct) Open() *Session {
	return &Session{direct: d, turn: make(chan struct{}, 1)}
}

// Stats is a snapshot of the counts of all sessions.
func (d *Direct) Stats() Stats { return d.seen.snapshot() }

// EmitStats writes the statistics as an event, at most once a minute. Call it at the end of an invocation.
func (d *Direct) EmitStats(ctx context.Context) {
	if d.seen.dueToEmit() {
		d.Stats().log(ctx, pathDirect)
	}
}

// Close emits the statistics a last time. Call it when the instance stops, after the last session has ended.
func (d *Direct) Close(ctx context.Context) { d.Stats().log(ctx, pathDirect) }

// SQL opens a database/sql handle on one direct connection, for tools that know nothing else, and the function that
// closes it. Their statements, which have no names of their own, are logged as unnamed says. It is Unavailable where the
// database cannot be reached.
func (d *Direct) SQL(ctx context.Context, unnamed string) (*sql.DB, func(), error) {
	if d.route.err != nil {
		return nil, nil, unreachable(d.route.err, d.cfg.ProbeInterval)
	}
	d.announce(ctx)
	db := stdlib.OpenDB(*d.route.onPath(pathDirect, &watch{observer: d.seen, path: pathDirect, unnamed: unnamed}))
	db.SetMaxOpenConns(1) // the watch belongs to one connection
	err := db.PingContext(ctx)
	if refusedCertificate(err) {
		err = db.PingContext(ctx) // with a new one
	}
	if err != nil {
		return nil, nil, errors.Join(unreachable(err, d.cfg.ProbeInterval), db.Close())
	}
	return db, func() { _ = db.Close() }, nil
}

func (d *Direct) announce(ctx context.Context) {
	logging.Log(ctx, slog.LevelDebug, logging.EventDatabaseDirect,
		"Using direct connection (pool disabled for sync operations)")
}

// Session is a Database on one direct connection for one piece of work. The connection is dialled at the first use. One
// that breaks after something was sent on it is not replaced: what the session has done before may be half of
// something, and whoever runs it must know. Operations take turns.
type Session struct {
	direct *Direct
	turn   chan struct{} // holds one: whose turn it is
	conn   *pgx.Conn     // nil before the first use
	used   bool          // something was sent on it
	closed bool
}

// Use implements Database.
func (s *Session) Use(ctx context.Context, f func(ctx context.Context, conn Conn) error) error {
	return s.run(ctx, f, statements)
}

// InTx implements Database.
func (s *Session) InTx(ctx context.Context, f func(ctx context.Context, conn Conn) error) error {
	return s.run(ctx, f, transaction)
}

func (s *Session) run(ctx context.Context, f work, how func(context.Context, *pgx.Conn, work) error) error {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return ended(ctx, nil)
	}
	defer func() { <-s.turn }()
	err := s.attempt(ctx, f, how)
	if notSent(err) == nil {
		return err
	}
	if !s.used { // nothing has been done in this session: another connection is as good
		err = s.attempt(ctx, f, how)
	}
	if unsent := notSent(err); unsent != nil {
		return lostBeforeSending(unsent.err)
	}
	return err
}

func (s *Session) attempt(ctx context.Context, f work, how func(context.Context, *pgx.Conn, work) error) error {
	if err := s.dial(ctx); err != nil {
		return err
	}
	w := watchOf(s.conn)
	defer func() { s.used, w.released = s.used || w.sent, time.Now() }() // on a panic too
	return how(ctx, s.conn, f)
}

// dial makes sure of a connection, or says that the session has lost its own.
func (s *Session) dial(ctx context.Context) error {
	switch {
	case s.closed:
		return fmt.Errorf("session: %w", errSessionClosed)
	case s.conn == nil:
	case s.sound(ctx):
		return nil
	case s.used:
		return lostBeforeSending(errSessionLost)
	default:
		s.hangUp(ctx)
	}
	if places := s.direct.places; places != nil && !take(ctx, places, s.direct.cfg.AcquireTimeout) {
		if ctx.Err() != nil {
			return ended(ctx, errLimit)
		}
		s.direct.seen.refused.Add(1)
		return unavailable("database-busy", "The database is busy. Try again in a moment.", errLimit)
	}
	s.direct.announce(ctx)
	conn, err := dialTwice(ctx, s.direct.route, pathDirect, s.direct.seen)
	switch {
	case err == nil:
		s.conn = conn
		return nil
	case ctx.Err() != nil:
		s.direct.leave()
		return ended(ctx, err)
	default:
		s.direct.leave()
		return unreachable(err, s.direct.cfg.ProbeInterval)
	}
}

// leave frees a connection's place.
func (d *Direct) leave() {
	if d.places != nil {
		<-d.places
	}
}

// hangUp closes the session's connection, where there is one.
func (s *Session) hangUp(ctx context.Context) {
	if s.conn == nil {
		return
	}
	closeConn(ctx, s.conn)
	s.conn = nil
	s.direct.leave()
}

// sound is more patient than a pool is: to take a slow answer for none would cost the session, where there it costs a dial.
func (s *Session) sound(ctx context.Context) bool {
	ok, _ := sound(ctx, s.conn, sinceEither(watchOf(s.conn).released), s.direct.cfg.ConnectTimeout)
	return ok
}

var (
	errSessionClosed = errors.New("used after it was closed")
	errSessionLost   = errors.New("the session's connection broke")
	errLimit         = errors.New("DATABASE_CONNECTION_LIMIT connections are in use")
)

// Close closes the connection, where there is one, once the operation under way has ended.
func (s *Session) Close(ctx context.Context) {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done(): // the one who works has the connection; its end closes the process's socket
		return
	}
	s.closed = true
	s.hangUp(ctx)
}
