package faults_test

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/infra/postgres"
)

// sampler looks every 10 ms at the connections that the server has from the programs.
type sampler struct {
	site   *site
	cancel context.CancelFunc
	done   sync.WaitGroup

	mu            sync.Mutex // guards what follows
	samples       int
	most, orphans int // most at a time: connections that the client had open, and such that only the server still had
}

func newSampler(s *site) *sampler {
	ctx, cancel := context.WithCancel(s.t.Context())
	r := &sampler{site: s, cancel: cancel}
	r.done.Go(func() {
		for ctx.Err() == nil {
			r.watch(ctx) // until the server goes down
			select {
			case <-ctx.Done():
			case <-time.After(10 * time.Millisecond):
			}
		}
	})
	return r
}

func (r *sampler) watch(ctx context.Context) {
	conn, err := pgx.Connect(ctx, r.site.address.SuperuserDSN(postgres.Superuser))
	if err != nil {
		return
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		rows, err := conn.Query(ctx, `SELECT coalesce(client_port, 0) `+ours, r.site.oid)
		if err != nil {
			return
		}
		ports, err := pgx.CollectRows(rows, pgx.RowTo[int])
		if err != nil {
			return
		}
		r.take(ports)
	}
}

// take counts a sample. A connection whose client has closed it is none any more, however long the server takes to notice:
// it is told apart by its port. Where a black hole keeps the news from the server it stays for long.
func (r *sampler) take(ports []int) {
	plain, behind := r.site.plain.Open(), r.site.behind.Open()
	held := 0
	for _, port := range ports {
		if plain[port] || behind[port] {
			held++
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.samples++
	r.most = max(r.most, held)
	r.orphans = max(r.orphans, r.site.plain.Stats().Orphans+r.site.behind.Stats().Orphans)
}

// reset forgets what was seen.
func (r *sampler) reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.samples, r.most, r.orphans = 0, 0, 0
}

func (r *sampler) seen() (samples, most, orphans int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.samples, r.most, r.orphans
}

func (r *sampler) end() {
	r.cancel()
	r.done.Wait()
}
