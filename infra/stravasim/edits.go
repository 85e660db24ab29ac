package stravasim

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// newSession is the body of POST /_sim/athletes/{id}/activities. Everything has a default: a run of 45 minutes on
// easy ground that ended just now.
type newSession struct {
	SportType string         `json:"sport_type"`
	StartDate time.Time      `json:"start_date"`
	Minutes   float64        `json:"minutes"`
	Hills     float64        `json:"hills"`    // height scale of the terrain in metres
	Shape     string         `json:"shape"`    // steady, long, tempo, intervals, race
	Timezone  string         `json:"timezone"` // IANA name, default the athlete's home
	Manual    bool           `json:"manual"`
	Indoor    bool           `json:"indoor"`
	Private   bool           `json:"private"`
	NoStrap   bool           `json:"no_heartrate"`
	Summary   map[string]any `json:"summary"` // fields of the summary that overrule what was generated
}

// addActivity answers POST /_sim/athletes/{id}/activities with the new activity.
func (s *Simulator) addActivity(r *http.Request) answer {
	body := newSession{SportType: "Run", Minutes: 45, Hills: 15}
	if refusal, ok := decode(r, &body); !ok {
		return refusal
	}
	shapes := []string{"steady", "long", "tempo", "intervals", "race"}
	form := max(slices.Index(shapes, body.Shape), 0)
	if body.Minutes <= 0 || body.Minutes > 3000 || (body.Shape != "" && shapes[form] != body.Shape) {
		return problem(http.StatusUnprocessableEntity, "minutes must be 1 to 3000, shape one of steady, long, tempo, intervals, race")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.athleteByID(pathNumber(r))
	if a == nil {
		return problem(http.StatusNotFound, "no such athlete")
	}
	if body.Timezone == "" {
		body.Timezone = a.profile.zone
	}
	if _, err := time.LoadLocation(body.Timezone); err != nil {
		return problem(http.StatusUnprocessableEntity, "timezone: "+err.Error())
	}
	if body.StartDate.IsZero() {
		body.StartDate = s.cfg.Now().Add(-time.Duration(body.Minutes * float64(time.Minute)))
	}
	records := s.history(a)
	planned := session{
		Sport: body.SportType, Minutes: body.Minutes, Shape: shape(form), Hills: body.Hills, Zone: body.Timezone,
		Start: body.StartDate.UTC().Truncate(time.Second), Manual: body.Manual, Indoor: body.Indoor,
		Private: body.Private, NoStrap: body.NoStrap, Seed: s.cfg.Seed + uint64(body.StartDate.Unix()),
	}
	made := a.build(planned, &Samples{})
	for slices.ContainsFunc(records, func(r *record) bool { return r.ID == made.ID }) || s.edits[made.ID].Athlete != 0 {
		planned.Start = planned.Start.Add(time.Second) // the id is a function of the start
		made = a.build(planned, &Samples{})
	}
	summary, err := merge(made.Activity, body.Summary)
	if err != nil {
		return problem(http.StatusUnprocessableEntity, "summary: "+err.Error())
	}
	e := edit{Athlete: a.ID, Planned: &planned, Summary: &summary}
	made = e.apply(made)
	s.edits[made.ID] = e
	a.insert(made)
	s.save()
	s.log.Info("activity added", "athlete", a.ID, "id", made.ID)
	s.announce(a, "activity", made.ID, "create", nil)
	return answer{status: http.StatusCreated, body: made.body}
}

// merge overrules fields of a summary; id and owner stay.
func merge(a Activity, fields map[string]any) (Activity, error) {
	b, err := json.Marshal(fields)
	if err != nil {
		return a, err
	}
	id, owner := a.ID, a.Athlete
	if err := json.Unmarshal(b, &a); err != nil {
		return a, err
	}
	a.ID, a.Athlete = id, owner
	return a, nil
}

// change finds the activity of the path and replaces it by what alter makes of its edit. alter returns what the
// webhook event names as changed.
func (s *Simulator) change(r *http.Request, alter func(*record, *edit) (map[string]string, error)) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := pathNumber(r)
	for _, a := range s.athletes {
		records := s.history(a)
		i := slices.IndexFunc(records, func(r *record) bool { return r.ID == id })
		if i < 0 {
			continue
		}
		summary := records[i].Activity
		e := edit{Athlete: a.ID, Planned: s.edits[id].Planned, Crop: s.edits[id].Crop, Summary: &summary}
		updates, err := alter(records[i], &e)
		if err != nil {
			return problem(http.StatusUnprocessableEntity, err.Error())
		}
		s.edits[id] = e
		a.remove(id)
		aspect := "delete"
		if !e.Deleted {
			aspect = "update"
			a.insert(e.apply(records[i]))
		}
		s.save()
		s.log.Info("activity changed", "athlete", a.ID, "id", id, "aspect", aspect)
		s.announce(a, "activity", id, aspect, updates)
		return answer{status: http.StatusNoContent}
	}
	return problem(http.StatusNotFound, "no such activity")
}

// editActivity answers PATCH /_sim/activities/{id}: the fields of the body replace those of the summary. The event
// names title, type and private, the three that Strava tells about.
func (s *Simulator) editActivity(r *http.Request) answer {
	var fields map[string]any
	if refusal, ok := decode(r, &fields); !ok {
		return refusal
	}
	return s.change(r, func(before *record, e *edit) (map[string]string, error) {
		after, err := merge(before.Activity, fields)
		if err != nil {
			return nil, fmt.Errorf("summary: %w", err)
		}
		if _, ok := fields["sport_type"]; ok && fields["type"] == nil {
			after.Type = legacyType(after.SportType)
		}
		e.Summary = &after
		updates := map[string]string{}
		if after.Name != before.Name {
			updates["title"] = after.Name
		}
		if after.SportType != before.SportType {
			updates["type"] = after.SportType
		}
		if after.Private != before.Private {
			updates["private"] = strconv.FormatBool(after.Private)
		}
		return updates, nil
	})
}

func (s *Simulator) deleteActivity(r *http.Request) answer {
	return s.change(r, func(_ *record, e *edit) (map[string]string, error) {
		e.Deleted, e.Summary = true, nil
		return nil, nil
	})
}

// cropActivity answers POST /_sim/activities/{id}/crop: seconds since the start of the uncropped activity. Summary and
// start move with it. Strava's event for a crop names nothing.
func (s *Simulator) cropActivity(r *http.Request) answer {
	var span struct {
		From int `json:"from"`
		To   int `json:"to"`
	}
	if refusal, ok := decode(r, &span); !ok {
		return refusal
	}
	return s.change(r, func(before *record, e *edit) (map[string]string, error) {
		if before.whole == nil {
			return nil, errors.New("a manual activity has nothing to crop")
		}
		whole := before.whole()
		cut := whole.crop(span.From, span.To)
		if len(cut.Time) < 2 {
			return nil, fmt.Errorf("nothing is left between %d and %d s", span.From, span.To)
		}
		old := 0
		if e.Crop != nil {
			old = firstTime(whole, e.Crop[0])
		}
		shift := time.Duration(firstTime(whole, span.From)-old) * time.Second
		a := before.Activity
		a.StartDate = a.start().Add(shift).UTC().Format(time.RFC3339)
		if local, err := time.Parse(time.RFC3339, a.StartDateLocal); err == nil {
			a.StartDateLocal = local.Add(shift).Format(time.RFC3339)
		}
		derive(&a, cut)
		e.Crop, e.Summary = &[2]int{span.From, span.To}, &a
		return nil, nil
	})
}

// firstTime is the time of the first sample that a crop from a second leaves.
func firstTime(s *Samples, from int) int {
	for _, t := range s.Time {
		if t >= from {
			return t
		}
	}
	return 0
}

// hideActivity answers POST /_sim/activities/{id}/hide: {"hidden": false} shows it again.
func (s *Simulator) hideActivity(r *http.Request) answer {
	body := struct {
		Hidden bool `json:"hidden"`
	}{Hidden: true}
	if refusal, ok := decode(r, &body); !ok {
		return refusal
	}
	return s.change(r, func(_ *record, e *edit) (map[string]string, error) {
		e.Summary.Private, e.Summary.Visibility = body.Hidden, "everyone"
		if body.Hidden {
			e.Summary.Visibility = "only_me"
		}
		return map[string]string{"private": strconv.FormatBool(body.Hidden)}, nil
	})
}

// showActivities lists all of an athlete's activities, hidden ones too, oldest first: the truth to compare with.
func (s *Simulator) showActivities(r *http.Request) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.athleteByID(pathNumber(r))
	if a == nil {
		return problem(http.StatusNotFound, "no such athlete")
	}
	return answer{status: http.StatusOK, body: joinBodies(s.history(a))}
}
