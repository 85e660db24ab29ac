package config

import (
	"log/slog"
	"time"
)

// Service is what every function knows about itself and where it runs.
type Service struct {
	// FunctionName is the one word of the function, in lower case; it follows from the struct that is loaded.
	FunctionName string
	Project      string `env:"GOOGLE_CLOUD_PROJECT" envDefault:"train-d-local" means:"Project of topics, traces and the database. Demanded in the cloud, where the platform does not set it."`
	// InCloud is true where the platform runs the function.
	InCloud        bool          `env:"K_SERVICE" shown:"set by the platform" means:"Name of the service; its presence means that the function runs in the cloud."`
	Revision       string        `env:"K_REVISION" shown:"set by the platform" means:"Revision that runs."`
	LogLevel       slog.Level    `env:"LOG_LEVEL" shown:"INFO in the cloud, DEBUG elsewhere" means:"Lowest level that is written: DEBUG, INFO, WARN or ERROR."`
	LogFormat      string        `env:"LOG_FORMAT" envDefault:"json" means:"Form of log entries: json for Cloud Logging, text for a terminal."`
	RequestTimeout time.Duration `env:"CLOUD_RUN_TIMEOUT_SECONDS" envDefault:"60" means:"When the platform ends a request, in seconds; work stops 5 s earlier."`
	// DrainTimeout is how long a stopping instance waits for work in flight: 8 s of the platform's 10 s.
	DrainTimeout time.Duration
}

// Database says how to reach Postgres and what to allow it. With both routes the pool dials DATABASE_URL, and direct and
// fallback connections dial CLOUD_SQL_INSTANCE; with one route all use it.
type Database struct {
	URL      Secret `env:"DATABASE_URL" means:"The pool's route: a DSN, as a URL or as key=value words; a socket is welcome."`
	Instance string `env:"CLOUD_SQL_INSTANCE" means:"The connector's route: project:region:instance."`
	IAMLogin bool   `env:"CLOUD_SQL_IAM_LOGIN" envDefault:"false" means:"Log in by IAM on the connector's route; no password is needed."`
	IPType   string `env:"CLOUD_SQL_IP" envDefault:"private" means:"Address that the connector dials: private or public."`
	AdminAPI string `env:"CLOUD_SQL_ADMIN_API" means:"Address of a stand-in for the Cloud SQL Admin API. Refused in the cloud."`
	User     string `env:"DATABASE_USER" means:"Login on the connector's route."`
	Password Secret `env:"DATABASE_PASSWORD" means:"Password on the connector's route, unless IAM logs in."`
	Name     string `env:"DATABASE_NAME" means:"Database on the connector's route."`
	TLS      string `env:"DATABASE_TLS" shown:"require over a network, disable on a socket or loopback" means:"TLS on the pool's route: require, verify-full or disable."`

	PoolMin int `env:"DATABASE_POOL_MIN" envDefault:"2" means:"Connections that the pool keeps open."`
	PoolMax int `env:"DATABASE_POOL_MAX" envDefault:"10" means:"Connections that the pool opens at most, per instance."`
	// With the pool's route down, 4 served nine tenths of what a connection for each of 50 clients at once did, and 2 three
	// quarters (make bench).
	FallbackMax int `env:"DATABASE_FALLBACK_MAX" envDefault:"4" means:"Direct connections beside a failing pool at most, per instance; 0 allows none."`
	// ConnectionLimit is this instance's share of the server's connections, computed by Terraform.
	ConnectionLimit int `env:"DATABASE_CONNECTION_LIMIT" envDefault:"0" means:"This instance's share of the server's connections; settings above it are refused. 0 sets no limit."`

	// With 50 clients at once 500 ms is the first of the waits tried at which neither a pool of 4 nor one of 10 ever fell
	// back, also on a machine with other work; 2 ms with hardly a bound lost nine tenths of the throughput (make bench).
	AcquireTimeout           time.Duration `env:"DATABASE_ACQUIRE_TIMEOUT" envDefault:"500ms" means:"Wait for a pooled connection before a direct one is used."`
	ConnectTimeout           time.Duration `env:"DATABASE_CONNECT_TIMEOUT" envDefault:"5s" means:"Limit for dialling and logging in."`
	PingTimeout              time.Duration `env:"DATABASE_PING_TIMEOUT" envDefault:"250ms" means:"Limit for the ping of an idle connection on hand-out."`
	ResetAfter               time.Duration `env:"DATABASE_RESET_AFTER" envDefault:"2s" means:"A pool unused for this long whose ping fails is reset as a whole."`
	ProbeInterval            time.Duration `env:"DATABASE_PROBE_INTERVAL" envDefault:"5s" means:"How often a pool that is down is tried again."`
	StatementTimeout         time.Duration `env:"DATABASE_STATEMENT_TIMEOUT" envDefault:"10s" means:"The server ends a statement after this long, on every path."`
	LockTimeout              time.Duration `env:"DATABASE_LOCK_TIMEOUT" envDefault:"5s" means:"The server ends a wait for a lock after this long."`
	IdleInTransactionTimeout time.Duration `env:"DATABASE_IDLE_IN_TRANSACTION_TIMEOUT" envDefault:"15s" means:"The server ends a transaction that idles for this long."`
	SlowQuery                time.Duration `env:"SLOW_QUERY_THRESHOLD" envDefault:"500ms" means:"Statements that take longer are logged as slow."`
}

// Push says whose pushes a Pub/Sub function believes. Nothing is believed without it, in the cloud or elsewhere.
type Push struct {
	Audience       string `env:"PUSH_AUDIENCE" means:"Audience that the push's token must name: the function's URL. Demanded."`
	ServiceAccount string `env:"PUSH_SERVICE_ACCOUNT" means:"E-mail of the service account that signs pushes. Demanded."`
	CertsURL       string `env:"PUSH_CERTS_URL" shown:"Google's" means:"Address of the keys (JWKS) that sign pushes. Refused in the cloud."`
}

// Strava is the API client's registration and addresses.
type Strava struct {
	ClientID     string `env:"STRAVA_CLIENT_ID" means:"Id of the app at Strava. Demanded."`
	ClientSecret Secret `env:"STRAVA_CLIENT_SECRET" means:"Secret of the app at Strava. Demanded."`
	APIURL       string `env:"STRAVA_API_URL" envDefault:"https://www.api-v3.strava.com" means:"Base address of the API."`
	OAuthURL     string `env:"STRAVA_OAUTH_URL" envDefault:"https://www.strava.com/oauth" means:"Base address of OAuth."`
}

// Hook says which of the requests that reach the webhook are Strava's.
type Hook struct {
	// Path is a secret: whoever knows it can hint at things that are then asked of Strava.
	Path           Secret `env:"WEBHOOK_PATH" means:"Unguessable path segment below which Strava pushes its events: at least 32 hexadecimal digits. Demanded."`
	VerifyToken    Secret `env:"WEBHOOK_VERIFY_TOKEN" means:"What Strava must repeat when a push subscription is made, at least 16 characters. Demanded."`
	SubscriptionID int64  `env:"WEBHOOK_SUBSCRIPTION_ID" envDefault:"0" means:"Id of the push subscription whose events are taken; 0, until one is made, takes those of any."`
}

// Accounts says where browsers find the app, who may have an account and how long they stay signed in.
type Accounts struct {
	PublicURL       string        `env:"PUBLIC_URL" means:"Address that browsers use, without a path. Demanded."`
	ClientIPHops    int           `env:"CLIENT_IP_HOPS" envDefault:"1" means:"Where in X-Forwarded-For the client's address stands, counted from the right: 1 behind the platform's front end, one more for each load balancer before it, 0 without any."`
	MinimumAge      int           `env:"MINIMUM_AGE" envDefault:"16" means:"Years that an athlete must be of, from 13, as the law where the athletes live asks for."`
	SessionIdle     time.Duration `env:"SESSION_IDLE" envDefault:"336h" means:"A session unused for this long ends."`
	SessionLifetime time.Duration `env:"SESSION_LIFETIME" envDefault:"2160h" means:"A session ends after this long in any case."`
}

// Tokens is the key that seals Strava's tokens at rest.
type Tokens struct {
	Keyset Secret `env:"TOKEN_KEYSET" means:"Tink keyset (JSON, AES256-GCM) that seals tokens at rest. Demanded."`
}

// SMTP says which server takes e-mail, and what stands in it.
type SMTP struct {
	// URL is a secret: it holds the password. Without TLS nothing is sent, but to this very machine.
	URL       Secret `env:"SMTP_URL" means:"Server that takes e-mail: smtps://user:password@host (TLS, port 465) or smtp://user:password@host (STARTTLS, port 587). Demanded."`
	From      string `env:"MAIL_FROM" means:"Sender of e-mail, as Train-D <no-reply@example.com>. Demanded."`
	PublicURL string `env:"PUBLIC_URL" means:"Address that browsers use, without a path. Demanded."`
}

// Logins says which logins get the rights of which function.
type Logins struct {
	// Functions maps a login to its function's name: a function has a login for each way that it logs in.
	Functions map[string]string `env:"DATABASE_LOGINS" means:"Logins and their functions, as login:onboarding,other-login:onboarding; each becomes a member of its function's group and nothing more. Where the superuser sees to that it is empty."`
}

// Streams says how long raw streams stay.
type Streams struct {
	RetentionDays int `env:"STREAM_RETENTION_DAYS" envDefault:"7" means:"Days after which raw streams are deleted; 0 keeps them for ever."`
}

// SyncConnection is which kind of connection sync work gets.
type SyncConnection struct {
	UsePool bool `env:"SYNC_USE_POOL" envDefault:"false" means:"Sync work takes pooled connections instead of one direct connection per invocation."`
}
