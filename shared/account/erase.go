package account

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/logging"
	"github.com/train-d/train-d/shared/store"
)

// Erasing is an account that is being erased.
type Erasing struct {
	Receipt string    // shows how far it is, to whoever knows it
	DueBy   time.Time // when nothing is left, at the latest
	DueID   int64     // the due row, which belongs to no account, for a Wake
}

// Erase ends the account at once: every session is void, nobody can sign in, the e-mail address is free, what a sync has
// under way can't be stored any more. Everything held about it is erased within a day, and so is the authorization at
// Strava. An account that is being erased already is Unauthenticated: its sessions are void.
func (s *Service) Erase(ctx context.Context, identity Identity) (Erasing, error) {
	now := s.now().Truncate(time.Microsecond) // as Postgres keeps it
	var begun store.AccountErasure
	err := s.database.InTx(ctx, func(ctx context.Context, conn database.Conn) (err error) {
		begun, err = store.BeginAccountErasure(ctx, conn, identity.AccountID, logging.TraceOf(ctx).ID, now)
		return err
	})
	switch {
	case fault.KindOf(err) == fault.NotFound:
		return Erasing{}, errSignedOut
	case err != nil:
		return Erasing{}, fmt.Errorf("erase account: %w", err)
	}
	logging.Log(ctx, slog.LevelInfo, logging.EventAccountErasing, "an account was ended and is being erased",
		slog.Int64("account_id", identity.AccountID))
	return Erasing{Receipt: begun.Receipt, DueBy: now.Add(store.EraseWithin), DueID: begun.DueID}, nil
}

// Receipt tells how far an erasure is, without saying whose; fault.NotFound with code no-erasure for an unknown receipt.
func (s *Service) Receipt(ctx context.Context, receipt string) (found store.ErasureReceipt, err error) {
	err = s.database.Use(ctx, func(ctx context.Context, conn database.Conn) (err error) {
		found, err = store.ReadReceipt(ctx, conn, receipt)
		return err
	})
	return found, err
}
