package config

import (
	"net"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"time"
)

func (c *Onboarding) check(m *mistakes) {
	c.Service.check(m)
	c.Database.check(m, c.Service)
	c.Database.checkPool(m)
	c.Strava.check(m, c.Service)
	c.Accounts.check(m, c.Service)
	c.Tokens.check(m)
}

func (c *Webhook) check(m *mistakes) {
	c.Service.check(m)
	c.Hook.check(m)
}

func (c *Dispatch) check(m *mistakes) {
	c.Service.check(m)
	c.Database.check(m, c.Service)
	c.Push.check(m, c.Service)
}

func (c *Sync) check(m *mistakes) {
	c.Service.check(m)
	c.Database.check(m, c.Service)
	if c.UsePool {
		c.Database.checkPool(m)
	}
	c.Push.check(m, c.Service)
	c.Strava.check(m, c.Service)
	c.Tokens.check(m)
	c.Streams.check(m)
}

func (c *Mail) check(m *mistakes) {
	c.Service.check(m)
	c.Database.check(m, c.Service)
	c.Push.check(m, c.Service)
	c.SMTP.check(m, c.Service)
}

func (c *Migrate) check(m *mistakes) {
	c.Service.check(m)
	c.Database.check(m, c.Service)
	c.Push.check(m, c.Service)
	for login, function := range c.Logins.Functions {
		m.require(login != "" && function != "", "DATABASE_LOGINS", "write login:function, separated by commas")
	}
}

func (s *Service) check(m *mistakes) {
	m.require(slices.Contains([]string{"json", "text"}, s.LogFormat), "LOG_FORMAT", "write json or text")
	m.require(s.RequestTimeout >= time.Second && s.RequestTimeout <= time.Hour, "CLOUD_RUN_TIMEOUT_SECONDS", "write seconds from 1 to 3600")
	m.require(!s.InCloud || m.settings["GOOGLE_CLOUD_PROJECT"] != "", "GOOGLE_CLOUD_PROJECT", "name the project")
}

func (d *Database) check(m *mistakes, s Service) {
	if d.URL.IsZero() && d.Instance == "" {
		m.add("DATABASE_URL", "set a DSN here, or CLOUD_SQL_INSTANCE, or both")
	}
	m.require(d.URL.IsZero() || isDSN(d.URL.Reveal()), "DATABASE_URL",
		"write postgres://user:password@host:port/name, or key=value words; special characters of a URL's password need percent signs")
	if d.Instance != "" {
		parts := strings.Split(d.Instance, ":")
		m.require(len(parts) >= 3 && !slices.Contains(parts, ""), "CLOUD_SQL_INSTANCE", "write project:region:instance")
		m.require(d.User != "", "DATABASE_USER", "name the login on the connector's route")
		m.require(d.Name != "", "DATABASE_NAME", "name the database on the connector's route")
		m.require(d.IAMLogin || !d.Password.IsZero(), "DATABASE_PASSWORD", "set it, or CLOUD_SQL_IAM_LOGIN=true")
	}
	m.require(slices.Contains([]string{"private", "public"}, d.IPType), "CLOUD_SQL_IP", "write private or public")
	m.require(slices.Contains([]string{"", "require", "verify-full", "disable"}, d.TLS), "DATABASE_TLS", "write require, verify-full or disable")
	localOnly(m, s, "CLOUD_SQL_ADMIN_API", d.AdminAPI)
	m.require(d.ConnectionLimit >= 0, "DATABASE_CONNECTION_LIMIT", "write 0 for none, or a number of connections")
	for _, limit := range []struct {
		setting string
		value   time.Duration
	}{
		{"DATABASE_ACQUIRE_TIMEOUT", d.AcquireTimeout},
		{"DATABASE_CONNECT_TIMEOUT", d.ConnectTimeout},
		{"DATABASE_PING_TIMEOUT", d.PingTimeout},
		{"DATABASE_RESET_AFTER", d.ResetAfter},
		{"DATABASE_PROBE_INTERVAL", d.ProbeInterval},
		{"DATABASE_STATEMENT_TIMEOUT", d.StatementTimeout},
		{"DATABASE_LOCK_TIMEOUT", d.LockTimeout},
		{"DATABASE_IDLE_IN_TRANSACTION_TIMEOUT", d.IdleInTransactionTimeout},
		{"SLOW_QUERY_THRESHOLD", d.SlowQuery},
	} {
		// Postgres reads its limits in whole milliseconds, and takes 0 as none.
		m.require(limit.value >= time.Millisecond, limit.setting, "write a duration of at least 1ms")
	}
	m.require(d.PoolMax >= 1, "DATABASE_POOL_MAX", "write at least 1")
	m.require(d.PoolMin >= 0, "DATABASE_POOL_MIN", "write 0 or more")
	m.require(d.FallbackMax >= 0, "DATABASE_FALLBACK_MAX", "write 0 or more")
	if m.good("DATABASE_POOL_MIN", "DATABASE_POOL_MAX") && d.PoolMin > d.PoolMax {
		m.add("DATABASE_POOL_MIN", "write at most DATABASE_POOL_MAX")
	}
}

// checkPool holds the pool and its fallback together below this instance's share of the server's connections (I12).
func (d *Database) checkPool(m *mistakes) {
	if !m.good("DATABASE_POOL_MAX", "DATABASE_FALLBACK_MAX", "DATABASE_CONNECTION_LIMIT") || d.ConnectionLimit == 0 {
		return
	}
	m.require(d.PoolMax+d.FallbackMax <= d.ConnectionLimit, "DATABASE_CONNECTION_LIMIT",
		"lower DATABASE_POOL_MAX and DATABASE_FALLBACK_MAX until their sum is at most this, or raise it in Terraform")
}

func (p *Push) check(m *mistakes, s Service) {
	m.require(p.Audience != "", "PUSH_AUDIENCE", "write the audience of the push subscription")
	m.require(strings.Contains(p.ServiceAccount, "@"), "PUSH_SERVICE_ACCOUNT", "write the e-mail of the service account that signs pushes")
	localOnly(m, s, "PUSH_CERTS_URL", p.CertsURL)
}

func (s *Strava) check(m *mistakes, service Service) {
	m.require(s.ClientID != "", "STRAVA_CLIENT_ID", "write the id of the app at Strava")
	m.require(!s.ClientSecret.IsZero(), "STRAVA_CLIENT_SECRET", "write the secret of the app at Strava")
	s.APIURL = strings.TrimSuffix(s.APIURL, "/")
	s.OAuthURL = strings.TrimSuffix(s.OAuthURL, "/")
	checkURL(m, service, "STRAVA_API_URL", s.APIURL)
	checkURL(m, service, "STRAVA_OAUTH_URL", s.OAuthURL)
}

func (h *Hook) check(m *mistakes) {
	path := h.Path.Reveal()
	m.require(len(path) >= 32 && strings.Trim(path, "0123456789abcdef") == "", "WEBHOOK_PATH",
		"write at least 32 hexadecimal digits in lower case, as `openssl rand -hex 16` gives")
	m.require(len(h.VerifyToken.Reveal()) >= 16, "WEBHOOK_VERIFY_TOKEN", "write at least 16 characters, as `openssl rand -hex 16` gives")
	m.require(h.SubscriptionID >= 0, "WEBHOOK_SUBSCRIPTION_ID", "write the id that Strava gave the push subscription, or 0")
}

func (a *Accounts) check(m *mistakes, s Service) {
	a.PublicURL = checkPublicURL(m, s, a.PublicURL)
	m.require(a.ClientIPHops >= 0, "CLIENT_IP_HOPS", "write how many proxies stand before the function, 0 for none")
	m.require(a.MinimumAge >= 13 && a.MinimumAge <= 100, "MINIMUM_AGE", "write a number of years from 13 to 100")
	m.require(a.SessionIdle >= time.Minute, "SESSION_IDLE", "write a duration of at least 1m")
	m.require(a.SessionLifetime >= time.Minute, "SESSION_LIFETIME", "write a duration of at least 1m")
	if m.good("SESSION_IDLE", "SESSION_LIFETIME") && a.SessionIdle > a.SessionLifetime {
		m.add("SESSION_IDLE", "write at most SESSION_LIFETIME")
	}
}

func (s *SMTP) check(m *mistakes, service Service) {
	s.PublicURL = checkPublicURL(m, service, s.PublicURL)
	u, err := url.Parse(s.URL.Reveal())
	m.require(err == nil && (u.Scheme == "smtps" || u.Scheme == "smtp") && u.Hostname() != "" && isPort(u.Host) && u.Path == "" &&
		u.RawQuery == "" && u.Fragment == "", "SMTP_URL",
		"write smtps://user:password@host or smtp://user:password@host; special characters of the password need percent signs")
	_, err = mail.ParseAddress(s.From)
	m.require(err == nil, "MAIL_FROM", "write a sender, as Train-D <no-reply@example.com>")
}

// checkPublicURL gives the address without a slash at its end.
func checkPublicURL(m *mistakes, s Service, text string) string {
	text = strings.TrimSuffix(text, "/")
	checkURL(m, s, "PUBLIC_URL", text)
	if u, err := url.Parse(text); err == nil {
		m.require(u.Path == "", "PUBLIC_URL", "write it without a path")
	}
	return text
}

func (t *Tokens) check(m *mistakes) {
	m.require(!t.Keyset.IsZero(), "TOKEN_KEYSET", "set the keyset that seals tokens")
}

func (s *Streams) check(m *mistakes) {
	m.require(s.RetentionDays >= 0, "STREAM_RETENTION_DAYS", "write a number of days, or 0 for ever")
}

// isDSN reports whether text has one of the two forms that Postgres's clients read.
func isDSN(text string) bool {
	scheme, _, isURL := strings.Cut(text, "://")
	if isURL && !strings.Contains(scheme, "=") {
		_, err := url.Parse(text)
		return err == nil && (scheme == "postgres" || scheme == "postgresql")
	}
	return strings.Contains(text, "=")
}

// checkURL demands an absolute address without user, query or fragment; HTTPS in the cloud.
func checkURL(m *mistakes, s Service, setting, text string) {
	u, err := url.Parse(text)
	ok := err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" && isPort(u.Host)
	m.require(ok, setting, "write an absolute address such as https://example.com")
	if ok {
		m.require(u.User == nil && u.RawQuery == "" && !u.ForceQuery && u.Fragment == "", setting, "write it without user, query and fragment")
		m.require(u.Scheme == "https" || !s.InCloud, setting, "write an https address")
	}
}

// isPort reports whether a host has no port or a numeric one; url.Parse lets "host:" pass.
func isPort(host string) bool {
	_, port, err := net.SplitHostPort(host)
	return err != nil || port != ""
}

// localOnly refuses a stand-in's address in the cloud: there it would hand trust to whoever sets it.
func localOnly(m *mistakes, s Service, setting, text string) {
	if text == "" {
		return
	}
	m.require(!s.InCloud, setting, "remove it: only a local system may use a stand-in")
	checkURL(m, s, setting, text)
}
