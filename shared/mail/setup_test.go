package mail

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/infra/cloudsim"
	"github.com/train-d/train-d/infra/postgres/postgrestest"
	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/logging"
	"github.com/train-d/train-d/shared/message"
	"github.com/train-d/train-d/shared/store"
)

const address = "athlete@example.com"

// fixture is the use case over a database and a mail server of its own.
type fixture struct {
	t       *testing.T
	sender  *Sender
	smtp    *cloudsim.SMTP
	browser *pgx.Conn // Onboarding's login
	account int64
	clock   time.Time
	log     strings.Builder
}

func setup(t *testing.T) *fixture {
	t.Helper()
	db := postgrestest.New(t)
	f := &fixture{t: t, clock: time.Now().Truncate(time.Second)}
	var err error
	if f.smtp, err = cloudsim.StartSMTP(nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.smtp.Close() })
	f.sender = &Sender{Databases: openerOf(t, db), PublicURL: "https://train-d.example.com", Server: f.server(f.smtp.URL()),
		Now: func() time.Time { return f.clock }}
	if f.browser, err = pgx.Connect(t.Context(), db.DSN("onboarding")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.browser.Close(context.Background()) })
	f.account, _, err = store.Register(t.Context(), f.browser, store.Registration{Email: address, PasswordHash: "old",
		Session: store.NewSession{TokenHash: sha256.Sum256([]byte("session")), OpenedAt: f.clock, ExpiresAt: f.clock.Add(time.Hour)}})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func openerOf(t *testing.T, db *postgrestest.DB) database.Opener {
	t.Helper()
	settings, err := config.Load[config.Mail]([]string{"DATABASE_URL=" + db.DSN("mail"), "PUSH_AUDIENCE=https://mail.example.com",
		"PUSH_SERVICE_ACCOUNT=push@example.com", "SMTP_URL=smtp://127.0.0.1", "MAIL_FROM=t@example.com", "PUBLIC_URL=https://train-d.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	return database.NewDirect(settings.Database, "mail").AsOpener()
}

func (f *fixture) server(url string) *Server {
	f.t.Helper()
	server, err := NewServer(config.SMTP{URL: config.NewSecret(url), From: "Train-D <no-reply@example.com>", PublicURL: "https://train-d.example.com"})
	if err != nil {
		f.t.Fatal(err)
	}
	return server
}

// ask makes an e-mail due and lets Mail be woken for it.
func (f *fixture) ask(request store.DueRequest) {
	f.t.Helper()
	request.AccountID = f.account
	if _, err := store.EnqueueDue(f.t.Context(), f.browser, request); err != nil {
		f.t.Fatal(err)
	}
	f.wake()
}

func (f *fixture) wake() {
	f.t.Helper()
	ctx := logging.Into(f.t.Context(), slog.New(slog.NewJSONHandler(&f.log, nil)))
	if err := f.sender.Wake(ctx, message.NewMail(1, f.account)); err != nil {
		f.t.Fatal(err)
	}
}

// token reads the secret behind a page's address in an e-mail.
func (f *fixture) token(caught cloudsim.Caught, page string) store.TokenHash {
	f.t.Helper()
	for word := range strings.FieldsSeq(caught.Body) {
		if secret, found := strings.CutPrefix(word, "https://train-d.example.com"+page); found {
			if len(secret) != 43 {
				f.t.Errorf("%q has not 256 bits", secret)
			}
			return sha256.Sum256([]byte(secret))
		}
	}
	f.t.Fatalf("no link in %q", caught.Body)
	return store.TokenHash{}
}

// due gives the row that stands: whether it is parked, when it is due and what was refused so far.
func (f *fixture) due() (parked bool, at time.Time, refusals int) {
	f.t.Helper()
	err := f.browser.QueryRow(f.t.Context(), "SELECT parked_at IS NOT NULL, due_at, refusals FROM due_work").Scan(&parked, &at, &refusals)
	if err != nil {
		f.t.Fatal(err)
	}
	return parked, at, refusals
}

func (f *fixture) rows(sql string) (n int) {
	f.t.Helper()
	if err := f.browser.QueryRow(f.t.Context(), sql).Scan(&n); err != nil {
		f.t.Fatal(err)
	}
	return n
}
