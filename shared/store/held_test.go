package store

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/infra/postgres/postgrestest"
)

// erasedOnDisconnect are the tables whose rows go when a connection ends. A new table that hangs off accounts belongs here
// and into EraseSome, or into keptOnDisconnect: else no erasure would ever be verified.
var erasedOnDisconnect = []string{"activities", "activity_streams", "load_changes", "strava_connections"}

func TestEveryTableThatHangsOffAnAccountIsErasedOrKept(t *testing.T) {
	t.Parallel()
	conn := connect(t, postgrestest.New(t), "sync")
	tables, err := heldTables(t.Context(), conn)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, table := range tables {
		got = append(got, table.Name)
		if table.Column == nil || *table.Column != "account_id" {
			t.Errorf("%s: its rows are found by %v", table.Name, table.Column)
		}
	}
	want := slices.Sorted(slices.Values(append(slices.Collect(maps.Keys(keptOnDisconnect)), erasedOnDisconnect...)))
	if !slices.Equal(got, want) {
		t.Errorf("the catalogue has %v, want %v", got, want)
	}
}

func TestWhatIsLeftIsCountedInEveryTableOfTheCatalogue(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	account := newAccount(t, connect(t, db, "onboarding"), "held@example.com")
	other := newAccount(t, connect(t, db, "onboarding"), "other@example.com")
	admin, err := pgx.Connect(t.Context(), db.SuperuserDSN())
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close(t.Context())
	// A table two keys away from accounts, as a later migration may add it, and one that names no account.
	if _, err := admin.Exec(t.Context(), `CREATE TABLE splits (owner bigint, activity bigint, FOREIGN KEY (owner, activity) REFERENCES activities);
CREATE TABLE notes (due_id bigint REFERENCES due_work);
GRANT SELECT ON splits, notes TO PUBLIC`); err != nil {
		t.Fatal(err)
	}
	if _, err := CountHeld(t.Context(), admin, account, keptOnDisconnect); err == nil {
		t.Error("a table whose rows are nobody's was counted")
	}
	if _, err := admin.Exec(t.Context(), `DROP TABLE notes`); err != nil {
		t.Fatal(err)
	}
	if left, err := CountHeld(t.Context(), admin, account, keptOnDisconnect); err != nil || len(left) != 0 {
		t.Errorf("left %v, %v", left, err)
	}
	if _, err := admin.Exec(t.Context(), `INSERT INTO activities (account_id, id, sport_type, name, start_at, start_local, local_day,
    summary, summary_hash, figures, quality, formula_version, streams)
SELECT account, 7, 'Run', '', now(), '', now(), '{}', '', '{}', 'none', 1, 'none' FROM unnest(ARRAY[$1::bigint, $2]) AS account`,
		account, other); err != nil {
		t.Fatal(err)
	}
	if _, err := admin.Exec(t.Context(), `INSERT INTO splits VALUES ($1, 7), ($1, 7), ($2, 7)`, account, other); err != nil {
		t.Fatal(err)
	}
	enqueue(t, admin, DueRequest{AccountID: account, Kind: KindRecompute})
	enqueue(t, admin, DueRequest{AccountID: account, Kind: KindStreams})
	left, err := CountHeld(t.Context(), admin, account, keptOnDisconnect)
	if want := map[string]int{"activities": 1, "splits": 2, "due_work": 1}; err != nil || !maps.Equal(left, want) {
		t.Errorf("left %v, want %v (%v)", left, want, err)
	}
	// Of an account as a whole nothing is kept, and its row counts through what hangs off it.
	left, err = CountHeld(t.Context(), admin, account, nil)
	if err != nil || left["sessions"] != 1 || left["consents"] != 3 || left["due_work"] != 2 {
		t.Errorf("left of the account %v, %v", left, err)
	}
}

func TestAnErasureThatLeavesRowsGetsNoReceipt(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	conn := connect(t, db, "sync")
	account := newAccount(t, connect(t, db, "onboarding"), "held@example.com")
	connection := StravaConnection{AccountID: account, AthleteID: 7, Scopes: []string{}, SealedAccessToken: []byte("a"),
		SealedRefreshToken: []byte("r"), TokenExpiresAt: noon}
	if err := PutConnection(t.Context(), conn, connection); err != nil {
		t.Fatal(err)
	}
	if _, err := BeginErasure(t.Context(), conn, connection, ReasonDisconnected, "", noon); err != nil {
		t.Fatal(err)
	}
	if err := PutConnection(t.Context(), conn, connection); err != nil { // as nothing in the program does
		t.Fatal(err)
	}
	erasure, found, err := OpenErasure(t.Context(), conn, account)
	if err != nil || !found {
		t.Fatal(found, err)
	}
	if _, err := EndErasing(t.Context(), conn, erasure, nil, noon); err == nil || !strings.Contains(err.Error(), "strava_connections:1") {
		t.Errorf("got %v", err)
	}
	if again, err := ReadErasure(t.Context(), conn, erasure.ID); err != nil || again.ErasedAt != nil {
		t.Errorf("got %+v, %v", again, err)
	}
	if late, err := CountLateErasures(t.Context(), conn, noon.Add(time.Second)); err != nil || late != 1 {
		t.Errorf("%d late, %v", late, err)
	}
}
