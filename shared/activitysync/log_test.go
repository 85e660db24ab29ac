package activitysync

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/train-d/train-d/infra/stravasim"
	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/logging"
	"github.com/train-d/train-d/shared/message"
	"github.com/train-d/train-d/shared/secret"
	"github.com/train-d/train-d/shared/store"
)

// toldBy are the fields that an operator can rely on, by event, beside those that every entry has.
var toldBy = map[logging.Event][]string{
	logging.EventSyncCompleted:        {"account_id", "due_id", "kind", "origin_trace", "workload", "listed", "written", "refined", "calls", "more", "duration_ms"},
	logging.EventSyncPostponed:        {"account_id", "due_id", "kind", "origin_trace", "reason"},
	logging.EventSyncParked:           {"account_id", "due_id", "kind", "origin_trace", "reason", "cause", "attempts"},
	logging.EventSyncFailed:           {"account_id", "due_id", "kind", "origin_trace", "cause", "until"},
	logging.EventSyncDispatched:       {"accounts", "oldest_s"},
	logging.EventSyncHintIgnored:      {"owner_id"},
	logging.EventStravaConnected:      {"account_id", "scopes"},
	logging.EventStravaTokenRefreshed: {"account_id", "generation"},
	logging.EventStravaAppBlocked:     {"account_id", "code", "status", "until"},
	logging.EventStravaDisconnected:   {"account_id"},
	logging.EventErasureCompleted:     {"erasure_id", "reason", "rows", "took_ms"},
	logging.EventErasureLate:          {"erasures"},
}

// quotaTold is one of two things: what is left, or that a lane has to wait.
var quotaTold = [][]string{{"read_quarter", "read_quarter_limit", "read_day", "read_day_limit"}, {"lane", "until"}}

// An athlete's life with Strava leaves every event of the sync in the log, each with what its reader needs and none with a
// secret (I08). `go test -v` prints the log.
func TestTheLogOfASyncTellsEverythingButSecrets(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 6})
	secrets := s.liveThroughEveryEvent()
	log := s.log.String()
	for line := range strings.Lines(log) {
		t.Log(strings.TrimSpace(line))
	}
	for _, event := range logging.Catalogue() {
		family, _, _ := strings.Cut(string(event), ".")
		if !slices.Contains([]string{"sync", "strava", "erasure"}, family) {
			continue
		}
		entries := s.log.entries(t, event)
		if len(entries) == 0 {
			t.Errorf("%s was never told", event)
		}
		for _, entry := range entries {
			lacks := func(fields []string) bool {
				return slices.ContainsFunc(fields, func(field string) bool { _, told := entry[field]; return !told })
			}
			switch {
			case event == logging.EventStravaQuota:
				if lacks(quotaTold[0]) && lacks(quotaTold[1]) {
					t.Errorf("%s tells %v", event, slices.Sorted(maps.Keys(entry)))
				}
			case toldBy[event] == nil:
				t.Errorf("%s: nothing says what it tells", event)
			case lacks(toldBy[event]):
				t.Errorf("%s tells %v, want %v", event, slices.Sorted(maps.Keys(entry)), toldBy[event])
			}
			if lacks([]string{"severity", "message", "time", "logging.googleapis.com/trace"}) {
				t.Errorf("%s: an entry is no entry of the log: %v", event, entry)
			}
		}
	}
	for what, secret := range secrets {
		if secret == "" || strings.Contains(log, secret) {
			t.Errorf("the log tells %s", what)
		}
	}
}

// liveThroughEveryEvent connects, imports through a Strava that refuses, breaks and spends its quota, and leaves it. It gives the
// secrets that came along.
func (s *system) liveThroughEveryEvent() map[string]string {
	s.t.Helper()
	must := func(err error) {
		s.t.Helper()
		if err != nil {
			s.t.Fatal(err)
		}
	}
	dispatcher := Dispatcher{Databases: s.direct("dispatch").AsOpener(), Publisher: s.wakes, Now: s.now}
	s.fault(stravasim.Fault{Kind: stravasim.FaultStatus, Status: http.StatusTooManyRequests, Endpoint: "activities", Count: 1})
	s.fault(stravasim.Fault{Kind: stravasim.FaultMalformed, Endpoint: "activities", Count: 1})
	s.fault(stravasim.Fault{Kind: stravasim.FaultStatus, Status: http.StatusInternalServerError, Endpoint: "streams", Activity: s.truth(cyclist)[2].ID})
	grant := s.grant(cyclist)
	_, err := s.service.Connect(s.ctx(), s.account, grant, []string{"read", "activity:read_all"})
	must(err)
	must(s.wake()) // refused: everybody waits
	_, err = s.service.AskSync(s.ctx(), s.account)
	must(err)
	s.pass(askEvery + time.Second)
	must(s.wake())                        // nothing is left of the quarter hour for whoever asks
	s.follow(s.now().Add(12 * time.Hour)) // meanwhile the token expires
	must(dispatcher.Tick(s.ctx()))
	must(s.wake())
	must(s.worker.Hint(s.ctx(), activityHint(message.AspectUpdate, 1, 2)))
	secrets := map[string]string{"the first access token": grant.Tokens.Access.Reveal(), "the first refresh token": grant.Tokens.Refresh.Reveal(),
		"the application's secret": "stravasim-secret", "the athlete's address": "athlete@example.com"}
	must(s.session().Use(s.t.Context(), func(ctx context.Context, conn database.Conn) error {
		connection, err := store.ReadConnection(ctx, conn, s.account)
		if err != nil {
			return err
		}
		for what, sealed := range map[string][]byte{"an access token": connection.SealedAccessToken, "a refresh token": connection.SealedRefreshToken} {
			opened, err := s.worker.Sealer.Open(sealed, secret.ForAccount(s.account))
			if err != nil {
				return err
			}
			secrets[what] = string(opened)
		}
		return nil
	}))
	if secrets["a refresh token"] == secrets["the first refresh token"] {
		s.t.Error("the tokens were not rotated")
	}
	s.disconnect()
	s.pass(eraseWithin + time.Hour)
	must(dispatcher.Tick(s.ctx()))
	s.wakeNobody()
	return secrets
}
