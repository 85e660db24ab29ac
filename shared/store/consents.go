package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/document"
)

// Consent is one agreement to one version of a document.
type Consent struct {
	Document   document.Name
	Version    string
	AcceptedAt time.Time
}

// ListConsents gives the account's agreements that were not withdrawn.
func ListConsents(ctx context.Context, conn database.Conn, accountID int64) ([]Consent, error) {
	rows, err := conn.Query(ctx, `-- name: consents.list
SELECT document, version, accepted_at FROM consents WHERE account_id = $1 AND withdrawn_at IS NULL ORDER BY accepted_at, document`, accountID)
	if err != nil {
		return nil, fmt.Errorf("list consents: %w", err)
	}
	consents, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Consent])
	if err != nil {
		return nil, fmt.Errorf("list consents: %w", err)
	}
	return consents, nil
}

// PutConsent stores an agreement; one that stands is left as it is, one that was withdrawn is given again.
func PutConsent(ctx context.Context, conn database.Conn, accountID int64, consent Consent) error {
	_, err := conn.Exec(ctx, `-- name: consents.put
INSERT INTO consents AS held (account_id, document, version, accepted_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (account_id, document, version) DO UPDATE SET accepted_at = excluded.accepted_at, withdrawn_at = NULL
WHERE held.withdrawn_at IS NOT NULL`, accountID, consent.Document, consent.Version, consent.AcceptedAt)
	if err != nil {
		return fmt.Errorf("put consent: %w", err)
	}
	return nil
}

// WithdrawConsents withdraws the account's agreements to a document in all versions, and gives how many stood.
func WithdrawConsents(ctx context.Context, conn database.Conn, accountID int64, name document.Name, now time.Time) (int, error) {
	tag, err := conn.Exec(ctx, `-- name: consents.withdraw
UPDATE consents SET withdrawn_at = $3 WHERE account_id = $1 AND document = $2 AND withdrawn_at IS NULL`, accountID, name, now)
	if err != nil {
		return 0, fmt.Errorf("withdraw consents: %w", err)
	}
	return int(tag.RowsAffected()), nil
}
