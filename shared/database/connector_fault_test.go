package database_test

import (
	"context"
	"testing"
	"time"

	"github.com/train-d/train-d/infra/cloudsim"
	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/fault"
)

// TestConnectorFaults: each fault strikes, is told as its class within the time that a dial may take, and is over when
// it ends.
func TestConnectorFaults(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		faults cloudsim.SQLFaults
		struck func(cloudsim.SQLStrikes) int
		cause  database.Cause
	}{
		"Admin API slow": {cloudsim.SQLFaults{AdminDelay: 60_000}, adminDelay, database.CauseConnector},
		"Admin API 403":  {cloudsim.SQLFaults{AdminStatus: 403}, adminStatus, database.CauseConnector},
		"Admin API 404":  {cloudsim.SQLFaults{AdminStatus: 404}, adminStatus, database.CauseConnector},
		"Admin API 429":  {cloudsim.SQLFaults{AdminStatus: 429}, adminStatus, database.CauseConnector},
		"Admin API 500":  {cloudsim.SQLFaults{AdminStatus: 500}, adminStatus, database.CauseConnector},
		"certificate of another CA": {cloudsim.SQLFaults{Certificate: cloudsim.CertificateOtherCA}, certificate,
			database.CauseConnector},
		"certificate of another instance": {cloudsim.SQLFaults{Certificate: cloudsim.CertificateOtherName}, certificate,
			database.CauseConnector},
		"endpoint refuses": {cloudsim.SQLFaults{Refuse: true},
			func(s cloudsim.SQLStrikes) int { return s.Refuse }, database.CauseNetwork},
		"black hole": {cloudsim.SQLFaults{BlackHole: true},
			func(s cloudsim.SQLStrikes) int { return s.BlackHole }, database.CauseTimeout},
		"cut in the login": {cloudsim.SQLFaults{CutToClient: 8},
			func(s cloudsim.SQLStrikes) int { return s.Cut }, database.CauseNetwork},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			i := b.instance(nil)
			i.cfg.ConnectTimeout, i.cfg.ProbeInterval = 700*time.Millisecond, 50*time.Millisecond
			p := b.pooled(i.cfg)
			i.SetFaults(c.faults)

			began := time.Now()
			_, err := once(b, i.cfg)
			// Two dials at most, with a pause between; the rest is for a busy machine.
			if took := time.Since(began); took > 2*i.cfg.ConnectTimeout+2*time.Second {
				t.Errorf("took %v", took)
			}
			wantUnavailable(t, err)
			i.keepsSecrets(t, b, err)
			err = p.Use(b.ctx, nothing)
			wantUnavailable(t, err)
			i.keepsSecrets(t, b, err)
			if got := p.Health(b.ctx); got != (database.Health{State: database.HealthDown, Cause: c.cause}) {
				t.Errorf("got health %+v, want down because of %s", got, c.cause)
			}
			if c.struck(i.Stats().Struck) == 0 {
				t.Errorf("the fault never struck: %+v", i.Stats())
			}
			if n := b.number(connections); n != 0 {
				t.Errorf("got %d connections at the server, want none", n)
			}

			i.SetFaults(cloudsim.SQLFaults{})
			b.wait("a session to succeed", func() bool { _, err := once(b, i.cfg); return err == nil })
			b.wait("the pool to succeed", func() bool {
				_, application, err := backend(b.ctx, p)
				return err == nil && application == "train-d/onboarding/pool"
			})
		})
	}
}

func adminDelay(s cloudsim.SQLStrikes) int  { return s.AdminDelay }
func adminStatus(s cloudsim.SQLStrikes) int { return s.AdminStatus }
func certificate(s cloudsim.SQLStrikes) int { return s.Certificate }

// The pool's plain route does not depend on the connector: what ails it is nobody's business until a fallback is needed.
func TestConnectorFaultLeavesThePlainRouteAlone(t *testing.T) {
	t.Parallel()
	b := setup(t)
	i, x := b.instance(nil), newProxy(t, b)
	i.SetFaults(cloudsim.SQLFaults{AdminStatus: 403})
	p := b.pooled(i.both(t, b, x.address()))
	if _, application, err := backend(b.ctx, p); err != nil || application != "train-d/onboarding/pool" {
		t.Errorf("got %q and %v, want the pool", application, err)
	}
	if got := i.Stats().Struck; got != (cloudsim.SQLStrikes{}) {
		t.Errorf("got %+v, want the connector left alone", got)
	}
	if _, err := once(b, i.cfg); err == nil {
		t.Error("the fault did not hold for direct connections")
	}
}

// The instance no longer takes a certificate that its holder thinks valid, on each path. Nobody's request fails for it.
func TestExpiredCertificateFailsNoRequest(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		iam  bool
	}{{"password", false}, {"IAM", true}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			i, x := b.instance(nil), newProxy(t, b)
			if c.iam {
				i.cfg.IAMLogin, i.cfg.User, i.cfg.Password = true, byIAM, config.Secret{}
			}
			x.set(func() { x.refused = []byte("train-d/onboarding/pool") })
			pool, fallback := b.pooled(i.cfg), b.pooled(i.both(t, b, x.address()))
			ways := []struct {
				name string
				use  func() error
			}{
				{"direct", func() error { _, err := once(b, i.cfg); return err }},
				{"pool", func() error { b.terminate("pool"); return pool.Use(b.ctx, nothing) }},
				{"fallback", func() error { return fallback.Use(b.ctx, nothing) }},
				{"database/sql", func() error {
					_, done, err := database.NewDirect(i.cfg, "migrate").SQL(b.ctx, "migrate.step")
					if err == nil {
						done()
					}
					return err
				}},
			}
			for _, way := range ways {
				if err := way.use(); err != nil {
					t.Fatalf("%s, before: %v", way.name, err)
				}
			}
			for _, way := range ways {
				before := i.Stats()
				i.ExpireCertificates()
				if err := way.use(); err != nil {
					t.Errorf("%s: %v", way.name, err)
				}
				after := i.Stats()
				if after.Struck.Expired == before.Struck.Expired || after.Certificates == before.Certificates {
					t.Errorf("%s: no certificate was refused and replaced: %+v", way.name, after)
				}
			}
		})
	}
}

// A connection that is cut under a statement is never used again, and the statement never run twice.
func TestCutOverTheConnectorIsAnUnknownOutcome(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for name, faults := range map[string]cloudsim.SQLFaults{
		"before the statement arrived": {CutToServer: 10},
		"before the answer came":       {CutToClient: 10},
	} {
		i := b.instance(nil)
		p := b.pooled(i.cfg)
		if _, err := insert(b.ctx, p, name+", first"); err != nil {
			t.Fatal(err)
		}
		i.SetFaults(faults)
		_, err := insert(b.ctx, p, name)
		if f, ok := fault.As(err); !ok || f.Kind != fault.OutcomeUnknown {
			t.Errorf("%s: got %v, want the outcome unknown", name, err)
		}
		i.SetFaults(cloudsim.SQLFaults{})
		if i.Stats().Struck.Cut == 0 {
			t.Errorf("%s: nothing was cut", name)
		}
		if _, err := insert(b.ctx, p, name+", after"); err != nil {
			t.Errorf("%s: afterwards: %v", name, err)
		}
		if n := b.number(`SELECT count(*) FROM notes WHERE body = $1`, name); n > 1 {
			t.Errorf("%s: got %d rows, want one at most", name, n)
		}
	}
}

// A caller in a hurry leaves, though the connector is busy with somebody else's dial and waits for that first.
func TestCallersDeadlineHoldsInTheConnector(t *testing.T) {
	t.Parallel()
	b := setup(t)
	i := b.instance(nil)
	const slow = 3 * time.Second
	i.SetFaults(cloudsim.SQLFaults{AdminDelay: int(slow.Milliseconds())})
	patient := make(chan error, 1)
	go func() { _, err := once(b, i.cfg); patient <- err }()
	b.wait("the Admin API to be slow", func() bool { return i.Stats().Struck.AdminDelay > 0 })
	began := time.Now()
	_, err := once(b.hurried(50*time.Millisecond), i.cfg)
	wantUnavailable(t, err)
	if took := time.Since(began); took > slow/2 {
		t.Errorf("the hurried one took %v", took)
	}
	if err := <-patient; err != nil {
		t.Errorf("the patient one: %v", err)
	}
}

// A statement given up ends at the server too: the request to cancel it takes the connector as well.
func TestStatementIsCancelledOverTheConnector(t *testing.T) {
	t.Parallel()
	b := setup(t)
	i := b.instance(nil)
	asIAM := i.cfg
	asIAM.IAMLogin, asIAM.User, asIAM.Password = true, byIAM, config.Secret{}
	for name, cfg := range map[string]config.Database{"password": i.cfg, "IAM": asIAM} {
		cfg.StatementTimeout = time.Hour
		s := b.session(cfg)
		ctx, cancel := context.WithCancel(b.ctx)
		ended := make(chan error, 1)
		go func() {
			ended <- s.Use(ctx, func(ctx context.Context, conn database.Conn) error {
				_, err := conn.Exec(ctx, "-- name: test.sleep\nSELECT pg_sleep(3600)")
				return err
			})
		}()
		const asleep = `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'`
		b.wait("the statement to run", func() bool { return b.number(asleep) == 1 })
		cancel()
		if err := <-ended; err == nil {
			t.Errorf("%s: got no error", name)
		}
		b.wait("the statement to end", func() bool { return b.number(asleep) == 0 })
	}
}
