package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	pool "github.com/train-d/train-d/shared/database"
)

// turn is what one variant did in one turn.
type turn struct {
	answers
	connections int // most of the server's at a time
	memory      int64
	cpu         time.Duration // of the process, per request; its start counts too
	counted     pool.Stats
}

// perSecond are the registrations made per second.
func (t turn) perSecond() float64 { return float64(t.created) / t.elapsed.Seconds() }

// emptyTables gives every turn the same beginning.
const emptyTables = "TRUNCATE accounts, sessions; CHECKPOINT"

// measure gives a variant its turn, from a fresh process on empty tables. It is an error where a request was answered
// wrongly, or where the database does not hold exactly what clients were told of.
func (b *Bench) measure(ctx context.Context, v Variant) (t turn, err error) {
	if _, err := b.super.Exec(ctx, emptyTables); err != nil {
		return t, err
	}
	p, err := b.start(ctx, v)
	if err != nil {
		return t, err
	}
	stopped := false
	defer func() {
		if !stopped {
			err = errors.Join(err, p.stop())
		}
	}()
	looking, stop := context.WithCancel(ctx)
	most := make(chan int, 1)
	go func() { most <- b.mostConnections(looking) }()

	b.runs++
	warm := clients(ctx, b.cfg.Clients, p.address, fmt.Sprintf("warm-%d", b.runs), b.cfg.WarmUp)
	t.answers = clients(ctx, b.cfg.Clients, p.address, fmt.Sprintf("turn-%d", b.runs), b.cfg.Turn)
	stop()
	t.connections = <-most
	t.memory = p.memory()
	if !v.Python {
		if t.counted, err = p.stats(ctx); err != nil {
			return t, err
		}
	}
	stopped = true
	complaint := p.stop()
	t.cpu = p.cpu() / time.Duration(max(warm.created+t.created, 1))
	if err := ctx.Err(); err != nil {
		return t, err
	}
	warm.add(t.answers)
	return t, errors.Join(b.check(ctx, v, warm), complaint)
}

// check compares what clients were told with what there is, once the last connection has ended.
func (b *Bench) check(ctx context.Context, v Variant, all answers) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for connections := 1; connections > 0; {
		if err := b.super.QueryRow(ctx, countConnections).Scan(&connections); err != nil {
			return fmt.Errorf("wait for the end of connections: %w", err)
		}
	}
	var accounts, sessions int
	err := b.super.QueryRow(ctx, "SELECT (SELECT count(*) FROM accounts), (SELECT count(*) FROM sessions)").Scan(&accounts, &sessions)
	if err != nil {
		return err
	}
	var wrong []error
	if v.Way != "none" && (accounts != all.created || sessions != all.created) {
		wrong = append(wrong, fmt.Errorf("clients were told of %d registrations, there are %d accounts and %d sessions", all.created, accounts, sessions))
	}
	if all.failed > 0 {
		wrong = append(wrong, fmt.Errorf("%d requests failed", all.failed))
	}
	if all.refused > 0 && !v.Refuses {
		wrong = append(wrong, fmt.Errorf("%d requests were refused", all.refused))
	}
	if all.created == 0 {
		wrong = append(wrong, errors.New("nothing was registered"))
	}
	return errors.Join(wrong...)
}

// countConnections counts the variant's connections, once they have logged in.
const countConnections = "SELECT count(*) FROM pg_stat_activity WHERE usename = '" + login + "'"

// mostConnections looks again and again until ctx ends.
func (b *Bench) mostConnections(ctx context.Context) (most int) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return most
		case <-tick.C:
		}
		var n int
		// Not cut short by ctx: that would end the connection.
		if err := b.sampler.QueryRow(context.WithoutCancel(ctx), countConnections).Scan(&n); err != nil {
			return most
		}
		most = max(most, n)
	}
}
