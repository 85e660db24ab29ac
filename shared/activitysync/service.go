// Package activitysync brings an athlete's Strava activities in: it connects, plans, lists, refines and shows how far it
// is. What is to be done stands in due rows; [Service] writes them for a person who waits, [Worker] works them off one
// unit at a time, [Dispatcher] wakes workers for what is due.
package activitysync

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/logging"
	"github.com/train-d/train-d/shared/secret"
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/strava"
)

// Service is what a browser's requests do with an athlete's activities. It calls Strava never: it asks for work.
type Service struct {
	DB     database.Database
	Sealer *secret.Sealer
	Now    func() time.Time // time.Now where nil
}

func (s *Service) now() time.Time {
	if s.Now == nil {
		return time.Now()
	}
	return s.Now()
}

// The scopes of which one is needed: everything, or what is not private.
const (
	scopeReadAll = "activity:read_all"
	scopeRead    = "activity:read"
)

// Connect stores an athlete's authorization and makes the backfill due, in one transaction. It gives the due row's id for
// a Wake. A grant without a scope that reads activities is Forbidden with code strava-scope. Another account's athlete is
// a Conflict with code strava-athlete-taken, this account's other athlete one with code strava-other-athlete; neither
// changes anything.
func (s *Service) Connect(ctx context.Context, accountID int64, grant strava.Grant, scopes []string) (int64, error) {
	if !slices.Contains(scopes, scopeReadAll) && !slices.Contains(scopes, scopeRead) {
		return 0, fault.New(fault.Forbidden, "strava-scope",
			"Strava did not allow reading activities: connect again and leave “View data about your activities” ticked")
	}
	access, refresh, err := sealTokens(s.Sealer, accountID, grant.Tokens)
	if err != nil {
		return 0, err
	}
	var dueID int64
	err = s.DB.InTx(ctx, func(ctx context.Context, conn database.Conn) error {
		err := store.PutConnection(ctx, conn, store.StravaConnection{
			AccountID: accountID, AthleteID: grant.Athlete.ID, Scopes: scopes, SealedAccessToken: access,
			SealedRefreshToken: refresh, TokenExpiresAt: grant.Tokens.ExpiresAt,
		})
		if err != nil {
			return err
		}
		// Listing takes a handful of calls and a person looks on, so it goes before other athletes' streams.
		dueID, err = store.EnqueueDue(ctx, conn, store.DueRequest{AccountID: accountID, Kind: store.KindBackfill,
			Lane: store.LaneReconcile, Trace: logging.TraceOf(ctx).ID})
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("connect Strava: %w", err)
	}
	logging.Log(ctx, slog.LevelInfo, logging.EventStravaConnected, "Strava connected",
		slog.Int64("account_id", accountID), slog.Any("scopes", scopes))
	return dueID, nil
}

// AskSync makes a look for new activities due at once, and sees to it that a backfill which never ended goes on. It gives
// the due row's id for a Wake. An account without a connection is NotFound, one that must reconnect a Conflict with code
// strava-reconnect.
func (s *Service) AskSync(ctx context.Context, accountID int64) (int64, error) {
	var dueID int64
	err := s.DB.InTx(ctx, func(ctx context.Context, conn database.Conn) error {
		connection, err := store.ReadConnection(ctx, conn, accountID)
		if err != nil {
			return err
		}
		if connection.Status == store.ConnectionReconnect {
			return fault.New(fault.Conflict, "strava-reconnect", "Strava no longer accepts this connection: connect it again")
		}
		request := store.DueRequest{AccountID: accountID, Kind: store.KindIncremental, Lane: store.LaneInteractive,
			Trace: logging.TraceOf(ctx).ID}
		if connection.BackfilledAt == nil {
			request.Kind, request.Lane, request.Resume = store.KindBackfill, store.LaneReconcile, true
		}
		dueID, err = store.EnqueueDue(ctx, conn, request)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("ask for a sync: %w", err)
	}
	return dueID, nil
}

// sealTokens seals both tokens so that they open for this account alone.
func sealTokens(sealer *secret.Sealer, accountID int64, tokens strava.Tokens) (access, refresh []byte, err error) {
	if access, err = sealer.Seal([]byte(tokens.Access.Reveal()), secret.ForAccount(accountID)); err != nil {
		return nil, nil, fmt.Errorf("seal access token: %w", err)
	}
	if refresh, err = sealer.Seal([]byte(tokens.Refresh.Reveal()), secret.ForAccount(accountID)); err != nil {
		return nil, nil, fmt.Errorf("seal refresh token: %w", err)
	}
	return access, refresh, nil
}
