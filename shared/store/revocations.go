package store

import (
	"context"
	"fmt"

	"github.com/train-d/train-d/shared/database"
)

// SettleRevocation notes how the authorization ended. The tokens go, and what names somebody where the rows are gone too.
func SettleRevocation(ctx context.Context, conn database.Conn, erasureID int64, outcome string) error {
	_, err := conn.Exec(ctx, `-- name: erasures.settle_revocation
UPDATE erasures
SET revocation = $2, sealed_access_token = NULL, sealed_refresh_token = NULL,
    account_id = CASE WHEN erased_at IS NULL THEN account_id END,
    athlete_id = CASE WHEN erased_at IS NULL THEN athlete_id END
WHERE id = $1 AND revocation = 'pending'`, erasureID, outcome)
	if err != nil {
		return fmt.Errorf("settle revocation: %w", err)
	}
	return nil
}

// KeepRevocationToken stores the refresh token that Strava gave in exchange for the one before, which is dead.
func KeepRevocationToken(ctx context.Context, conn database.Conn, erasureID int64, sealed []byte) error {
	_, err := conn.Exec(ctx, `-- name: erasures.keep_token
UPDATE erasures SET sealed_refresh_token = $2 WHERE id = $1 AND revocation = 'pending'`, erasureID, sealed)
	if err != nil {
		return fmt.Errorf("keep revocation token: %w", err)
	}
	return nil
}

// SupersedeRevocations ends what is still to be revoked of an athlete who has just authorized anew: Strava knows one
// authorization per athlete, and revoking now would end the new one.
func SupersedeRevocations(ctx context.Context, conn database.Conn, athleteID int64) error {
	_, err := conn.Exec(ctx, `-- name: erasures.supersede
UPDATE erasures
SET revocation = 'superseded', sealed_access_token = NULL, sealed_refresh_token = NULL,
    account_id = CASE WHEN erased_at IS NULL THEN account_id END,
    athlete_id = CASE WHEN erased_at IS NULL THEN athlete_id END
WHERE athlete_id = $1 AND revocation = 'pending'`, athleteID)
	if err != nil {
		return fmt.Errorf("supersede revocations: %w", err)
	}
	return nil
}
