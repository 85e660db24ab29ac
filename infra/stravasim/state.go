package stravasim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// edit is what the control API did to one activity. Streams are not part of it: they are made again from Planned, or
// from the history, and cropped.
type edit struct {
	Athlete int64     `json:"athlete"`
	Deleted bool      `json:"deleted,omitempty"`
	Crop    *[2]int   `json:"crop,omitempty"`    // seconds since the start, both included
	Summary *Activity `json:"summary,omitempty"` // after the edit; nil when only deleted
	Planned *session  `json:"planned,omitempty"` // of an added activity
}

// state is what a simulator keeps over a restart.
type state struct {
	Until        time.Time      `json:"until"`
	Grants       []*grant       `json:"grants"`
	Subscription *subscription  `json:"subscription,omitempty"`
	Edits        map[int64]edit `json:"edits"`
}

func readState(file string) (state, error) {
	var kept state
	if file == "" {
		return kept, nil
	}
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return kept, nil
	}
	if err != nil {
		return kept, fmt.Errorf("read state: %w", err)
	}
	if err := json.Unmarshal(b, &kept); err != nil {
		return kept, fmt.Errorf("read state %s: %w", file, err)
	}
	return kept, nil
}

// restore takes over what was kept. Only New calls it.
func (s *Simulator) restore(kept state) {
	for _, g := range kept.Grants {
		if g.Access == nil {
			g.Access = map[string]time.Time{}
		}
		s.auth.grants[g.Athlete] = g
		for token := range g.Access {
			s.auth.access[token] = g.Athlete
		}
	}
	s.subscription = kept.Subscription
	if kept.Edits != nil {
		s.edits = kept.Edits
	}
	for _, a := range s.athletes {
		if !a.generated {
			a.records = s.withEdits(a, a.records)
		}
	}
}

// save keeps the state. A failure is logged: the simulator goes on without memory. The caller holds s.mu.
func (s *Simulator) save() {
	if err := s.writeState(); err != nil {
		s.log.Warn("state not saved", "error", err)
	}
}

// writeState writes the state beside its file and moves it there, so that a crash leaves the old or the new one.
func (s *Simulator) writeState() error {
	if s.cfg.StateFile == "" {
		return nil
	}
	kept := state{Until: s.cfg.Until, Subscription: s.subscription, Edits: s.edits}
	for _, g := range s.auth.grants {
		kept.Grants = append(kept.Grants, g)
	}
	slices.SortFunc(kept.Grants, func(a, b *grant) int { return int(a.Athlete - b.Athlete) })
	b, err := json.Marshal(kept)
	if err != nil {
		return fmt.Errorf("encode state: %w", err)
	}
	fresh := filepath.Join(filepath.Dir(s.cfg.StateFile), "."+filepath.Base(s.cfg.StateFile)+".new")
	if err := os.WriteFile(fresh, b, 0o600); err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	if err := os.Rename(fresh, s.cfg.StateFile); err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	return nil
}

// withEdits applies the kept edits to an athlete's activities and adds those that were added. The caller holds s.mu,
// or is New.
func (s *Simulator) withEdits(a *athlete, records []*record) []*record {
	if len(s.edits) == 0 {
		return records
	}
	var out []*record
	seen := map[int64]bool{}
	for _, r := range records {
		seen[r.ID] = true
		e, ok := s.edits[r.ID]
		switch {
		case !ok:
			out = append(out, r)
		case !e.Deleted:
			out = append(out, e.apply(r))
		}
	}
	for id, e := range s.edits {
		if e.Athlete == a.ID && e.Planned != nil && !e.Deleted && !seen[id] {
			out = append(out, e.apply(a.build(*e.Planned, &Samples{})))
		}
	}
	sorted := athlete{}
	sorted.insert(out...)
	return sorted.records
}

// apply returns the record as the edit left it.
func (e edit) apply(r *record) *record {
	a := r.Activity
	if e.Summary != nil {
		a = *e.Summary
	}
	edited := newRecord(a, r.whole)
	if e.Crop != nil && r.whole != nil {
		from, to := e.Crop[0], e.Crop[1]
		edited.streams = func() *Samples { return r.whole().crop(from, to) }
	}
	return edited
}
