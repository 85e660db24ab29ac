package bench

import (
	"fmt"
)

// Variant is one way of serving the registration-like request.
type Variant struct {
	Name string
	// Way is the argument of cmd/server, or of baseline/server.py where Python is set.
	Way    string
	Python bool
	// Framework serves by the functions framework and shared/serverless, as deployed; else net/http alone does.
	Framework bool
	// PoolDown gives the pool a route on which nobody listens; fallbacks take the connector.
	PoolDown bool
	// Settings are the environment beyond what all have in common.
	Settings []string
	// Bound is how many server connections there may be at most, of pool and fallback together; 0 states none. One that
	// was closed counts until the server has noticed.
	Bound int
	// Refuses says that 503 is a proper answer here: the fallback's bound may be reached.
	Refuses bool
	// Turns is how many turns it gets in a round; 0 means one.
	Turns int
}

// The variants that goals speak of.
const (
	nameBare      = "bare pgxpool 10"
	namePooled    = "Pooled"
	namePerConn   = "connection per request, bare pgx, over the connector"
	nameFallback  = "Pooled, its route down, breaker open (fallback bound 4)"
	nameSeed      = "seed: psycopg2 pool (2, 10), direct on exhaustion"
	fallbackBound = 4
	poolMax       = 10
)

// Load lists the variants of the load table.
func Load() []Variant {
	return []Variant{
		{Name: "HTTP server alone", Way: "none"},
		{Name: "HTTP server alone, framework and adapter", Way: "none", Framework: true},
		{Name: nameBare, Way: "pgxpool"},
		{Name: namePooled, Way: "pooled", Bound: poolMax + fallbackBound},
		{Name: "Pooled, framework and adapter (as deployed)", Way: "pooled", Framework: true, Bound: poolMax + fallbackBound},
		{Name: "connection per request, bare pgx", Way: "pgx"},
		{Name: "connection per request, Direct", Way: "direct"},
		{Name: namePerConn, Way: "pgx-connector", Turns: 2},
		{Name: nameFallback, Way: "pooled", PoolDown: true, Refuses: true, Bound: poolMax + fallbackBound, Turns: 2},
		{Name: "Pooled, its route down, breaker open (fallback bound 10)", Way: "pooled", PoolDown: true, Refuses: true, Bound: poolMax + 10,
			Settings: []string{"DATABASE_FALLBACK_MAX=10"}},
		{Name: nameSeed, Way: "pool", Python: true},
		{Name: "seed: psycopg2, direct connection per statement", Way: "direct", Python: true},
	}
}

// Acquire lists the variants of the table of acquire timeouts: a pool of 4 and of 10, the fallback bounded as by default,
// then practically without a bound, which shows what patience spares.
func Acquire() []Variant {
	var all []Variant
	for _, bounded := range []struct {
		fallbacks int
		timeouts  []string
	}{
		{fallbackBound, []string{"2ms", "50ms", "250ms", "500ms", "1s"}},
		{50, []string{"2ms", "500ms"}},
	} {
		for _, pool := range []int{4, poolMax} {
			for _, timeout := range bounded.timeouts {
				all = append(all, Variant{
					Name: fmt.Sprintf("pool %d, fallback bound %d, acquire timeout %s", pool, bounded.fallbacks, timeout),
					Way:  "pooled", Refuses: true,
					Settings: []string{
						fmt.Sprintf("DATABASE_POOL_MAX=%d", pool),
						fmt.Sprintf("DATABASE_FALLBACK_MAX=%d", bounded.fallbacks),
						"DATABASE_ACQUIRE_TIMEOUT=" + timeout,
					},
				})
			}
		}
	}
	return all
}

// environment is what a variant's process is told.
func (b *Bench) environment(v Variant, closed int) []string {
	dsn := b.overTLS(database, login)
	env := b.common("Bench")
	if v.PoolDown {
		dsn = fmt.Sprintf("postgres://nobody:none@127.0.0.1:%d/none?sslmode=require", closed)
	}
	if v.PoolDown || v.Way == "pgx-connector" {
		env = append(env, b.overConnector(database, login)...)
	}
	return append(append(env, "DATABASE_URL="+dsn), v.Settings...)
}
