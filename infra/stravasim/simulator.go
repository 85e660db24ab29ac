// Package stravasim speaks Strava's API at the wire: OAuth with a consent page, the athlete's activities with streams,
// rate limits, push subscriptions, and faults to order. Tests, the local system and the benchmarks talk to it as they
// would to Strava. Its athletes are generated from a seed or loaded from a folder. See README.md for the control API.
package stravasim

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Config describes a Simulator. The zero value gives the five characters with histories of their own size.
type Config struct {
	// Seed makes the athletes. The same seed and the same Now give the same activities and streams.
	Seed uint64
	// DataDir is a folder to load further athletes from, "" for none. See loadFolder for what it may hold.
	DataDir string
	// ClientID and ClientSecret are the one registered application's; default "50001" and "stravasim-secret". The id is
	// a number, as Strava's.
	ClientID, ClientSecret string
	// Athletes is the number of generated athletes, default 5. Beyond 5 the characters repeat as other people.
	Athletes int
	// Activities is the size of each generated athlete's history. 0 takes each character's own: 1,000 for the trail
	// runner.
	Activities int
	// Limits are the rate limits; the zero value is GenerousLimits.
	Limits Limits
	// AthleteLimit is how many athletes may be connected, 0 for no limit.
	AthleteLimit int
	// Grow lets new activities appear as time passes; without it a history ends at Until.
	Grow bool
	// Until is the end of the generated histories, default the time of New (or of the first start, with StateFile).
	Until time.Time
	// StateFile keeps grants, subscription and edits over a restart, "" for none.
	StateFile string
	// Now is the clock, default time.Now.
	Now func() time.Time
	// Logger gets one line per grant, event and ordered change, and at debug level per request; default none.
	Logger *slog.Logger
}

func (c Config) withDefaults() Config {
	c.ClientID = cmp.Or(c.ClientID, "50001")
	c.ClientSecret = cmp.Or(c.ClientSecret, "stravasim-secret")
	c.Athletes = cmp.Or(c.Athletes, len(profiles))
	if c.Limits == (Limits{}) {
		c.Limits = GenerousLimits
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	return c
}

// Simulator is one Strava. Its methods may be called from several goroutines.
type Simulator struct {
	cfg     Config
	handler http.Handler
	log     *slog.Logger
	events  *eventQueue

	mu            sync.Mutex
	athletes      []*athlete // in the order of the consent page; the slice does not change after New
	athleteLimit  int
	auth          authorizations
	limiter       limiter
	faults        []*Fault
	faultCount    int
	counts        counts
	subscription  *subscription
	subscriptions int // made so far
	edits         map[int64]edit
}

// New builds a simulator. Histories are generated when they are first asked for, so New is fast. Errors are those of
// reading DataDir and of reading and writing StateFile. Close ends the delivery of events.
func New(cfg Config) (*Simulator, error) {
	cfg = cfg.withDefaults()
	s := &Simulator{
		cfg: cfg, log: cfg.Logger, athleteLimit: cfg.AthleteLimit, auth: newAuthorizations(),
		limiter: limiter{limits: cfg.Limits}, counts: newCounts(), edits: map[int64]edit{},
	}
	kept, err := readState(cfg.StateFile)
	if err != nil {
		return nil, err
	}
	if s.cfg.Until.IsZero() {
		s.cfg.Until = kept.Until
	}
	if s.cfg.Until.IsZero() {
		s.cfg.Until = cfg.Now()
	}
	for n := range cfg.Athletes {
		s.athletes = append(s.athletes, s.newGenerated(n))
	}
	if cfg.DataDir != "" {
		loaded, err := loadFolder(cfg.DataDir)
		if err != nil {
			return nil, fmt.Errorf("load %s: %w", cfg.DataDir, err)
		}
		s.athletes = append(s.athletes, loaded...)
	}
	s.restore(kept)
	if err := s.writeState(); err != nil {
		return nil, err
	}
	s.events = newEventQueue(s.log)
	s.handler = s.routes()
	return s, nil
}

// Handler serves the API at the root and below /api/v3, OAuth below /oauth and the control API below /_sim.
func (s *Simulator) Handler() http.Handler { return s.handler }

// Close stops the delivery of webhook events; those that wait are dropped.
func (s *Simulator) Close() { s.events.close() }

// ServeGrowth makes activities appear as their time comes and sends their webhook events, until ctx ends. It is of
// use with Config.Grow.
func (s *Simulator) ServeGrowth(ctx context.Context) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			s.mu.Lock()
			for _, a := range s.athletes {
				if a.generated && s.auth.connected(a.ID) {
					s.history(a)
				}
			}
			s.mu.Unlock()
		}
	}
}

// athleteByID returns an athlete or nil.
func (s *Simulator) athleteByID(id int64) *athlete {
	i := slices.IndexFunc(s.athletes, func(a *athlete) bool { return a.ID == id })
	if i < 0 {
		return nil
	}
	return s.athletes[i]
}

func (s *Simulator) routes() http.Handler {
	mux := http.NewServeMux()
	for _, base := range []string{"", "/api/v3"} {
		api := func(pattern, name string, need scope, serve func(*call) answer) {
			method, path := splitPattern(pattern)
			mux.Handle(method+" "+base+path, s.endpoint(name, need, serve))
		}
		api("GET /athlete", "athlete", scopeRead, s.getAthlete)
		api("GET /athlete/zones", "athlete_zones", scopeProfile, s.getAthleteZones)
		api("GET /athlete/activities", "activities", scopeActivity, s.listActivities)
		api("GET /activities/{id}", "activity", scopeActivity, s.getActivity)
		api("GET /activities/{id}/streams", "streams", scopeActivity, s.getStreams)
		api("GET /activities/{id}/streams/{keys}", "streams", scopeActivity, s.getStreams)
		api("GET /activities/{id}/zones", "activity_zones", scopeActivity, s.getActivityZones)
		api("GET /push_subscriptions", "push_subscriptions", scopeNone, s.listSubscriptions)
		api("POST /push_subscriptions", "push_subscriptions", scopeNone, s.createSubscription)
		api("DELETE /push_subscriptions/{id}", "push_subscriptions", scopeNone, s.deleteSubscription)
	}
	for _, base := range []string{"", "/api/v3"} {
		mux.HandleFunc("GET "+base+"/oauth/authorize", s.consentPage)
		mux.HandleFunc("POST "+base+"/oauth/authorize", s.consent)
		mux.Handle("POST "+base+"/oauth/token", s.endpoint("token", scopeOAuth, s.token))
		mux.Handle("POST "+base+"/oauth/deauthorize", s.endpoint("deauthorize", scopeNone, s.deauthorize))
		mux.Handle("POST "+base+"/oauth/revoke", s.endpoint("revoke", scopeOAuth, s.revoke))
	}
	s.control(mux)
	return mux
}
