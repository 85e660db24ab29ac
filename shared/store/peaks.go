package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/training"
)

// Peak is the highest heart rate of an activity.
type Peak struct {
	ActivityID int64
	SportType  string // as Strava names it
	LocalDay   training.Date
	HeartRate  float64 // bpm
}

// ListPeaks gives the account's activities whose peak lies above a heart rate, the highest first, the newest of equal ones.
func ListPeaks(ctx context.Context, conn database.Conn, accountID int64, above float64) ([]Peak, error) {
	rows, err := conn.Query(ctx, `-- name: activities.peaks
SELECT id AS activity_id, sport_type, local_day - DATE '1970-01-01' AS local_day, peak_hr::float8 AS heart_rate
FROM activities
WHERE account_id = $1 AND peak_hr > $2::float8 AND deleted_at IS NULL
ORDER BY peak_hr DESC, local_day DESC, id DESC`, accountID, above)
	if err != nil {
		return nil, fmt.Errorf("list peaks: %w", err)
	}
	peaks, err := pgx.CollectRows(rows, pgx.RowToStructByName[Peak])
	if err != nil {
		return nil, fmt.Errorf("list peaks: %w", err)
	}
	return peaks, nil
}

// DismissPeaks notes that peaks up to a heart rate propose no maximum any more.
func DismissPeaks(ctx context.Context, conn database.Conn, accountID int64, heartRate float64) error {
	_, err := conn.Exec(ctx, `-- name: athletes.dismiss_peaks
UPDATE athletes SET max_hr_dismissed = greatest(max_hr_dismissed, $2) WHERE account_id = $1`, accountID, heartRate)
	if err != nil {
		return fmt.Errorf("dismiss peaks: %w", err)
	}
	return nil
}
