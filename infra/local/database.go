package local

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/infra/postgres"
)

// databaseName holds a hyphen on purpose: names with one must work everywhere.
const databaseName = "train-d"

// databaseServer is the PostgreSQL of the local system: a private one, or the one that DATABASE_URL names.
type databaseServer struct {
	server    *postgres.Server // nil where DATABASE_URL names one
	superuser string           // DSN of the superuser
	passwords map[string]string
}

// startDatabase starts PostgreSQL on the data of the last start and makes the owner's login.
func startDatabase(ctx context.Context, settings Settings, state *folder) (*databaseServer, error) {
	db := &databaseServer{superuser: settings.DatabaseURL, passwords: map[string]string{}}
	for _, login := range append(postgres.Logins(), postgres.Owner) {
		password, err := state.secret("password-"+login, func() (string, error) { return rand.Text(), nil })
		if err != nil {
			return nil, err
		}
		db.passwords[login] = password
	}
	if db.superuser == "" {
		server, err := postgres.Start(ctx, postgres.Options{Dir: state.file("postgres"), LogFile: state.file("logs", "postgres.log")})
		if err != nil {
			return nil, fmt.Errorf("start PostgreSQL: %w", err)
		}
		db.server = server
		db.superuser = server.SuperuserDSN("postgres")
	}
	err := db.administer(ctx, func(connection *pgx.Conn) error {
		return postgres.MakeOwner(ctx, connection, databaseName, db.passwords[postgres.Owner])
	})
	if err != nil {
		return db, err
	}
	return db, nil
}

// administer runs f on a connection of the superuser.
func (db *databaseServer) administer(ctx context.Context, f func(*pgx.Conn) error) error {
	connection, err := pgx.Connect(ctx, db.superuser)
	if err != nil {
		return fmt.Errorf("connect to PostgreSQL as its superuser (DATABASE_URL must name one): %w", err)
	}
	defer func() { _ = connection.Close(context.WithoutCancel(ctx)) }()
	return f(connection)
}

// makeLogins gives each function its login, once the migrations made the groups.
func (db *databaseServer) makeLogins(ctx context.Context) error {
	return db.administer(ctx, func(connection *pgx.Conn) error {
		return postgres.MakeLogins(ctx, connection, func(login string) string { return db.passwords[login] })
	})
}

// dsn is how a function's login reaches the database.
func (db *databaseServer) dsn(login string) (string, error) {
	return retarget(db.superuser, url.UserPassword(login, db.passwords[login]))
}

// superuserDSN is how the superuser reaches the database.
func (db *databaseServer) superuserDSN() (string, error) { return retarget(db.superuser, nil) }

// retarget points a DSN to the database, for somebody else where a user is given. How the server is reached, TLS included,
// stays as it was.
func retarget(dsn string, user *url.Userinfo) (string, error) {
	if !strings.Contains(dsn, "://") { // key=value words: the last of two with the same key stands
		dsn += " dbname=" + databaseName
		if user != nil {
			password, _ := user.Password()
			dsn += " user=" + user.Username() + " password=" + password
		}
		return dsn, nil
	}
	address, err := url.Parse(dsn)
	if err != nil {
		return "", errors.New("DATABASE_URL cannot be read: write it as postgres://user:password@host:port/database")
	}
	address.Path = "/" + databaseName
	if user != nil {
		address.User = user
	}
	return address.String(), nil
}

func (db *databaseServer) stop(ctx context.Context) error {
	if db.server == nil {
		return nil
	}
	return db.server.Stop(ctx)
}
