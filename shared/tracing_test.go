package shared_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/infra/postgres/postgrestest"
	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/logging"
)

// kept keeps log entries.
type kept struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (k *kept) Write(line []byte) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.text.Write(line)
}

// of gives the entries of an event by the query that they name, and complains about those without the trace.
func (k *kept) of(t *testing.T, event logging.Event, trace string) map[string]map[string]any {
	t.Helper()
	k.mu.Lock()
	defer k.mu.Unlock()
	found := map[string]map[string]any{}
	for line := range strings.Lines(k.text.String()) {
		var entry map[string]any
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if entry["event"] != string(event) {
			continue
		}
		query, _ := entry["query"].(string)
		found[query] = entry
		if got, _ := entry["logging.googleapis.com/trace"].(string); !strings.HasSuffix(got, "/"+trace) {
			t.Errorf("%v: got trace %q, want %s", entry, got, trace)
		}
	}
	return found
}

// Whatever way a statement goes out, COPY and batches included, its entry names it and belongs to the request's trace.
func TestSlowAndFailedStatementsAreNamedAndTraced(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	superuser, err := pgx.Connect(t.Context(), db.SuperuserDSN())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = superuser.Close(context.Background()) })
	if _, err := superuser.Exec(t.Context(), "CREATE TABLE notes (id int PRIMARY KEY); GRANT ALL ON notes TO sync"); err != nil {
		t.Fatal(err)
	}
	settings, err := config.Load[config.Migrate]([]string{"DATABASE_URL=" + db.DSN("sync"), "PUSH_AUDIENCE=x",
		"PUSH_SERVICE_ACCOUNT=push@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	settings.Database.SlowQuery = time.Nanosecond // every statement is slow
	pool, session := database.NewPooled(settings.Database, "test"), database.NewDirect(settings.Database, "test").Open()
	t.Cleanup(func() { pool.Close(context.Background()); session.Close(context.Background()) })

	for path, db := range map[string]database.Database{"pool": pool, "direct": session} {
		log, trace := &kept{}, logging.NewTrace()
		ctx := logging.Into(t.Context(), logging.New(log, logging.Options{Project: "p", Level: slog.LevelDebug, Format: "json"}))
		ctx = logging.WithTrace(ctx, trace)
		send := func(work func(context.Context, database.Conn) error) {
			if err := db.InTx(ctx, work); err != nil {
				t.Log(err) // half of them are to fail
			}
		}
		ids := [][]any{{1}}
		send(func(ctx context.Context, conn database.Conn) error {
			if _, err := conn.Exec(ctx, "-- name: notes.clear\nDELETE FROM notes"); err != nil {
				return err
			}
			_, err := conn.CopyFrom(ctx, pgx.Identifier{"notes"}, []string{"id"}, pgx.CopyFromRows(ids))
			return err
		})
		send(func(ctx context.Context, conn database.Conn) error {
			_, err := conn.CopyFrom(ctx, pgx.Identifier{"notes"}, []string{"id"}, pgx.CopyFromRows(ids))
			return err
		})
		send(func(ctx context.Context, conn database.Conn) error {
			batch := &pgx.Batch{}
			batch.Queue("-- name: notes.count\nSELECT count(*) FROM notes")
			batch.Queue("-- name: notes.divide\nSELECT 1 / (count(*) - 1) FROM notes")
			return conn.SendBatch(ctx, batch).Close()
		})
		slow, failed := log.of(t, logging.EventDatabaseSlowQuery, trace.ID), log.of(t, logging.EventDatabaseQueryFailed, trace.ID)
		for _, name := range []string{"notes.clear", "copy.notes", "transaction.begin", "transaction.commit"} {
			if slow[name] == nil || slow[name]["path"] != path {
				t.Errorf("%s: got %v, want an entry of the slow %s", path, slow, name)
			}
		}
		for name, state := range map[string]string{"copy.notes": "23505", "notes.divide": "22012"} {
			if failed[name] == nil || failed[name]["sqlstate"] != state || failed[name]["path"] != path {
				t.Errorf("%s: got %v, want an entry of the failed %s with %s", path, failed, name, state)
			}
		}
		for _, entries := range []map[string]map[string]any{slow, failed} {
			if entries["unnamed"] != nil {
				t.Errorf("%s: got %v, want every statement named", path, entries["unnamed"])
			}
		}
	}
}
