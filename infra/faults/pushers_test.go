package faults_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/infra/cloudsim"
	"github.com/train-d/train-d/shared/message"
)

// activitiesEach is how many activities an athlete has.
const activitiesEach = 3

// work is one due row, and what Sync said to the messages about it.
type work struct {
	key     string // account/due row
	account int64
	due     int64
	message cloudsim.Message
	pushes  int  // sent
	told    bool // a message was acknowledged
	left    bool // one was while the row still stood: it is leased or put off, and the tick's to wake
}

// pushers are athletes whose figures are worked out again and again: a due row each time, and a push that wakes Sync.
type pushers struct {
	site     *site
	program  *program
	pusher   *cloudsim.Pusher
	athletes []person
	pending  []*work      // by athlete: what is not done yet
	gate     sync.RWMutex // held for reading by whoever is at work

	cancel context.CancelFunc
	busy   sync.WaitGroup

	diary          // of the pushes
	works  []*work // guarded as the diary is, like the next
	values int
}

func newPushers(s *site, port, n int) *pushers {
	athletes := s.people(n)
	for _, a := range athletes {
		s.do(`INSERT INTO thresholds (account_id, kind, effective_from, value)
			VALUES ($1, 'resting_hr', '2020-01-01', 50), ($1, 'max_hr', '2020-01-01', 180)`, a.account)
		s.do(`INSERT INTO activities (account_id, id, sport_type, name, start_at, start_local, local_day, summary, summary_hash,
				figures, quality, formula_version, streams)
			SELECT $1, n, 'Run', 'Run', now(), '', '2026-01-01',
				'{"sport_type": "Run", "moving_s": 3600, "distance_m": 10000, "average_hr": 150}', '\x00', '{}', 'none', 0, 'none'
			FROM generate_series(1, $2) AS n`, a.account, activitiesEach)
	}
	return &pushers{site: s, athletes: athletes, pending: make([]*work, n), pusher: s.cloud.Pusher(cloudsim.Subscription{
		Name: "sync", Endpoint: audience(port), Audience: audience(port), ServiceAccountEmail: pusherEmail,
		DeadLetterTopic: "sync-dead-letter", AckDeadline: time.Minute, Concurrency: 8,
	})}
}

// begin gives each athlete so many works a second until end.
func (v *pushers) begin(ctx context.Context, rate int) {
	ctx, v.cancel = context.WithCancel(ctx)
	for i := range v.athletes {
		v.busy.Go(func() {
			tick := time.NewTicker(time.Second / time.Duration(rate))
			defer tick.Stop()
			for {
				select {
				case <-ctx.Done():
					return
				case <-tick.C:
				}
				v.gate.RLock()
				v.something(ctx, i)
				v.gate.RUnlock()
			}
		})
	}
}

// end stops the load, waits for what is under way, and brings what stands to its end.
func (v *pushers) end() {
	v.cancel()
	v.busy.Wait()
	ctx, cancel := context.WithTimeout(v.site.t.Context(), certainly)
	defer cancel()
	for i := range v.athletes {
		if v.pending[i] == nil {
			continue
		}
		if err := until(ctx, "row to be done", func() bool { v.something(ctx, i); return v.pending[i] == nil }); err != nil {
			v.site.t.Errorf("%v: %+v", err, *v.pending[i])
		}
	}
}

// prepare causes work for everybody who has none, while the server can be asked.
func (v *pushers) prepare() {
	for i, a := range v.athletes {
		if v.pending[i] == nil {
			v.pending[i] = v.enqueue(v.site.t.Context(), a)
		}
	}
}

// something causes work for an athlete and pushes its message. What was not acknowledged is pushed again the next time, as
// Pub/Sub does, only sooner. What was acknowledged and still stands is left to the tick, which would wake Sync when the
// lease is over: so much time is taken to have passed.
func (v *pushers) something(ctx context.Context, i int) {
	w := v.pending[i]
	switch {
	case w == nil:
		if w = v.enqueue(ctx, v.athletes[i]); w == nil {
			return // the server is down; causing work is not what is tried here
		}
		v.pending[i] = w
	case w.told:
		err := v.ask(ctx, func(conn *pgx.Conn) error {
			_, err := conn.Exec(ctx, `UPDATE due_work SET lease_until = now() - interval '1 hour', due_at = now() - interval '1 hour',
				parked_at = NULL WHERE id = $1`, w.due)
			return err
		})
		if err != nil {
			return
		}
		w.message = v.message(w)
	}
	if v.push(ctx, w) {
		v.pending[i] = nil
	}
}

// ask runs f on a connection of the superuser.
func (v *pushers) ask(ctx context.Context, f func(conn *pgx.Conn) error) error {
	conn, err := pgx.Connect(ctx, v.site.address.SuperuserDSN(v.site.database))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	return f(conn)
}

// enqueue changes what the figures are made of, and makes their recomputation due, as a change of settings does.
func (v *pushers) enqueue(ctx context.Context, a person) *work {
	v.mu.Lock()
	v.values++
	value := 150 + float64(v.values%700)/10
	v.mu.Unlock()
	w := &work{}
	err := v.ask(ctx, func(conn *pgx.Conn) error {
		return conn.QueryRow(ctx, `
			WITH changed AS (UPDATE thresholds SET value = $2 WHERE account_id = $1 AND kind = 'max_hr')
			INSERT INTO due_work (account_id, kind, due_at) VALUES ($1, 'recompute', now() - interval '5 seconds')
			RETURNING id`, a.account, value).Scan(&w.due)
	})
	if err != nil {
		return nil
	}
	w.account, w.key = a.account, fmt.Sprintf("%d/%d", a.account, w.due)
	w.message = v.message(w)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.works = append(v.works, w)
	return w
}

func (v *pushers) message(w *work) cloudsim.Message {
	body, err := json.Marshal(message.NewWake(w.due, w.account))
	if err != nil {
		v.site.t.Error(err)
	}
	return v.pusher.Message(body)
}

// push sends the message once, and says whether the work is done. Nobody calls a push off that is under way.
func (v *pushers) push(ctx context.Context, w *work) (done bool) {
	ctx = context.WithoutCancel(ctx)
	did := visit{what: "push", key: w.key, sent: time.Now()}
	w.pushes++
	status, err := v.pusher.Push(ctx, w.message, w.pushes)
	did.status, did.answered = status, time.Now()
	if err != nil {
		did.trouble = err.Error()
	}
	if cloudsim.Acknowledges(status) {
		w.told = true
		stands := true
		_ = v.ask(ctx, func(conn *pgx.Conn) error { // where it can't be asked the row is taken to stand
			return conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM due_work WHERE id = $1)`, w.due).Scan(&stands)
		})
		if stands {
			did.code, w.left = "left", true
		}
		done = !stands
	}
	v.note(did)
	return done
}
