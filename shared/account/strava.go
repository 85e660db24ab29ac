package account

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/document"
	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/logging"
	"github.com/train-d/train-d/shared/secret"
	"github.com/train-d/train-d/shared/store"
)

// signInState begins every state of a sign-in at Strava, so that it is never taken for one that a session began.
const signInState = "sign-in."

// IsSignInState says whether a state that came back is of a sign-in.
func IsSignInState(state string) bool { return strings.HasPrefix(state, signInState) }

// BeginStravaSignIn gives a state to take along to Strava, and a token for the browser: only who brings both back, within ten
// minutes, is signed in. acceptTerms says that an account may be opened for an athlete who has none.
func (s *Service) BeginStravaSignIn(ctx context.Context, acceptTerms bool, client Client) (state, browser string, err error) {
	if err := s.admit(ctx, stravaAtAddress.by(client.Address)); err != nil {
		return "", "", fmt.Errorf("begin sign-in at Strava: %w", err)
	}
	state, browser = signInState+secret.NewToken(), secret.NewToken()
	err = s.database.Use(ctx, func(ctx context.Context, conn database.Conn) error {
		return store.PutStravaSignIn(ctx, conn, hashOf(state), hashOf(browser), acceptTerms, s.now().Add(oauthStateLifetime))
	})
	if err != nil {
		return "", "", fmt.Errorf("begin sign-in at Strava: %w", err)
	}
	return state, browser, nil
}

// TakeStravaSignIn accepts a state that came back to the browser that began it, and voids it. Any other is a Forbidden
// "oauth-state".
func (s *Service) TakeStravaSignIn(ctx context.Context, state, browser string) (acceptTerms bool, err error) {
	err = s.database.Use(ctx, func(ctx context.Context, conn database.Conn) (err error) {
		acceptTerms, err = store.TakeStravaSignIn(ctx, conn, hashOf(state), hashOf(browser), s.now())
		return err
	})
	switch {
	case fault.KindOf(err) == fault.NotFound:
		return false, oauthState(err)
	case err != nil:
		return false, fmt.Errorf("take sign-in at Strava: %w", err)
	}
	return acceptTerms, nil
}

// AthletesAccount finds the account that Strava's athlete is connected to. An athlete is never joined to an account by an
// e-mail address, which Strava does not vouch for. NotFound "no-account" where there is none, Forbidden "second-factor" where
// signing in needs more than Strava's word.
func (s *Service) AthletesAccount(ctx context.Context, athleteID int64) (accountID int64, err error) {
	var found store.Credentials
	err = s.database.Use(ctx, func(ctx context.Context, conn database.Conn) (err error) {
		found, err = store.FindAthletesAccount(ctx, conn, athleteID)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("find athlete's account: %w", err)
	}
	if found.SealedSecret != nil {
		return 0, fault.New(fault.Forbidden, "second-factor", "This account has a second factor. Please sign in with e-mail address, password and code.")
	}
	return found.AccountID, nil
}

// OpenByStrava opens a session of the account that Strava has named.
func (s *Service) OpenByStrava(ctx context.Context, accountID int64, client Client) (Session, error) {
	session, stored := s.newSession(client)
	session.AccountID = accountID
	var err error
	if session.Token, err = s.withOwner(session.Token, accountID); err != nil {
		return Session{}, err
	}
	err = s.database.InTx(ctx, func(ctx context.Context, conn database.Conn) error {
		if err := store.InsertSession(ctx, conn, accountID, stored, s.idleSince(stored.OpenedAt)); err != nil {
			return err
		}
		return store.PutDevice(ctx, conn, accountID, hashOf(session.Device), stored.OpenedAt)
	})
	if err != nil {
		return Session{}, fmt.Errorf("sign in by Strava: %w", err)
	}
	logging.Log(ctx, slog.LevelInfo, logging.EventAccountSignedIn, "signed in", slog.Int64("account_id", accountID), slog.String("by", "strava"))
	return session, nil
}

// RegisterByStrava opens an account that has neither an e-mail address nor a password, with all consents.
func (s *Service) RegisterByStrava(ctx context.Context, client Client) (Session, error) {
	session, stored := s.newSession(client)
	device := hashOf(session.Device)
	err := s.database.Use(ctx, func(ctx context.Context, conn database.Conn) (err error) {
		session.AccountID, _, err = store.Register(ctx, conn, store.Registration{
			Consents: currentConsents(), Session: stored, Device: device[:], Trace: logging.TraceOf(ctx).ID,
		})
		return err
	})
	if err != nil {
		return Session{}, fmt.Errorf("register by Strava: %w", err)
	}
	if session.Token, err = s.withOwner(session.Token, session.AccountID); err != nil {
		return Session{}, err
	}
	logging.Log(ctx, slog.LevelInfo, logging.EventAccountRegistered, "account registered",
		slog.Int64("account_id", session.AccountID), slog.String("by", "strava"))
	return session, nil
}

// currentConsents agree to every document as it reads now.
func currentConsents() (consents []store.Consent) {
	for _, one := range document.All() {
		consents = append(consents, store.Consent{Document: one.Name, Version: one.Version})
	}
	return consents
}

func oauthState(err error) error {
	return fault.Wrap(fault.Forbidden, "oauth-state",
		"This answer from Strava is too old, was used before or belongs to another session. Please connect again.", err)
}

// errPasswordFirst keeps an account from needing a code with nothing that the code could be second to.
var errPasswordFirst = fault.New(fault.Conflict, "password-needed", "Please set a password first: a second factor comes after it.")

// demandPassword refuses an account without a password.
func (s *Service) demandPassword(ctx context.Context, identity Identity) error {
	found, err := s.ownCredentials(ctx, identity)
	if err != nil {
		return err
	}
	if found.PasswordHash == "" || found.Email == "" {
		return errPasswordFirst
	}
	return nil
}
