// Package mail is the use case of what is sent to an account's owner, and sending it. What is to be sent is a due row that
// names account and kind; the secret of its link, where it has one, is made when it is sent, so that none stands in a message
// or waits in a row.
package mail

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/logging"
	"github.com/train-d/train-d/shared/message"
	"github.com/train-d/train-d/shared/secret"
	"github.com/train-d/train-d/shared/store"
)

// Sender sends the e-mails that are due.
type Sender struct {
	Databases database.Opener
	PublicURL string // where the links lead
	Server    *Server
	Now       func() time.Time // time.Now where nil
}

const (
	// sendTime is how long the mail server may take for one e-mail; leaseTime is longer.
	sendTime  = 20 * time.Second
	leaseTime = time.Minute
	// settleTime bounds what is left to do when the context has ended.
	settleTime = 3 * time.Second

	firstBackoff   = 30 * time.Second
	longestBackoff = time.Hour
	// mostTries is after how many failures, about a day, an e-mail is given up; so is one whose sender dies that often.
	mostTries = 30
)

func (s *Sender) now() time.Time {
	if s.Now == nil {
		return time.Now()
	}
	return s.Now()
}

// Wake sends the e-mails that are due to an account's owner. An error means that the database was out of reach and the
// message should come again; whatever the mail server says is settled in the due row. Waking twice, or at the same time,
// is harmless.
func (s *Sender) Wake(ctx context.Context, wake message.Mail) error {
	db, closeDB := s.Databases.Open()
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
		defer cancel()
		closeDB(ctx)
	}()
	ctx = logging.WithAttrs(ctx, slog.Int64("account_id", wake.AccountID))
	for ctx.Err() == nil {
		var due store.Due
		found := false
		err := db.Use(ctx, func(ctx context.Context, conn database.Conn) (err error) {
			due, found, err = store.ClaimMail(ctx, conn, wake.AccountID, s.now(), leaseTime)
			return err
		})
		if err != nil || !found {
			return err
		}
		if err := s.send(ctx, db, due); err != nil {
			return err
		}
	}
	return nil // the next tick finds what is left
}

// send keeps the hash of a new token, sends the e-mail with it and only then takes the row away: an e-mail may so be sent
// twice, with one Message-ID, but never not at all.
func (s *Sender) send(ctx context.Context, db database.Database, due store.Due) error {
	ctx = logging.WithAttrs(ctx, slog.Int64("due_id", due.ID), slog.String("kind", due.Kind),
		slog.String("origin_trace", due.OriginTrace))
	text := texts[due.Kind]
	link, token := s.PublicURL+text.page, ""
	if text.lifetime > 0 {
		token = secret.NewToken()
		link += token
	}
	letter := Letter{ID: fmt.Sprintf("%d-%d", due.ID, due.Revision), Subject: text.subject, Body: text.body(link)}
	err := db.InTx(ctx, func(ctx context.Context, conn database.Conn) (err error) {
		if letter.To, err = s.recipient(ctx, conn, due); err != nil || letter.To == "" || token == "" {
			return err
		}
		now := s.now()
		return store.PutEmailToken(ctx, conn, store.EmailToken{Hash: sha256.Sum256([]byte(token)), AccountID: due.AccountID,
			Kind: due.Kind, Letter: letter.ID, Address: letter.To, CreatedAt: now, ExpiresAt: now.Add(text.lifetime)})
	})
	if err != nil {
		return err
	}
	if letter.To != "" {
		bounded, cancel := context.WithTimeout(ctx, sendTime)
		defer cancel()
		if err := s.Server.Send(bounded, letter); err != nil {
			return s.settle(ctx, db, due, err)
		}
		logging.Log(ctx, slog.LevelInfo, logging.EventMailSent, "e-mail sent", slog.Int("attempts", due.Attempts+due.Refusals))
	}
	return change(ctx, db, func(ctx context.Context, conn database.Conn) error { return store.FinishDue(ctx, conn, due) })
}

// recipient is where the e-mail goes: to the address that the row names, or to the account's. It is empty where there is
// no address, and where nobody is there to read: the account is gone or being erased.
func (s *Sender) recipient(ctx context.Context, conn database.Conn, due store.Due) (string, error) {
	address, err := store.FindRecipient(ctx, conn, due.AccountID)
	if fault.KindOf(err) == fault.NotFound {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	var cursor struct {
		Address string `json:"address"`
	}
	if err := json.Unmarshal(due.Cursor, &cursor); err != nil {
		return "", fmt.Errorf("read what is due: %w", err)
	}
	if cursor.Address != "" {
		return cursor.Address, nil
	}
	return address, nil
}

// settle decides what becomes of an e-mail that was not taken.
func (s *Sender) settle(ctx context.Context, db database.Database, due store.Due, cause error) error {
	code := codeOf(cause)
	tries := max(due.Attempts, due.Refusals+1)
	if isUnknownRecipient(cause) || tries >= mostTries {
		logging.Log(ctx, slog.LevelError, logging.EventMailParked, "e-mail parked", slog.Int("code", code), slog.Int("tries", tries))
		return change(ctx, db, func(ctx context.Context, conn database.Conn) error {
			return store.ParkDue(ctx, conn, due, s.now(), "the mail server does not take this e-mail")
		})
	}
	at := s.now().Add(min(firstBackoff<<min(tries-1, 10), longestBackoff))
	// Without the server's words, which may name the recipient.
	logging.Log(ctx, slog.LevelWarn, logging.EventMailPostponed, "the mail server took no e-mail, to be tried again",
		slog.Int("code", code), slog.Int("tries", tries), slog.Time("until", at))
	return change(ctx, db, func(ctx context.Context, conn database.Conn) error {
		return store.RefuseDue(ctx, conn, due, at, "the mail server did not take this e-mail; it is tried again")
	})
}

// change settles the row, even where the invocation's time is up. One that is somebody else's by now is not ours to settle.
func change(ctx context.Context, db database.Database, f func(ctx context.Context, conn database.Conn) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	if err := db.Use(ctx, f); err != nil && !errors.Is(err, store.ErrLeaseLost) {
		return fmt.Errorf("settle due e-mail: %w", err)
	}
	return nil
}

// text is what stands in the e-mails of a kind.
type text struct {
	subject  string
	page     string        // of the app, with the token behind it: a fragment, which browsers send to no server
	lifetime time.Duration // of the token; 0 without one
	body     func(link string) string
}

var texts = map[string]text{
	store.KindPasswordReset: {"Set a new password for Train-D", "/reset#", time.Hour, func(link string) string {
		return "Somebody asked to set a new password for your account at Train-D. If it was you, follow this link:\n\n" + link +
			"\n\nIt works once, for an hour. If it was not you, there is nothing to do: your password stays as it is.\n"
	}},
	store.KindEmailVerification: {"Confirm your e-mail address for Train-D", "/verify#", 24 * time.Hour, func(link string) string {
		return "This address was given for an account at Train-D. If it was you, confirm it by this link:\n\n" + link +
			"\n\nIt works once, for a day. If it was not you, there is nothing to do.\n"
	}},
	store.KindEmailChanged: {"Your Train-D account has another e-mail address", "/", 0, func(link string) string {
		return "The account at Train-D that had this address has another one now, which its owner confirmed. Nothing more is sent to this one.\n\n" +
			"If it was not you, somebody else is in your account: please tell whoever runs " + link + " at once.\n"
	}},
}
