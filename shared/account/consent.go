package account

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/document"
	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/logging"
	"github.com/train-d/train-d/shared/store"
)

// Agreement is a document as it reads now, and which version of it the account's owner agreed to.
type Agreement struct {
	document.Document
	Accepted *store.Consent // the newest that stands; nil where there is none
}

// Due reports whether the owner has not agreed to the document as it reads now.
func (a Agreement) Due() bool { return a.Accepted == nil || a.Accepted.Version != a.Version }

// Agreements gives all documents with what the account's owner agreed to.
func (s *Service) Agreements(ctx context.Context, identity Identity) (agreements []Agreement, err error) {
	err = s.leading.Use(ctx, func(ctx context.Context, conn database.Conn) error {
		given, err := store.ListConsents(ctx, conn, identity.AccountID)
		agreements = agreementsOf(given)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list consents: %w", err)
	}
	return agreements, nil
}

func agreementsOf(given []store.Consent) []Agreement {
	var agreements []Agreement
	for _, one := range document.All() {
		agreement := Agreement{Document: one}
		for _, consent := range given {
			if consent.Document == one.Name && (agreement.Accepted == nil || consent.Version >= agreement.Accepted.Version) {
				agreement.Accepted = &consent
			}
		}
		agreements = append(agreements, agreement)
	}
	return agreements
}

// ConsentsDue names the documents that were not agreed to as they read now.
func ConsentsDue(given []store.Consent) []document.Name {
	due := []document.Name{}
	for _, agreement := range agreementsOf(given) {
		if agreement.Due() {
			due = append(due, agreement.Name)
		}
	}
	return due
}

// DemandConsents refuses what must not happen before everything is agreed to: Forbidden "consent-needed".
func (s *Service) DemandConsents(ctx context.Context, identity Identity) error {
	agreements, err := s.Agreements(ctx, identity)
	if err != nil {
		return err
	}
	for _, agreement := range agreements {
		if agreement.Due() {
			return fault.New(fault.Forbidden, "consent-needed", "Please read and accept what this needs your agreement to first.")
		}
	}
	return nil
}

// Agree stores that the account's owner agrees to a document. A version that is not the one that is asked for now is a
// Conflict: nobody agrees to what they have not seen.
func (s *Service) Agree(ctx context.Context, identity Identity, name document.Name, version string) error {
	wanted, ok := document.Current(name)
	if !ok {
		return errNoDocument()
	}
	if version != wanted.Version {
		return fault.New(fault.Conflict, "document-changed", "The text has changed meanwhile. Please read it again.")
	}
	err := s.database.Use(ctx, func(ctx context.Context, conn database.Conn) error {
		return store.PutConsent(ctx, conn, identity.AccountID, store.Consent{Document: name, Version: version, AcceptedAt: s.now()})
	})
	if err != nil {
		return fmt.Errorf("agree: %w", err)
	}
	logging.Log(ctx, slog.LevelInfo, logging.EventAccountConsent, "consent changed", slog.String("change", "given"),
		slog.String("document", string(name)), slog.String("version", version))
	return nil
}

// Withdraw takes the agreement to the use of health data back. The caller ends the connection to Strava first: nothing is read
// or kept without the agreement. Terms and privacy notice can't be withdrawn without ending the account: a Conflict
// "erase-instead".
func (s *Service) Withdraw(ctx context.Context, identity Identity, name document.Name) error {
	if err := CheckWithdrawal(name); err != nil {
		return err
	}
	err := s.database.Use(ctx, func(ctx context.Context, conn database.Conn) error {
		_, err := store.WithdrawConsents(ctx, conn, identity.AccountID, name, s.now())
		return err
	})
	if err != nil {
		return fmt.Errorf("withdraw consent: %w", err)
	}
	logging.Log(ctx, slog.LevelInfo, logging.EventAccountConsent, "consent changed", slog.String("change", "withdrawn"),
		slog.String("document", string(name)))
	return nil
}

// CheckWithdrawal says whether the agreement to a document can be taken back by itself.
func CheckWithdrawal(name document.Name) error {
	if _, ok := document.Current(name); !ok {
		return errNoDocument()
	}
	if name != document.HealthData {
		return fault.New(fault.Conflict, "erase-instead", "An account can't be held without this agreement. Erase the account instead.")
	}
	return nil
}

// Document gives a document as it reads now; NotFound where there is none of the name.
func Document(name document.Name) (document.Document, error) {
	found, ok := document.Current(name)
	if !ok {
		return document.Document{}, errNoDocument()
	}
	return found, nil
}

func errNoDocument() error {
	return fault.New(fault.NotFound, "no-document", "There is no such document.")
}
