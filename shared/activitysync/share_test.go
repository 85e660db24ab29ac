package activitysync

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/train-d/train-d/infra/stravasim"
	"github.com/train-d/train-d/shared/message"
)

// The proof of the ledger: twenty athletes import at once through Strava's real limits, window after window, while one of
// them asks for a look in each. Strava refuses no call, everybody gets on, and the first forecast comes true.
func TestManyImportsShareTheRealQuota(t *testing.T) {
	t.Parallel()
	const athletes, each = 20, 11
	s := setup(t, stravasim.Config{Athletes: athletes, Activities: each, Limits: stravasim.RealLimits})
	s.pass(s.now().Truncate(15 * time.Minute).Add(15*time.Minute + time.Second).Sub(s.now())) // to the beginning of a window
	accounts := make([]int64, athletes)
	for i := range accounts {
		accounts[i] = s.register(fmt.Sprintf("a%d@example.com", i))
		if _, err := s.service.Connect(s.ctx(), accounts[i], s.grant(trailRunner+int64(i)), []string{"activity:read_all"}); err != nil {
			t.Fatal(err)
		}
	}
	began := s.now()
	var forecast time.Time
	windows := 0
	for ; s.count(`SELECT count(*) FROM strava_connections WHERE refined_at IS NULL`) > 0; windows++ {
		if windows == 12 {
			t.Fatalf("the imports do not come to an end: %s", s.dump("due_work"))
		}
		var all sync.WaitGroup
		for _, account := range accounts {
			all.Go(func() {
				if err := s.worker.Wake(s.ctx(), message.NewWake(1, account)); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		// No lane is starved: what a person asks for finds room that the imports left.
		s.pass(askEvery + time.Second)
		before := s.calls("activities")
		if _, err := s.service.AskSync(s.ctx(), accounts[windows]); err != nil {
			t.Fatal(err)
		}
		if err := s.worker.Wake(s.ctx(), message.NewWake(1, accounts[windows])); err != nil {
			t.Fatal(err)
		}
		if s.calls("activities") == before {
			t.Errorf("window %d: a person's look found no quota", windows)
		}
		if windows == 0 {
			var last int64 // who has most to come ends with everybody
			s.row(&last, `SELECT account_id FROM activities WHERE streams = 'pending' GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1`)
			progress, err := s.service.Progress(s.ctx(), last)
			if err != nil || progress.ETA == nil {
				t.Fatalf("no forecast: %+v, %v", progress, err)
			}
			forecast = *progress.ETA
		}
		s.pass(s.now().Truncate(15 * time.Minute).Add(15*time.Minute + spread + time.Second).Sub(s.now()))
	}
	var state struct {
		Counts struct {
			Calls       map[string]int
			RateLimited int `json:"rate_limited"`
		}
	}
	if err := json.Unmarshal(s.control(http.MethodGet, "/state", nil), &state); err != nil {
		t.Fatal(err)
	}
	ended := s.now().Add(-15 * time.Minute) // the loop has gone to the next window already
	t.Logf("%d windows, calls %v, %d refused; forecast after the first %s, took %s", windows, state.Counts.Calls,
		state.Counts.RateLimited, forecast.Sub(began).Round(time.Second), ended.Sub(began).Round(time.Second))
	if state.Counts.RateLimited != 0 {
		t.Errorf("Strava refused %d calls that the ledger could have known of", state.Counts.RateLimited)
	}
	if windows < 3 {
		t.Errorf("only %d windows: the test proves nothing", windows)
	}
	if off := forecast.Sub(ended).Abs(); off > ended.Sub(began)/10 {
		t.Errorf("forecast %s, ended %s: off by %s", forecast, ended, off)
	}
}
