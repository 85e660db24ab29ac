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

// SecondFactor is an account's second factor.
type SecondFactor struct {
	SealedSecret []byte
	Confirmed    bool // it counts
}

// PutSecondFactor keeps a secret that does not count yet, in place of one that never did. fault.Conflict where the account
// has a second factor.
func PutSecondFactor(ctx context.Context, conn database.Conn, accountID int64, sealedSecret []byte, now time.Time) error {
	tag, err := conn.Exec(ctx, `-- name: second_factors.put
INSERT INTO second_factors AS held (account_id, sealed_secret, created_at) VALUES ($1, $2, $3)
ON CONFLICT (account_id) DO UPDATE SET sealed_secret = excluded.sealed_secret, created_at = excluded.created_at, used_step = 0
WHERE held.confirmed_at IS NULL`, accountID, sealedSecret, now)
	if err != nil {
		return fmt.Errorf("put second factor: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return fault.New(fault.Conflict, "second-factor-set", "There is a second factor already. Turn it off first.")
	}
	return nil
}

// FindSecondFactor gives the account's second factor, counting or not; fault.NotFound where it has none.
func FindSecondFactor(ctx context.Context, conn database.Conn, accountID int64) (SecondFactor, error) {
	var found SecondFactor
	err := conn.QueryRow(ctx, `-- name: second_factors.find
SELECT sealed_secret, confirmed_at IS NOT NULL FROM second_factors WHERE account_id = $1`, accountID).
		Scan(&found.SealedSecret, &found.Confirmed)
	return found, orNotFound("find second factor", err, "no-second-factor", "There is no second factor.")
}

// ConfirmSecondFactor lets the account's second factor count from now on, proven by the code of step, with its first recovery
// codes. fault.Conflict where it counts already or is another than the sealed one.
func ConfirmSecondFactor(ctx context.Context, conn database.Conn, accountID int64, sealedSecret []byte, step int64, codes []TokenHash, now time.Time) error {
	tag, err := conn.Exec(ctx, `-- name: second_factors.confirm
WITH confirmed AS (
    UPDATE second_factors SET confirmed_at = $4, used_step = $3
    WHERE account_id = $1 AND sealed_secret = $2 AND confirmed_at IS NULL
    RETURNING account_id
)
INSERT INTO recovery_codes (account_id, code_hash, created_at)
SELECT account_id, code, $4 FROM confirmed, unnest($5::bytea[]) AS code`, accountID, sealedSecret, step, now, bytesOf(codes))
	if err != nil {
		return fmt.Errorf("confirm second factor: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return fault.New(fault.Conflict, "second-factor-set", "This second factor is set already, or another was begun meanwhile.")
	}
	return nil
}

// UseStep uses up every code of the account's second factor up to step; false where step was used before.
func UseStep(ctx context.Context, conn database.Conn, accountID, step int64) (bool, error) {
	tag, err := conn.Exec(ctx, `-- name: second_factors.use_step
UPDATE second_factors SET used_step = $2 WHERE account_id = $1 AND used_step < $2`, accountID, step)
	if err != nil {
		return false, fmt.Errorf("use second factor: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

// ResealSecondFactor replaces a secret by the same one sealed by another key; nothing happens where another secret stands.
func ResealSecondFactor(ctx context.Context, conn database.Conn, accountID int64, former, sealed []byte) error {
	_, err := conn.Exec(ctx, `-- name: second_factors.reseal
UPDATE second_factors SET sealed_secret = $3 WHERE account_id = $1 AND sealed_secret = $2`, accountID, former, sealed)
	if err != nil {
		return fmt.Errorf("reseal second factor: %w", err)
	}
	return nil
}

// UseRecoveryCode uses a recovery code up; false where the account has no such code.
func UseRecoveryCode(ctx context.Context, conn database.Conn, accountID int64, code TokenHash) (bool, error) {
	tag, err := conn.Exec(ctx, `-- name: recovery_codes.use
DELETE FROM recovery_codes WHERE account_id = $1 AND code_hash = $2`, accountID, code[:])
	if err != nil {
		return false, fmt.Errorf("use recovery code: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

// ReplaceRecoveryCodes gives the account new recovery codes in place of all that it had; fault.NotFound where it has no
// second factor that counts.
func ReplaceRecoveryCodes(ctx context.Context, conn database.Conn, accountID int64, codes []TokenHash, now time.Time) error {
	var locked int64
	err := conn.QueryRow(ctx, `-- name: second_factors.lock
SELECT account_id FROM second_factors WHERE account_id = $1 AND confirmed_at IS NOT NULL FOR UPDATE`, accountID).Scan(&locked)
	if errors.Is(err, pgx.ErrNoRows) {
		return fault.New(fault.NotFound, "no-second-factor", "There is no second factor.")
	}
	if err != nil {
		return fmt.Errorf("replace recovery codes: %w", err)
	}
	if _, err := conn.Exec(ctx, `-- name: recovery_codes.replace
WITH old AS (
    DELETE FROM recovery_codes WHERE account_id = $1 AND code_hash <> ALL ($2::bytea[])
)
INSERT INTO recovery_codes (account_id, code_hash, created_at) SELECT $1, code, $3 FROM unnest($2::bytea[]) AS code`,
		accountID, bytesOf(codes), now); err != nil {
		return fmt.Errorf("replace recovery codes: %w", err)
	}
	return nil
}

// DeleteSecondFactor takes the account's second factor and its recovery codes away; fault.NotFound where it has none.
func DeleteSecondFactor(ctx context.Context, conn database.Conn, accountID int64) error {
	tag, err := conn.Exec(ctx, `-- name: second_factors.delete
DELETE FROM second_factors WHERE account_id = $1`, accountID)
	if err != nil {
		return fmt.Errorf("delete second factor: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return fault.New(fault.NotFound, "no-second-factor", "There is no second factor.")
	}
	return nil
}

func bytesOf(hashes []TokenHash) [][]byte {
	all := make([][]byte, len(hashes))
	for i, hash := range hashes {
		all[i] = hash[:]
	}
	return all
}
