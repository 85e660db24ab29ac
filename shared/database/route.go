package database

import (
	"crypto/tls"
	"errors"
	"net"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/train-d/train-d/shared/config"
)

// The paths a statement can take; the last part of application_name and a field of every log entry.
const (
	pathPool     = "pool"
	pathFallback = "fallback"
	pathDirect   = "direct"
)

const (
	connLifetime       = 30 * time.Minute
	connLifetimeJitter = 5 * time.Minute
	connIdleTime       = 30 * time.Minute
)

// route is one way to the server. A route that the settings do not describe properly keeps its error, so that it is
// reported at the first dial like any other failure and the other route still serves.
type route struct {
	config *pgxpool.Config
	err    error
}

// routes are the ways to the server: of the pool, and of direct and fallback connections.
type routes struct {
	pool, direct route
	apart        bool // they are different ways, so one may be up while the other is down
}

// newRoutes reads the settings: DATABASE_URL is the pool's route, CLOUD_SQL_INSTANCE the connector's. With both, the pool
// dials the first, direct and fallback the second; with one, all use it.
func newRoutes(cfg config.Database, function string) routes {
	dsn := strings.TrimRight(cfg.URL.Reveal(), "\r\n")
	switch {
	case dsn != "" && cfg.Instance != "":
		return routes{pool: urlRoute(dsn, cfg, function), direct: connectorRoute(cfg, function), apart: true}
	case cfg.Instance != "":
		r := connectorRoute(cfg, function)
		return routes{pool: r, direct: r}
	case dsn != "":
		r := urlRoute(dsn, cfg, function)
		return routes{pool: r, direct: r}
	default:
		r := route{err: errors.New("neither DATABASE_URL nor CLOUD_SQL_INSTANCE is set")}
		return routes{pool: r, direct: r}
	}
}

// Check says what is wrong with the routes that are set, so that a deployment with a setting that no driver can read fails
// at its start and not behind its fallback (I01). It dials nothing; settings that are missing are not its subject.
func Check(cfg config.Database) error {
	if cfg.URL.IsZero() && cfg.Instance == "" {
		return nil
	}
	r := newRoutes(cfg, "check")
	if r.apart {
		return errors.Join(r.pool.err, r.direct.err)
	}
	return r.pool.err
}

// urlRoute dials an address or a socket. The parser's own error is dropped: it may quote the password.
func urlRoute(dsn string, cfg config.Database, function string) route {
	dsn, err := demandTLS(dsn, cfg.TLS)
	if err != nil {
		return route{err: err}
	}
	c, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return route{err: errors.New("DATABASE_URL: not a Postgres URL or key=value string")}
	}
	for _, t := range tlsConfigs(c.ConnConfig) {
		// PostgreSQL before 18 offers this curve only; starting with another costs a round trip.
		t.CurvePreferences = []tls.CurveID{tls.CurveP256}
	}
	return route{config: finish(c, cfg, function)}
}

// tlsConfigs are the configurations of all hosts of a route.
func tlsConfigs(c *pgx.ConnConfig) []*tls.Config {
	var all []*tls.Config
	if c.TLSConfig != nil {
		all = append(all, c.TLSConfig)
	}
	for _, f := range c.Fallbacks {
		if f.TLSConfig != nil {
			all = append(all, f.TLSConfig)
		}
	}
	return all
}

// connectorRoute dials through the Cloud SQL connector, which brings the TLS, so that Postgres's own is off.
func connectorRoute(cfg config.Database, function string) route {
	c, err := pgxpool.ParseConfig("host=127.0.0.1 port=5432 sslmode=disable user=connector")
	if err != nil {
		return route{err: errors.New("connector: default settings of the driver are unusable")}
	}
	c.ConnConfig.User = cfg.User
	c.ConnConfig.Password = cfg.Password.Reveal()
	c.ConnConfig.Database = cfg.Name
	if cfg.IAMLogin {
		c.ConnConfig.Password = ""
	}
	c.ConnConfig.DialFunc = connectorDial(cfg)
	return route{config: finish(c, cfg, function)}
}

// finish sets what all routes have in common. The session parameters go into the start-up message, so that they cost no
// round trip and hold on every path alike; what a DSN says of them is overridden.
func finish(c *pgxpool.Config, cfg config.Database, function string) *pgxpool.Config {
	c.MaxConns = int32(max(cfg.PoolMax, 1))
	c.MinConns, c.MinIdleConns = 0, 0 // warmed at first use: background work stands still in a frozen instance
	c.MaxConnLifetime, c.MaxConnLifetimeJitter, c.MaxConnIdleTime = connLifetime, connLifetimeJitter, connIdleTime
	c.ConnConfig.ConnectTimeout = cfg.ConnectTimeout
	p := c.ConnConfig.RuntimeParams
	p["application_name"] = path.Join("train-d", function)
	p["statement_timeout"] = milliseconds(cfg.StatementTimeout)
	p["lock_timeout"] = milliseconds(cfg.LockTimeout)
	p["idle_in_transaction_session_timeout"] = milliseconds(cfg.IdleInTransactionTimeout)
	p["timezone"] = "UTC"
	// What a lost network leaves behind at the server counts against its connections and may hold locks: within a minute it
	// finds out that nobody is there, and within two seconds where a statement runs whose client has gone.
	p["tcp_keepalives_idle"], p["tcp_keepalives_interval"], p["tcp_keepalives_count"] = "30", "10", "3"
	p["client_connection_check_interval"] = "2000"
	return c
}

// onPath is the configuration of one connection.
func (r route) onPath(name string, w *watch) *pgx.ConnConfig {
	c := r.config.ConnConfig.Copy()
	label(c, name, w)
	return c
}

func label(c *pgx.ConnConfig, name string, w *watch) {
	c.RuntimeParams["application_name"] = path.Join(c.RuntimeParams["application_name"], name)
	c.Tracer = w
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// demandTLS writes the sslmode into dsn. mode comes from the settings; without one the DSN's own word counts, and
// without that TLS is demanded wherever a host is neither a socket nor loopback. The driver's default would fall back
// to plain text.
func demandTLS(dsn, mode string) (string, error) {
	isURL := strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://")
	parsed, err := pgx.ParseConfig(dsn)
	if err != nil {
		return "", errors.New("DATABASE_URL: not a Postgres URL or key=value string")
	}
	if mode == "" {
		if strings.Contains(dsn, "sslmode=") {
			return dsn, nil
		}
		mode = "disable"
		for _, host := range hosts(parsed) {
			if !isLocal(host) {
				mode = "require"
			}
		}
	}
	if !isURL {
		return dsn + " sslmode=" + mode, nil // the last word of a key counts
	}
	u, err := url.Parse(dsn)
	if err != nil {
		return "", errors.New("DATABASE_URL: not a URL")
	}
	q := u.Query()
	q.Set("sslmode", mode)
	u.RawQuery = q.Encode()
	return u.String(), nil
}

func hosts(c *pgx.ConnConfig) []string {
	all := []string{c.Host}
	for _, f := range c.Fallbacks {
		all = append(all, f.Host)
	}
	return all
}

// isLocal reports whether host is a socket's folder or loopback.
func isLocal(host string) bool {
	if strings.HasPrefix(host, "/") || strings.HasPrefix(host, "@") || host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
