package activitysync

import (
	"context"
	"errors"
	"fmt"

	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/secret"
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/strava"
)

// revoke ends the authorization at Strava with the connection's last access token, where that has expired with a fresh one.
// Strava's refusal of both means that there is nothing left to end. What passes is tried again, for revokeWithin.
func (s *session) revoke(ctx context.Context, due store.Due, id int64) error {
	err := s.deauthorize(ctx, due, id, "")
	if isUnauthorized(err) {
		var access string
		if access, err = s.revocationAccess(ctx, id); err == nil && access != "" {
			err = s.deauthorize(ctx, due, id, access)
		}
	}
	var refused *strava.Error
	if errors.As(err, &refused) && refused.Scope == strava.ScopeAthlete {
		return s.use(ctx, func(ctx context.Context, conn database.Conn) error {
			return store.SettleRevocation(ctx, conn, id, store.RevocationEnded)
		})
	}
	return err
}

// revocationAccess gives a fresh access token, once the refresh token that came with it is stored; empty where the
// revocation is not pending any more.
func (s *session) revocationAccess(ctx context.Context, id int64) (string, error) {
	var fresh *strava.Tokens
	err := s.outlive(ctx, func() bool { return fresh != nil }, func(ctx context.Context, conn database.Conn) error {
		erasure, err := store.LockErasure(ctx, conn, id)
		if err != nil || erasure.Revocation != store.RevocationPending {
			return err
		}
		owner := secret.ForAccount(erasure.AccountID)
		if fresh == nil {
			refresh, err := s.worker.Sealer.Open(erasure.SealedRefreshToken, owner)
			if err != nil {
				return fmt.Errorf("open refresh token: %w", err)
			}
			asking, cancel := context.WithTimeout(ctx, refreshTimeout)
			defer cancel()
			tokens, err := s.worker.Strava.Refresh(asking, string(refresh))
			if err != nil {
				return err
			}
			fresh = &tokens
		}
		sealed, err := s.worker.Sealer.Seal([]byte(fresh.Refresh.Reveal()), owner)
		if err != nil {
			return fmt.Errorf("seal refresh token: %w", err)
		}
		return store.KeepRevocationToken(ctx, conn, id, sealed)
	})
	if err != nil || fresh == nil {
		return "", err
	}
	return fresh.Access.Reveal(), nil
}

// deauthorize ends the authorization within the quota, with the erasure locked, so that nobody connects anew in between and
// loses it. An empty access token means the connection's last one. After revokeWithin it gives up.
func (s *session) deauthorize(ctx context.Context, due store.Due, id int64, access string) error {
	pending := false
	err := s.db.Use(ctx, func(ctx context.Context, conn database.Conn) error {
		erasure, err := store.ReadErasure(ctx, conn, id)
		if err != nil || erasure.Revocation != store.RevocationPending {
			return err
		}
		if erasure.RequestedAt.Add(revokeWithin).Before(s.worker.now()) {
			return store.SettleRevocation(ctx, conn, id, store.RevocationGivenUp)
		}
		pending = true
		return nil
	})
	if err != nil || !pending {
		return err
	}
	reserved, err := s.reserve(ctx, due.Lane)
	if err != nil {
		return err
	}
	usage, err := s.askToEnd(ctx, id, access)
	s.account(ctx, reserved, usage)
	return err
}

func (s *session) askToEnd(ctx context.Context, id int64, access string) (usage strava.Usage, err error) {
	err = s.db.InTx(ctx, func(ctx context.Context, conn database.Conn) error {
		erasure, err := store.LockErasure(ctx, conn, id)
		if err != nil || erasure.Revocation != store.RevocationPending {
			return err
		}
		if access == "" {
			opened, err := s.worker.Sealer.Open(erasure.SealedAccessToken, secret.ForAccount(erasure.AccountID))
			if err != nil {
				return fmt.Errorf("open access token: %w", err)
			}
			access = string(opened)
		}
		asking, cancel := context.WithTimeout(ctx, refreshTimeout)
		defer cancel()
		if usage, err = s.worker.Strava.Deauthorize(asking, access); err != nil {
			return err
		}
		return store.SettleRevocation(ctx, conn, id, store.RevocationEnded)
	})
	return usage, err
}

// keepForRevocation stores tokens that Strava gave for a connection which ended meanwhile: the ones that its erasure has
// are dead.
func (s *session) keepForRevocation(ctx context.Context, conn database.Conn, refresh config.Secret) error {
	erasure, found, err := store.OpenErasure(ctx, conn, s.accountID)
	if err != nil || !found {
		return err
	}
	sealed, err := s.worker.Sealer.Seal([]byte(refresh.Reveal()), secret.ForAccount(s.accountID))
	if err != nil {
		return fmt.Errorf("seal refresh token: %w", err)
	}
	return store.KeepRevocationToken(ctx, conn, erasure.ID, sealed)
}
