package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// Result is what one variant did, over all rounds.
type Result struct {
	Variant Variant
	rounds  [][]turn // by round
	Errors  []error
}

// Run gives every variant its turns in each of the rounds, in an order drawn anew, and tells progress how far it is.
func (b *Bench) Run(ctx context.Context, rounds int, variants []Variant, progress io.Writer) ([]Result, error) {
	results := make([]Result, len(variants))
	var order []int
	for i, v := range variants {
		results[i] = Result{Variant: v, rounds: make([][]turn, rounds)}
		for range max(v.Turns, 1) {
			order = append(order, i)
		}
	}
	for round := range rounds {
		rand.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for done, i := range order {
			fmt.Fprintf(progress, "\r\033[Kround %d of %d, turn %d of %d", round+1, rounds, done+1, len(order))
			r := &results[i]
			t, err := b.measure(ctx, r.Variant)
			if ctx.Err() != nil {
				return results, ctx.Err()
			}
			if err != nil {
				r.Errors = append(r.Errors, fmt.Errorf("%s: %s", r.Variant.Name, strings.ReplaceAll(err.Error(), "\n", "; ")))
			}
			r.rounds[round] = append(r.rounds[round], t)
		}
	}
	fmt.Fprint(progress, "\r\033[K")
	return results, nil
}

// Errors joins what went wrong, whichever variant did.
func Errors(results []Result) error {
	var all []error
	for _, r := range results {
		all = append(all, r.Errors...)
	}
	return errors.Join(all...)
}

// median of a figure over all turns.
func median[T cmp.Ordered](r Result, figure func(turn) T) T {
	var all []T
	for _, round := range r.rounds {
		for _, t := range round {
			all = append(all, figure(t))
		}
	}
	return middle(all)
}

func middle[T cmp.Ordered](all []T) (m T) {
	if len(all) == 0 {
		return m
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// ratio is the median over the rounds of one variant's figure against another's of the same round.
func ratio(of, against Result, figure func(turn) float64) float64 {
	var ratios []float64
	for i := range of.rounds {
		var a, b []float64
		for _, t := range of.rounds[i] {
			a = append(a, figure(t))
		}
		for _, t := range against.rounds[i] {
			b = append(b, figure(t))
		}
		if below := middle(b); below > 0 {
			ratios = append(ratios, middle(a)/below)
		}
	}
	return middle(ratios)
}

// most of a figure over all turns.
func most(r Result, figure func(turn) int) (highest int) {
	for _, round := range r.rounds {
		for _, t := range round {
			highest = max(highest, figure(t))
		}
	}
	return highest
}

func throughput(t turn) float64 { return t.perSecond() }
func refusals(t turn) float64   { return float64(t.refused) / t.elapsed.Seconds() }
func p50(t turn) float64        { return milliseconds(at(t.took, 0.50)) }
func p99(t turn) float64        { return milliseconds(at(t.took, 0.99)) }
func connections(t turn) int    { return t.connections }
func memory(t turn) int64       { return t.memory }
func cpu(t turn) float64        { return float64(t.cpu.Microseconds()) }

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
