package activitysync

import (
	"testing"
	"time"

	"github.com/train-d/train-d/infra/stravasim"
	"github.com/train-d/train-d/shared/load"
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/training"
)

// formulas is a history with all its samples, kept by a worker that can work figures out again.
func formulas(t *testing.T) *system {
	s := setup(t, stravasim.Config{Activities: 8})
	s.worker.Runners = map[string]Runner{store.KindRecompute: load.Recompute}
	s.connect(cyclist)
	s.drain()
	return s
}

// exec changes rows behind the program's back.
func (s *system) exec(sql string, args ...any) {
	s.t.Helper()
	if _, err := s.admin.Exec(s.t.Context(), sql, args...); err != nil {
		s.t.Fatal(err)
	}
}

func TestFiguresOfOlderFormulasAreWorkedOutAgain(t *testing.T) {
	t.Parallel()
	s := formulas(t)
	want := s.dump("activities", "updated_at")
	s.keepHouse()
	if got := s.count(`SELECT count(*) FROM due_work WHERE kind = 'recompute'`); got != 0 {
		t.Fatal("figures of the present formulas are worked out again")
	}

	// As the release before stored them: other loads, and nothing of what it did not know yet.
	s.exec(`UPDATE activities SET formula_version = $1, figures = '{}', trimp = trimp * 2, low_s = NULL, moderate_s = NULL, high_s = NULL`, training.FormulaVersion-1)
	s.pass(2 * time.Hour)
	s.keepHouse()
	s.pass(2 * time.Hour)
	s.keepHouse() // asks for nothing more
	if got := s.count(`SELECT count(*) FROM due_work WHERE kind = 'recompute' AND account_id = $1 AND lane = 3 AND revision = 1`, s.account); got != 1 {
		t.Fatalf("it is not due in the last lane: %s", s.dump("due_work"))
	}
	s.drain()
	if got := s.dump("activities", "updated_at"); got != want {
		t.Errorf("the activities are\n%s\nand would be\n%s", got, want)
	}
	if got := s.count(`SELECT count(*) FROM load_changes WHERE account_id = $1 AND causes = '{formula}' AND finished_at IS NOT NULL`, s.account); got != 1 {
		t.Errorf("the athlete is not told: %s", s.dump("load_changes"))
	}
}

// What can't be worked out is tried once by each version of the formulas, not every hour.
func TestBrokenActivitiesAreNotWorkedOutForEver(t *testing.T) {
	t.Parallel()
	s := formulas(t)
	s.exec(`UPDATE activities SET formula_version = $1, hr_histogram = '\xff' WHERE hr_histogram IS NOT NULL`, training.FormulaVersion-1)
	figures := s.dump("activities", "updated_at", "formula_version")
	s.pass(2 * time.Hour)
	s.keepHouse()
	s.drain()
	if got := s.dump("activities", "updated_at", "formula_version"); got != figures {
		t.Errorf("figures were\n%s\nand are\n%s", figures, got)
	}
	s.pass(2 * time.Hour)
	s.keepHouse()
	if got := s.count(`SELECT count(*) FROM due_work WHERE kind = 'recompute'`); got != 0 {
		t.Error("they are worked out again")
	}
}

// A request of the athlete's own goes on as it is; what it leaves out of date is found afterwards.
func TestNewFormulasWaitForWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	s := formulas(t)
	s.exec(`UPDATE activities SET formula_version = $1`, training.FormulaVersion-1)
	s.exec(`INSERT INTO due_work (account_id, kind, lane, cursor) VALUES ($1, 'recompute', 0, '{"before": 7}')`, s.account)
	s.pass(2 * time.Hour)
	s.keepHouse()
	if got := s.count(`SELECT count(*) FROM due_work WHERE kind = 'recompute' AND cursor = '{"before": 7}' AND revision = 1`); got != 1 {
		t.Errorf("what was under way is %s", s.dump("due_work"))
	}
	s.drain()
	s.pass(2 * time.Hour)
	s.keepHouse()
	s.drain()
	if got := s.count(`SELECT count(*) FROM activities WHERE formula_version < $1`, training.FormulaVersion); got != 0 {
		t.Errorf("%d activities are left", got)
	}
}
