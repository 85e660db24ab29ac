package e2e

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"text/tabwriter"
	"time"

	"github.com/train-d/train-d/shared/training"
)

// Progress is what GET /v1/sync answers, as far as it is used here.
type Progress struct {
	Phase      string     `json:"phase"`
	Activities int        `json:"activities"`
	Refined    int        `json:"refined"`
	Pending    int        `json:"pending"`
	Parked     int        `json:"parked"`
	ETA        *time.Time `json:"eta"`
	LastError  string     `json:"last_error"`
}

// TrainingLoad is what GET /v1/training-load answers, as far as it is used here.
type TrainingLoad struct {
	Series struct {
		First training.Date `json:"first"`
		TRIMP Column        `json:"trimp"`
		KM    Column        `json:"external_km"`
		ACWR  Column        `json:"acwr"`
		CTL   Column        `json:"ctl"`
		ATL   Column        `json:"atl"`
		TSB   Column        `json:"tsb"`
	} `json:"series"`
}

// Column is one figure of the daily series; null where it is absent.
type Column struct {
	Values []*float64 `json:"values"`
}

// Demo takes a fresh athlete the whole way in the terminal: register, profile, Strava, import, a table of the last weeks.
func Demo(ctx context.Context, origin string, out io.Writer) error {
	browser, err := NewAthlete(origin)
	if err != nil {
		return err
	}
	email := "athlete-" + rand.Text()[:10] + "@example.com"
	if err := browser.Register(ctx, email, rand.Text()); err != nil {
		return err
	}
	fmt.Fprintf(out, "Registered %s at %s\n", email, origin)
	if err := browser.Call(ctx, http.MethodPatch, "/v1/settings", map[string]any{
		"sex": "female", "birth_date": "1990-05-17", "time_zone": "Europe/Berlin",
		"thresholds": map[string]any{"resting_hr": 52, "max_hr": 188},
	}, nil); err != nil {
		return err
	}
	fmt.Fprintln(out, "Told sex, birth date, resting and maximum heart rate")
	began := time.Now()
	if err := connectAny(ctx, browser); err != nil {
		return err
	}
	fmt.Fprintln(out, "Connected Strava; importing:")
	if err := watchImport(ctx, browser, out, began); err != nil {
		return err
	}
	return weeks(ctx, browser, out)
}

// connectAny connects the first of the simulator's athletes that no account has yet.
func connectAny(ctx context.Context, browser *Athlete) error {
	athletes, err := browser.Athletes(ctx)
	if err != nil {
		return err
	}
	for _, id := range athletes {
		outcome, err := browser.Connect(ctx, Consent{Athlete: id})
		if err != nil {
			return err
		}
		if outcome == "connected" {
			return nil
		}
		if outcome != "taken" {
			return fmt.Errorf("connecting Strava ended in %q", outcome)
		}
	}
	return errors.New("every athlete of the simulator belongs to an account: `make clean` makes them free again")
}

// watchImport prints how far the import is until it is done.
func watchImport(ctx context.Context, browser *Athlete, out io.Writer, began time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	var last Progress
	listed := false
	for {
		var progress Progress
		if err := browser.Call(ctx, http.MethodGet, "/v1/sync", nil, &progress); err != nil {
			return err
		}
		seconds := time.Since(began).Seconds()
		if !listed && progress.Phase != "listing" {
			listed = true
			fmt.Fprintf(out, "  %6.1f s  the whole history has a provisional load: %d activities\n", seconds, progress.Activities)
		}
		if progress.Refined >= last.Refined+100 || progress.Activities > last.Activities && !listed || progress.LastError != last.LastError {
			fmt.Fprintf(out, "  %6.1f s  %s: %d activities, %d refined %s\n", seconds, progress.Phase, progress.Activities, progress.Refined, progress.LastError)
			last = progress
		}
		switch progress.Phase {
		case "done":
			fmt.Fprintf(out, "  %6.1f s  done: %d activities, %d refined, %d without samples to be had\n",
				seconds, progress.Activities, progress.Refined, progress.Parked)
			return nil
		case "reconnect", "idle":
			return fmt.Errorf("the import ended in phase %s: %s", progress.Phase, progress.LastError)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the import is not done after %.0f s: %w", seconds, ctx.Err())
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// weeks prints the last eight weeks: their sums, and ratio, fitness, fatigue and form on their last day.
func weeks(ctx context.Context, browser *Athlete, out io.Writer) error {
	var load TrainingLoad
	if err := browser.Call(ctx, http.MethodGet, "/v1/training-load", nil, &load); err != nil {
		return err
	}
	days := len(load.Series.TRIMP.Values)
	if days == 0 {
		return errors.New("the series has no day: nothing was imported")
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "week to\tTRIMP\tkm-equivalents\tACWR\tfitness\tfatigue\tform\t")
	for end := max(0, days-1-7*7); end < days; end += 7 {
		var trimp, km float64
		for day := max(0, end-6); day <= end; day++ {
			trimp += number(load.Series.TRIMP, day)
			km += number(load.Series.KM, day)
		}
		fmt.Fprintf(table, "%s\t%.0f\t%.1f\t%s\t%s\t%s\t%s\t\n", load.Series.First.AddDays(end), trimp, km,
			text(load.Series.ACWR, end, 2), text(load.Series.CTL, end, 1), text(load.Series.ATL, end, 1), text(load.Series.TSB, end, 1))
	}
	return table.Flush()
}

func number(column Column, day int) float64 {
	if column.Values[day] == nil {
		return 0
	}
	return *column.Values[day]
}

func text(column Column, day, decimals int) string {
	if column.Values[day] == nil {
		return "–"
	}
	return fmt.Sprintf("%.*f", decimals, *column.Values[day])
}
