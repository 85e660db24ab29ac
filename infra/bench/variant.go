package bench

import (
	"fmt"
	"strings"
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
	// Bound is how many server connections there may be at most; 0 states none.
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
	nameFallback  = "Pooled, its route down, breaker open (fallback bound 2)"
	nameSeed      = "seed: psycopg2 pool (2, 10), direct on exhaustion"
	fallbackBound = 2
	poolMax       = 10
)

// Load lists the variants of the load table.
func Load() []Variant {
	return []Variant{
		{Name: "HTTP server alone", Way: "none"},
		{Name: "HTTP server alone, framework and adapter", Way: "none", Framework: true},
		{Name: nameBare, Way: "pgxpool", Bound: poolMax, Turns: 3},
		{Name: namePooled, Way: "pooled", Bound: poolMax + fallbackBound, Turns: 3},
		{Name: "Pooled, framework and adapter (as deployed)", Way: "pooled", Framework: true, Bound: poolMax + fallbackBound},
		{Name: "connection per request, bare pgx", Way: "pgx"},
		{Name: "connection per request, Direct", Way: "direct"},
		{Name: namePerConn, Way: "pgx-connector", Turns: 2},
		{Name: nameFallback, Way: "pooled", PoolDown: true, Refuses: true, Bound: fallbackBound, Turns: 2},
		{Name: "Pooled, its route down, breaker open (fallback bound 10)", Way: "pooled", PoolDown: true, Refuses: true, Bound: 10,
			Settings: []string{"DATABASE_FALLBACK_MAX=10"}},
		{Name: nameSeed, Way: "pool", Python: true},
		{Name: "seed: psycopg2, direct connection per statement", Way: "direct", Python: true},
	}
}

// acquireTimeouts are the waits for a pooled connection that are compared.
var acquireTimeouts = []string{"2ms", "50ms", "250ms", "500ms", "1s"}

// Acquire lists the variants of the table of acquire timeouts: a pool of 4 and of 10, the fallback bounded as by default
// and practically without a bound.
func Acquire() []Variant {
	var all []Variant
	for _, bound := range []int{fallbackBound, 50} {
		for _, pool := range []int{4, poolMax} {
			for _, timeout := range acquireTimeouts {
				all = append(all, Variant{
					Name: fmt.Sprintf("pool %2d, fallback bound %2d, acquire timeout %s", pool, bound, timeout),
					Way:  "pooled", Refuses: true, Bound: pool + bound,
					Settings: []string{
						fmt.Sprintf("DATABASE_POOL_MAX=%d", pool), fmt.Sprintf("DATABASE_FALLBACK_MAX=%d", bound),
						"DATABASE_ACQUIRE_TIMEOUT=" + timeout,
					},
				})
			}
		}
	}
	return all
}

// environment is what a variant's process is told.
func (b *Bench) environment(v Variant, port, closed int) []string {
	dsn := strings.Replace(b.server.DSN(database, login, b.password), "sslmode=disable", "sslmode=require", 1)
	env := []string{
		fmt.Sprintf("PORT=%d", port), "FUNCTION_TARGET=Bench", "LOG_LEVEL=INFO", // the level in the cloud
		"PUBLIC_URL=http://localhost", "STRAVA_CLIENT_ID=1", "STRAVA_CLIENT_SECRET=none", "TOKEN_KEYSET=" + b.keyset,
	}
	if v.PoolDown {
		dsn = fmt.Sprintf("postgres://nobody:none@127.0.0.1:%d/none?sslmode=require", closed)
	}
	if v.PoolDown || v.Way == "pgx-connector" {
		env = append(env, "CLOUD_SQL_INSTANCE="+b.instance.ConnectionName(), "CLOUD_SQL_ADMIN_API="+b.instance.AdminURL(),
			"DATABASE_USER="+login, "DATABASE_PASSWORD="+b.password, "DATABASE_NAME="+database)
	}
	return append(append(env, "DATABASE_URL="+dsn), v.Settings...)
}
