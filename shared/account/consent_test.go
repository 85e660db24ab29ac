package account

import (
	"context"
	"slices"
	"testing"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/document"
	"github.com/train-d/train-d/shared/fault"
)

func (f *fixture) due(t *testing.T, identity Identity) []document.Name {
	t.Helper()
	who, err := f.Who(t.Context(), identity)
	if err != nil {
		t.Fatal(err)
	}
	due := ConsentsDue(who.Consents)
	if err := f.DemandConsents(t.Context(), identity); (err == nil) != (len(due) == 0) {
		t.Errorf("due are %v, yet the demand says %v", due, err)
	}
	return due
}

func TestANewVersionIsAskedForAgain(t *testing.T) {
	t.Parallel()
	f := setup(t)
	_, identity := f.register(t, "ada@example.com")
	if due := f.due(t, identity); len(due) != 0 {
		t.Errorf("after registering: %v", due)
	}
	err := f.database.Use(t.Context(), func(ctx context.Context, conn database.Conn) error {
		_, err := conn.Exec(ctx, "-- name: test.age\nUPDATE consents SET version = '2020-01-01' WHERE document = 'privacy'")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if due := f.due(t, identity); !slices.Equal(due, []document.Name{document.Privacy}) {
		t.Errorf("of an older version: %v", due)
	}
	agreements, err := f.Agreements(t.Context(), identity)
	if err != nil || agreements[1].Name != document.Privacy || agreements[1].Accepted.Version != "2020-01-01" {
		t.Errorf("%+v, %v", agreements, err)
	}
	privacy, _ := document.Current(document.Privacy)
	wants(t, f.Agree(t.Context(), identity, document.Privacy, "2020-01-01"), fault.Conflict, "document-changed")
	wants(t, f.Agree(t.Context(), identity, "recipes", privacy.Version), fault.NotFound, "no-document")
	for range 2 {
		if err := f.Agree(t.Context(), identity, document.Privacy, privacy.Version); err != nil {
			t.Error(err)
		}
	}
	if due := f.due(t, identity); len(due) != 0 {
		t.Errorf("after agreeing: %v", due)
	}
	if n := f.count(t, `SELECT count(*) FROM consents WHERE document = 'privacy'`); n != 2 { // what was agreed to once stays known
		t.Errorf("%d rows", n)
	}
}

func TestTheUseOfHealthDataCanBeWithdrawnAndGivenAgain(t *testing.T) {
	t.Parallel()
	f := setup(t)
	_, identity := f.register(t, "ada@example.com")
	_, eve := f.register(t, "eve@example.com")
	wants(t, f.Withdraw(t.Context(), identity, document.Terms), fault.Conflict, "erase-instead")
	wants(t, f.Withdraw(t.Context(), identity, "recipes"), fault.NotFound, "no-document")
	for range 2 {
		if err := f.Withdraw(t.Context(), identity, document.HealthData); err != nil {
			t.Error(err)
		}
	}
	if due := f.due(t, identity); !slices.Equal(due, []document.Name{document.HealthData}) {
		t.Errorf("after withdrawing: %v", due)
	}
	if due := f.due(t, eve); len(due) != 0 {
		t.Errorf("another account's: %v", due)
	}
	health, _ := document.Current(document.HealthData)
	if err := f.Agree(t.Context(), identity, document.HealthData, health.Version); err != nil {
		t.Error(err)
	}
	if due := f.due(t, identity); len(due) != 0 {
		t.Errorf("after agreeing again: %v", due)
	}
}
