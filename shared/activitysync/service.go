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

// CheckScopes refuses a consent that does not let activities be read: Forbidden with code strava-scope. Asked before the
// code is exchanged, nothing has happened at Strava yet.
func CheckScopes(scopes []string) error {
	if slices.Contains(scopes, scopeReadAll) || slices.Contains(scopes, scopeRead) {
		return nil
	}
	return fault.New(fault.Forbidden, "strava-scope",
		"Strava did not allow reading activities: connect again and leave “View data about your activities” ticked")
}

// Connect stores an athlete's authorization and makes the backfill due, and what was parked, in one transaction. It gives the due row's id for
// a Wake. A grant without a scope that reads activities is refused as by CheckScopes. Another account's athlete is a
// Conflict with code strava-athlete-taken, this account's other athlete one with code strava-other-athlete. A refusal
// changes nothing but one: the exchange made the tokens dead that Strava gave for the same athlete before, so whose
// connection it is gets the new ones.
func (s *Service) Connect(ctx context.Context, accountID int64, grant strava.Grant, scopes []string) (int64, error) {
	var dueID int64
	var refused error
	err := s.DB.InTx(ctx, func(ctx context.Context, conn database.Conn) error {
		owner, generation, owned, err := store.ConnectionOwner(ctx, conn, grant.Athlete.ID)
		if err != nil {
			return err
		}
		if refused = CheckScopes(scopes); refused == nil && owned && owner != accountID {
			refused = store.ErrAthleteTaken
		}
		if erasing, err := s.stillErasing(ctx, conn, accountID, grant); err != nil || erasing {
			refused = store.ErrErasing
			return err
		}
		if refused != nil && !owned {
			return nil
		}
		if refused != nil {
			access, refresh, err := sealTokens(s.Sealer, owner, grant.Tokens)
			if err != nil {
				return err
			}
			return store.RotateTokens(ctx, conn, owner, generation, access, refresh, grant.Tokens.ExpiresAt)
		}
		access, refresh, err := sealTokens(s.Sealer, accountID, grant.Tokens)
		if err != nil {
			return err
		}
		if err := store.SupersedeRevocations(ctx, conn, grant.Athlete.ID); err != nil {
			return err
		}
		err = store.PutConnection(ctx, conn, store.StravaConnection{
			AccountID: accountID, AthleteID: grant.Athlete.ID, Scopes: scopes, SealedAccessToken: access,
			SealedRefreshToken: refresh, TokenExpiresAt: grant.Tokens.ExpiresAt,
		})
		if err != nil {
			return err
		}
		if err := store.ResumeParked(ctx, conn, accountID, s.now()); err != nil {
			return err
		}
		// Listing takes a handful of calls and a person looks on, so it goes before other athletes' streams.
		dueID, err = store.EnqueueDue(ctx, conn, store.DueRequest{AccountID: accountID, Kind: store.KindBackfill,
			Lane: store.LaneReconcile, Trace: logging.TraceOf(ctx).ID})
		return err
	})
	if err == nil {
		err = refused
	}
	if err != nil {
		return 0, fmt.Errorf("connect Strava: %w", err)
	}
	logging.Log(ctx, slog.LevelInfo, logging.EventStravaConnected, "Strava connected",
		slog.Int64("account_id", accountID), slog.Any("scopes", scopes))
	return dueID, nil
}

// stillErasing says whether rows of the account's connection before are still being erased: new ones must not mix with
// them. The exchange made the token dead that the erasure has of the same athlete, so it gets the new one to revoke.
func (s *Service) stillErasing(ctx context.Context, conn database.Conn, accountID int64, grant strava.Grant) (bool, error) {
	erasure, found, err := store.OpenErasure(ctx, conn, accountID)
	if err != nil || !found || erasure.AthleteID != grant.Athlete.ID || erasure.Revocation != store.RevocationPending {
		return found, err
	}
	_, refresh, err := sealTokens(s.Sealer, accountID, grant.Tokens)
	if err != nil {
		return false, err
	}
	return true, store.KeepRevocationToken(ctx, conn, erasure.ID, refresh)
}

// askEvery is how often a person's asking makes Strava's list be looked at.
const askEvery = time.Minute

// AskSync makes a look for new activities due at once, and sees to it that a backfill which never ended goes on and that
// what was parked gets another chance. It gives the due row's id for a Wake. Within a minute of the last look, asking
// again asks for nothing sooner. An account without a connection is NotFound, one that must reconnect a Conflict with
// code strava-reconnect.
func (s *Service) AskSync(ctx context.Context, accountID int64) (int64, error) {
	now := s.now()
	var dueID int64
	err := s.DB.InTx(ctx, func(ctx context.Context, conn database.Conn) error {
		connection, err := store.ReadConnection(ctx, conn, accountID)
		if err != nil {
			return err
		}
		if connection.Status == store.ConnectionReconnect {
			return errReconnect
		}
		earliest, err := s.nextLook(ctx, conn, connection)
		if err != nil {
			return err
		}
		request := store.DueRequest{AccountID: accountID, Kind: store.KindIncremental, Lane: store.LaneInteractive,
			Trace: logging.TraceOf(ctx).ID}
		if connection.BackfilledAt == nil {
			request.Kind, request.Lane, request.Resume = store.KindBackfill, store.LaneReconcile, true
		}
		at := now
		if earliest.After(now) {
			at = earliest
			request.DueAt, request.Resume = earliest, true
		}
		if err := store.ResumeParked(ctx, conn, accountID, at); err != nil {
			return err
		}
		dueID, err = store.EnqueueDue(ctx, conn, request)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("ask for a sync: %w", err)
	}
	return dueID, nil
}

var errReconnect = fault.New(fault.Conflict, "strava-reconnect", "Strava no longer accepts this connection: connect it again")

// nextLook is when a person may next have Strava's list looked at: some time after the last one, however it ended.
func (s *Service) nextLook(ctx context.Context, conn database.Conn, connection store.StravaConnection) (time.Time, error) {
	last, err := store.LastTried(ctx, conn, connection.AccountID)
	if err != nil {
		return time.Time{}, err
	}
	var next time.Time
	for _, at := range []*time.Time{last, connection.SyncedAt} {
		if at != nil && at.Add(askEvery).After(next) {
			next = at.Add(askEvery)
		}
	}
	return next, nil
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
