package store

import (
	"context"
	"fmt"
	"time"

	"github.com/train-d/train-d/shared/database"
)

// ForgetDevices is how long after its owner last signed in there a device is known.
const ForgetDevices = 400 * 24 * time.Hour

// PutDevice notes that the account's owner signed in from the device at now.
func PutDevice(ctx context.Context, conn database.Conn, accountID int64, device TokenHash, now time.Time) error {
	_, err := conn.Exec(ctx, `-- name: devices.put
INSERT INTO devices (token_hash, account_id, created_at, seen_at) VALUES ($1, $2, $3, $3)
ON CONFLICT (account_id, token_hash) DO UPDATE SET seen_at = excluded.seen_at`, device[:], accountID, now)
	if err != nil {
		return fmt.Errorf("put device: %w", err)
	}
	return nil
}

// DeleteOldDevices deletes up to limit devices that are no longer known at now, and gives how many.
func DeleteOldDevices(ctx context.Context, conn database.Conn, now time.Time, limit int) (int, error) {
	tag, err := conn.Exec(ctx, `-- name: devices.delete_old
DELETE FROM devices
WHERE (account_id, token_hash) IN (SELECT account_id, token_hash FROM devices WHERE seen_at <= $1 LIMIT $2)`, now.Add(-ForgetDevices), limit)
	if err != nil {
		return 0, fmt.Errorf("delete old devices: %w", err)
	}
	return int(tag.RowsAffected()), nil
}
