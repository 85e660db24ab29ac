package postgres

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Owner is the login that owns the database and its schema; only the Migrate function uses it.
const Owner = "migrate"

// groups maps the login of each function to the group role that carries its rights. The migrations make the groups.
var groups = map[string]string{
	"onboarding": "traind_onboarding",
	"dispatch":   "traind_dispatch",
	"sync":       "traind_sync",
	"mail":       "traind_mail",
}

// Logins lists the logins of the functions other than the [Owner], sorted.
func Logins() []string { return slices.Sorted(maps.Keys(groups)) }

// MakeOwner makes the [Owner], or sets its password, and a database that belongs to it unless that exists. The
// connection is the superuser's. Call it before the migrations.
func MakeOwner(ctx context.Context, superuser *pgx.Conn, database, password string) error {
	if err := makeLogin(ctx, superuser, Owner, "CREATEROLE", password); err != nil {
		return err
	}
	_, err := superuser.Exec(ctx, "CREATE DATABASE "+quote(database)+" OWNER "+quote(Owner))
	if err != nil && !isCode(err, "42P04") { // duplicate_database
		return fmt.Errorf("make database %s: %w", database, err)
	}
	return nil
}

// MakeLogins makes every login of [Logins] a member of its group, or sets its password. The connection is the
// superuser's. Call it after the migrations, which make the groups.
func MakeLogins(ctx context.Context, superuser *pgx.Conn, password func(login string) string) error {
	for _, login := range Logins() {
		if err := makeLogin(ctx, superuser, login, "", password(login)); err != nil {
			return err
		}
		if _, err := superuser.Exec(ctx, "GRANT "+quote(groups[login])+" TO "+quote(login)); err != nil {
			return fmt.Errorf("make %s a member of %s: %w", login, groups[login], err)
		}
	}
	return nil
}

func makeLogin(ctx context.Context, superuser *pgx.Conn, login, rights, password string) error {
	// A utility statement takes no parameters, so the password is quoted by the server itself.
	var literal string
	if err := superuser.QueryRow(ctx, "SELECT quote_literal($1)", password).Scan(&literal); err != nil {
		return fmt.Errorf("quote password of %s: %w", login, err)
	}
	_, err := superuser.Exec(ctx, "CREATE ROLE "+quote(login)+" LOGIN")
	if err != nil && !isCode(err, "42710") { // duplicate_object
		return fmt.Errorf("make login %s: %w", login, err)
	}
	if _, err := superuser.Exec(ctx, "ALTER ROLE "+quote(login)+" LOGIN "+rights+" PASSWORD "+literal); err != nil {
		return fmt.Errorf("set password of %s: %w", login, err)
	}
	return nil
}

func quote(identifier string) string { return pgx.Identifier{identifier}.Sanitize() }

func isCode(err error, code string) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && refused.Code == code
}
