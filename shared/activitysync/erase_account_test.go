package activitysync

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/train-d/train-d/infra/stravasim"
	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/logging"
	"github.com/train-d/train-d/shared/message"
	"github.com/train-d/train-d/shared/store"
)

// end ends the account as its owner's request does.
func (s *system) end() (begun store.AccountErasure, err error) {
	err = s.service.DB.InTx(s.ctx(), func(ctx context.Context, conn database.Conn) (err error) {
		begun, err = store.BeginAccountErasure(ctx, conn, s.account, "", s.now())
		return err
	})
	return begun, err
}

// nobodyIsLeft looks into every table that names an account, past the program's own counting.
func (s *system) nobodyIsLeft() {
	s.t.Helper()
	rows, err := s.admin.Query(s.t.Context(), `SELECT format('SELECT count(*) FROM %s WHERE %I = $1', attrelid::regclass, attname)
FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND NOT attisdropped
  AND (attname = 'account_id' OR relname = 'accounts' AND attname = 'id')`)
	if err != nil {
		s.t.Fatal(err)
	}
	var statements []string
	for rows.Next() {
		var statement string
		if err := rows.Scan(&statement); err != nil {
			s.t.Fatal(err)
		}
		statements = append(statements, statement)
	}
	if rows.Err() != nil || len(statements) < 9 {
		s.t.Fatalf("%d tables, %v", len(statements), rows.Err())
	}
	for _, statement := range statements {
		if got := s.count(statement, s.account); got != 0 {
			s.t.Errorf("%d rows are left: %s", got, statement)
		}
	}
}

func (s *system) receipt(id string) (found store.ErasureReceipt) {
	s.t.Helper()
	err := s.service.DB.Use(s.ctx(), func(ctx context.Context, conn database.Conn) (err error) {
		found, err = store.ReadReceipt(ctx, conn, id)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return found
}

func TestAnEndedAccountIsErasedWhole(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 12})
	s.connect(cyclist)
	other := s.register("other@example.com")
	s.drain()
	stored := s.count(`SELECT count(*) FROM activities`)
	samples := s.count(`SELECT count(*) FROM activity_streams`)
	begun, err := s.end()
	if err != nil {
		t.Fatal(err)
	}
	if n := s.count(`SELECT count(*) FROM sessions WHERE account_id = $1`, s.account); n != 0 {
		t.Errorf("%d sessions live on", n)
	}
	if _, err := s.end(); fault.KindOf(err) != fault.NotFound {
		t.Errorf("ended twice: %v", err)
	}
	if got := s.receipt(begun.Receipt); got.ErasedAt != nil || got.Revocation != store.RevocationPending {
		t.Errorf("too early: %+v", got)
	}
	s.wakeNobody()
	s.nobodyIsLeft()
	got := s.receipt(begun.Receipt)
	want := map[string]int{"accounts": 1, "athletes": 1, "strava_connections": 1, "thresholds": 2, "activities": stored, "activity_streams": samples}
	if got.ErasedAt == nil || got.Revocation != store.RevocationEnded || !maps.Equal(got.Erased, want) {
		t.Errorf("got %+v, want %v", got, want)
	}
	if s.connected(cyclist) {
		t.Error("Strava still has the authorization")
	}
	if s.count(`SELECT count(*) FROM accounts JOIN sessions ON account_id = id WHERE id = $1`, other) != 1 {
		t.Error("another account lost something")
	}
	if s.log.count(logging.EventAccountErased) != 1 {
		t.Error("no event of it")
	}
	if n := s.count(`SELECT count(*) FROM erasures WHERE account_id IS NULL AND athlete_id IS NULL AND sealed_refresh_token IS NULL`); n != 1 {
		t.Errorf("the receipt names somebody: %s", s.dump("erasures"))
	}
}

// At each of a running sync's calls in turn, the account is ended, and erased before Strava answers.
func TestASyncWhoseAccountEndsUnderWayStoresNothingMore(t *testing.T) {
	t.Parallel()
	for at := range int64(6) {
		t.Run(strconv.FormatInt(at, 10), func(t *testing.T) {
			t.Parallel()
			s := setup(t, stravasim.Config{Activities: 6})
			s.connect(cyclist)
			s.pass(7 * time.Hour) // so that the first call is a refresh
			var calls atomic.Int64
			erased := make(chan error, 1)
			end := func(r *http.Request) {
				if calls.Add(1) != at+1 {
					return
				}
				go func() { // a refresh holds the connection's row until it is answered
					_, err := s.end()
					erased <- err
				}()
				if r.URL.Path != "/oauth/token" {
					if err := <-erased; err != nil {
						t.Error(err)
					}
					erased <- s.worker.Wake(s.ctx(), message.NewWake(1, 0))
				}
			}
			s.request.Store(&end)
			if err := s.wake(); err != nil {
				t.Fatal(err)
			}
			if err := <-erased; err != nil {
				t.Fatal(err)
			}
			s.request.Store(nil)
			s.wakeNobody()
			if err := s.wake(); err != nil {
				t.Fatal(err)
			}
			s.nobodyIsLeft()
			if s.connected(cyclist) || s.count(`SELECT count(*) FROM erasures WHERE reason = 'account' AND revocation = 'ended' AND erased_at IS NOT NULL`) != 1 {
				t.Errorf("not revoked: %s", s.dump("erasures"))
			}
		})
	}
}

// A consent at Strava that comes back while the account ends must not leave an authorization behind.
func TestAConnectionThatCameInLateIsRevokedToo(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 3})
	begun, err := s.end()
	if err != nil {
		t.Fatal(err)
	}
	grant := s.grant(cyclist)
	if _, err := s.service.Connect(s.ctx(), s.account, grant, []string{"activity:read_all"}); err == nil {
		t.Error("an ended account was connected")
	}
	// As a transaction leaves it that began before.
	access, refresh, err := sealTokens(s.service.Sealer, s.account, grant.Tokens)
	if err != nil {
		t.Fatal(err)
	}
	err = s.service.DB.Use(s.ctx(), func(ctx context.Context, conn database.Conn) error {
		return store.PutConnection(ctx, conn, store.StravaConnection{AccountID: s.account, AthleteID: cyclist, Scopes: []string{"activity:read_all"},
			SealedAccessToken: access, SealedRefreshToken: refresh, TokenExpiresAt: grant.Tokens.ExpiresAt})
	})
	if err != nil {
		t.Fatal(err)
	}
	s.wakeNobody()
	s.nobodyIsLeft()
	if got := s.receipt(begun.Receipt); s.connected(cyclist) || got.ErasedAt == nil || got.Revocation != store.RevocationEnded {
		t.Errorf("still connected, or %+v", got)
	}
}

// Sync may see no more of what it erases than how many rows there are, and erase none whose owner did not ask.
func TestSyncErasesNoAccountThatWasNotEnded(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 1})
	err := s.direct("sync").Open().Use(t.Context(), func(ctx context.Context, conn database.Conn) error {
		var gone bool
		if err := conn.QueryRow(ctx, `SELECT erase_account($1)`, s.account).Scan(&gone); err != nil || gone {
			t.Errorf("gone %v, %v", gone, err)
		}
		for _, forbidden := range []string{`DELETE FROM accounts`, `SELECT password_hash FROM accounts`, `SELECT account_id FROM sessions`} {
			var refused *pgconn.PgError
			if _, err := conn.Exec(ctx, forbidden); !errors.As(err, &refused) || refused.Code != "42501" {
				t.Errorf("%s: %v", forbidden, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// After a backup is restored, what was ended since is ended again, as the playbook says.
func TestThePlaybookEndsAgainWhatABackupBroughtBack(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../infra/playbooks/restore.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(text), "```sql\nWITH ended")
	if len(blocks) != 3 {
		t.Fatalf("restore.md has %d statements that end something again", len(blocks)-1)
	}
	for i, left := range []func(*system){(*system).nothingIsLeft, (*system).nobodyIsLeft} {
		s := setup(t, stravasim.Config{Activities: 3})
		s.connect(cyclist)
		s.drain()
		sql, _, _ := strings.Cut("WITH ended"+blocks[i+1], "```")
		if _, err := s.admin.Exec(t.Context(), strings.Replace(sql, "<ids>", strconv.FormatInt(s.account, 10), 1)); err != nil {
			t.Fatal(err)
		}
		s.wakeNobody()
		left(s)
		if s.connected(cyclist) || s.count(`SELECT count(*) FROM erasures WHERE erased_at IS NOT NULL AND revocation = 'ended'`) != 1 {
			t.Errorf("not erased: %s", s.dump("erasures"))
		}
	}
}
