package activitysync

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/train-d/train-d/infra/stravasim"
)

// folderAthlete is the simulator's first athlete of a data folder.
const folderAthlete int64 = 9_100_000_001

// Eight years of a real athlete's summaries, served page by page: whatever Strava's own shapes hold arrives, day by day.
func TestARealHistoryOfEightYearsIsImportedCompletely(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("TRAIND_REFERENCE_DIR")
	if dir == "" {
		t.Skip("TRAIND_REFERENCE_DIR is not set: the real history is not imported")
	}
	folder := filepath.Join(dir, "strava-api")
	text, err := os.ReadFile(filepath.Join(folder, "athlete_activities_history_8y.json"))
	if err != nil {
		t.Fatal(err)
	}
	s := setup(t, stravasim.Config{Athletes: 1, Activities: 1, DataDir: folder})
	s.connect(folderAthlete)
	for s.count(`SELECT count(*) FROM due_work WHERE kind = 'backfill'`) > 0 {
		if err := s.worker.Run(s.ctx(), s.session(), s.claim()); err != nil {
			t.Fatal(err)
		}
	}
	// The truth is the file, read by Postgres and by nothing of ours.
	if _, err := s.admin.Exec(t.Context(), `CREATE TEMPORARY TABLE truth AS
SELECT activity, left(activity->>'start_date_local', 10)::date AS day, (activity->>'id')::bigint AS id
FROM jsonb_array_elements($1::jsonb->'activities') AS activity`, string(text)); err != nil {
		t.Fatal(err)
	}
	all := s.count(`SELECT count(*) FROM truth`)
	if got := s.count(`SELECT count(*) FROM activities WHERE deleted_at IS NULL`); got != all || all < 1000 {
		t.Errorf("%d activities are stored, want %d", got, all)
	}
	for what, sql := range map[string]string{
		"days": `SELECT count(*)
FROM (SELECT day, count(*) AS n, sum((activity->>'distance')::numeric) AS m, sum((activity->>'moving_time')::numeric) AS s,
             sum((activity->>'total_elevation_gain')::numeric) AS up
      FROM truth GROUP BY day) AS want
FULL JOIN (SELECT local_day AS day, count(*) AS n, sum((summary->>'distance_m')::numeric) AS m,
                  sum((summary->>'moving_s')::numeric) AS s, sum((summary->>'elevation_gain_m')::numeric) AS up
           FROM activities GROUP BY local_day) AS got USING (day)
WHERE (want.n, want.m, want.s, want.up) IS DISTINCT FROM (got.n, got.m, got.s, got.up)`,
		"activities": `SELECT count(*) FROM truth FULL JOIN activities USING (id)
WHERE (activity->>'name', activity->>'sport_type', (activity->>'start_date')::timestamptz, activity->>'start_date_local',
       (activity->>'average_heartrate')::numeric, (activity->>'manual')::boolean)
      IS DISTINCT FROM (name, sport_type, start_at, start_local, (summary->>'average_hr')::numeric,
                        coalesce((summary->>'manual')::boolean, false))`,
		"loads": `SELECT count(*) FROM activities
WHERE (summary->>'average_hr' IS NOT NULL) <> (quality = 'average') OR (quality = 'average') <> (trimp IS NOT NULL)`,
	} {
		if differing := s.count(sql); differing != 0 {
			t.Errorf("%d %s differ from the file's", differing, what)
		}
	}
	if pages := s.calls("activities"); pages > all/200+2 {
		t.Errorf("%d pages for %d activities", pages, all)
	}
	t.Logf("%d activities on %d days in %d calls", all, s.count(`SELECT count(DISTINCT local_day) FROM activities`), s.calls("activities"))
}
