package database_test

import (
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/database"
)

// The steps of infra/playbooks/rotation.md: a second login stands beside the first, then the first is ended under an
// instance that still uses it. That instance goes on over the connector, and nothing it was told of is missing.
func TestEndingARotatedLoginTurnsNobodyAway(t *testing.T) {
	t.Parallel()
	b := setup(t)
	i := b.instance(nil)
	former, dsn := b.limited("20")
	newer := b.pooled(i.cfg) // with the login that takes the former's place
	cfg := i.cfg
	cfg.URL = config.NewSecret(dsn)
	older := b.pooled(cfg)
	written := 0
	write := func(p *database.Pooled) {
		t.Helper()
		written++
		if _, err := insert(b.ctx, p, fmt.Sprintf("note %d", written)); err != nil {
			t.Fatalf("note %d: %v", written, err)
		}
	}
	for _, p := range []*database.Pooled{older, newer} {
		write(p)
		if got := p.Health(b.ctx); got.State != database.HealthPool {
			t.Fatalf("got health %+v while both logins stand, want pool", got)
		}
	}

	quoted := pgx.Identifier{former}.Sanitize()
	b.do(`ALTER ROLE ` + quoted + ` NOLOGIN`)
	write(older) // connections that are open stay
	if n := b.number(`SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = $1`, former); n == 0 {
		t.Fatal("no connection of the former login was ended")
	}
	b.wait("its connections to end", func() bool {
		return b.number(`SELECT count(*) FROM pg_stat_activity WHERE usename = $1`, former) == 0
	})
	for range 10 {
		write(older)
		write(newer)
	}
	b.wait("health to tell of the login", func() bool { // an answer is good for a second
		return older.Health(b.ctx) == database.Health{State: database.HealthFallback, Cause: database.CauseAuthentication}
	})
	if got := newer.Health(b.ctx); got.State != database.HealthPool {
		t.Errorf("got health %+v with the newer login, want pool", got)
	}
	if n := b.number(`SELECT count(*) FROM notes`); n != written {
		t.Errorf("got %d rows, want %d", n, written)
	}
}
