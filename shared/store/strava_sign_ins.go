package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/fault"
)

// PutStravaSignIn keeps a sign-in that a browser begins at Strava. acceptTerms says whether an account may be opened by it.
func PutStravaSignIn(ctx context.Context, conn database.Conn, state, browser TokenHash, acceptTerms bool, expiresAt time.Time) error {
	_, err := conn.Exec(ctx, `-- name: strava_sign_ins.put
INSERT INTO strava_sign_ins (state_hash, browser_hash, accept_terms, expires_at) VALUES ($1, $2, $3, $4)`,
		state[:], browser[:], acceptTerms, expiresAt)
	if err != nil {
		return fmt.Errorf("put strava sign-in: %w", err)
	}
	return nil
}

// TakeStravaSignIn uses a sign-in up; fault.NotFound where there is none of the state that this browser began and that is
// in time at now.
func TakeStravaSignIn(ctx context.Context, conn database.Conn, state, browser TokenHash, now time.Time) (acceptTerms bool, err error) {
	err = conn.QueryRow(ctx, `-- name: strava_sign_ins.take
DELETE FROM strava_sign_ins WHERE state_hash = $1 AND browser_hash = $2 AND expires_at > $3 RETURNING accept_terms`,
		state[:], browser[:], now).Scan(&acceptTerms)
	return acceptTerms, orNotFound("take strava sign-in", err, "no-oauth-state", "There is no such OAuth state.")
}

// DeleteExpiredStravaSignIns deletes up to limit sign-ins whose time is up at now, and gives how many.
func DeleteExpiredStravaSignIns(ctx context.Context, conn database.Conn, now time.Time, limit int) (int, error) {
	tag, err := conn.Exec(ctx, `-- name: strava_sign_ins.delete_expired
DELETE FROM strava_sign_ins
WHERE state_hash IN (SELECT state_hash FROM strava_sign_ins WHERE expires_at <= $1 LIMIT $2)`, now, limit)
	if err != nil {
		return 0, fmt.Errorf("delete expired strava sign-ins: %w", err)
	}
	return int(tag.RowsAffected()), nil
}

// FindAthletesAccount gives the account that a Strava athlete is connected to; fault.NotFound where there is none.
func FindAthletesAccount(ctx context.Context, conn database.Conn, athleteID int64) (Credentials, error) {
	var found Credentials
	err := conn.QueryRow(ctx, `-- name: accounts.find_by_athlete
SELECT `+credentialColumns+`
FROM strava_connections AS connection
JOIN accounts AS account ON account.id = connection.account_id
`+joinSecondFactor+`
WHERE connection.athlete_id = $1 AND account.erasing_at IS NULL`, athleteID).
		Scan(&found.AccountID, &found.Email, &found.PasswordHash, &found.SealedSecret)
	if errors.Is(err, pgx.ErrNoRows) {
		return Credentials{}, fault.New(fault.NotFound, "no-account", "No account is connected to this athlete.")
	}
	if err != nil {
		return Credentials{}, fmt.Errorf("find athlete's account: %w", err)
	}
	return found, nil
}
