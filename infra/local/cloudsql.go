package local

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"strconv"

	"github.com/train-d/train-d/infra/cloudsim"
	"github.com/train-d/train-d/infra/postgres"
)

// The ways to log in over the connector: LOCAL_CLOUD_SQL_LOGIN.
const (
	loginIAM      = "iam"
	loginPassword = "password"
)

// startCloudSQL puts a Cloud SQL instance in front of the private PostgreSQL, so that both routes are dialled as where
// Train-D is deployed. A PostgreSQL of the user's own gets none: the instance speaks to its backend without TLS.
func (s *System) startCloudSQL(ctx context.Context) error {
	if s.database.server == nil {
		return nil
	}
	log, err := s.folder.log("cloud-sql")
	if err != nil {
		return err
	}
	s.logs = append(s.logs, log)
	logins := map[string]cloudsim.SQLLogin{}
	for _, login := range append(postgres.Logins(), postgres.Owner) {
		logins[iamUser(login)] = cloudsim.SQLLogin{User: login, Password: s.database.passwords[login]}
	}
	// Not ctx: the functions need the instance for what they finish after the signal that ends the start.
	s.instance, err = cloudsim.StartSQL(context.WithoutCancel(ctx), cloudsim.SQLConfig{
		Project: Project, Region: "europe-west1", Instance: "main",
		Backend:   net.JoinHostPort("127.0.0.1", strconv.Itoa(s.database.server.Port)),
		IAMLogins: logins,
		Log:       slog.New(slog.NewJSONHandler(log, nil)),
	})
	if err != nil {
		return fmt.Errorf("%w (DATABASE_URL names a PostgreSQL to use without it)", err)
	}
	s.info.CloudSQL = Program{URL: s.instance.AdminURL(), PID: os.Getpid(), Log: log.Name()}
	return nil
}

// iamUser is a function's service account as Cloud SQL names it.
func iamUser(login string) string { return login + "@" + Project + ".iam" }

// routes are the settings by which a function reaches the database: the plain route for its pool and the connector's for
// direct and fallback connections, or one for all to a PostgreSQL of the user's own.
func (s *System) routes(login string) (map[string]string, error) {
	dsn, err := s.database.dsn(login)
	if err != nil {
		return nil, err
	}
	if s.instance == nil {
		// An instance that the user's shell happens to name must not be reached.
		return map[string]string{"DATABASE_URL": dsn, "CLOUD_SQL_INSTANCE": "", "CLOUD_SQL_ADMIN_API": ""}, nil
	}
	plain, err := url.Parse(dsn)
	if err != nil {
		return nil, fmt.Errorf("plain route of %s: %w", login, err)
	}
	plain.Host = s.instance.PlainAddress()
	settings := map[string]string{
		"DATABASE_URL": plain.String(), "CLOUD_SQL_INSTANCE": s.instance.ConnectionName(),
		"CLOUD_SQL_ADMIN_API": s.instance.AdminURL(), "DATABASE_NAME": databaseName,
		"CLOUD_SQL_IAM_LOGIN": "true", "DATABASE_USER": iamUser(login),
	}
	if s.settings.CloudSQLLogin == loginPassword {
		settings["CLOUD_SQL_IAM_LOGIN"], settings["DATABASE_USER"] = "false", login
		settings["DATABASE_PASSWORD"] = s.database.passwords[login]
	}
	return settings, nil
}
