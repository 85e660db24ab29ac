package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// Duel is two fast variants that ran beside each other and took turns so short that whatever else the machine did struck
// both: what a whole turn's ratio would drown in shows in its ratios.
type Duel struct {
	of, against Variant
	ratios      []float64        // of requests per second, by pair of slices
	cpu         [2]time.Duration // of each process, per request
}

// slice is one side's short turn.
const slice = 250 * time.Millisecond

// Compete lets Pooled and the bare pool take turns, in an order drawn for each pair. The errors are those of a turn.
func (b *Bench) Compete(ctx context.Context, pairs int) (d Duel, err error) {
	for _, v := range Load() {
		switch v.Name {
		case namePooled:
			d.of = v
		case nameBare:
			d.against = v
		}
	}
	if _, err := b.super.Exec(ctx, emptyTables); err != nil {
		return d, err
	}
	var (
		sides [2]*process
		sums  [2]answers
	)
	for i, v := range []Variant{d.of, d.against} {
		if sides[i], err = b.start(ctx, v); err != nil {
			break
		}
	}
	run := func(i int, duration time.Duration) float64 {
		b.runs++
		got := clients(ctx, b.cfg.Clients, sides[i].address, fmt.Sprintf("slice-%d", b.runs), duration)
		sums[i].add(got)
		return float64(got.created) / got.elapsed.Seconds()
	}
	if err == nil {
		run(0, b.cfg.WarmUp)
		run(1, b.cfg.WarmUp)
		for range pairs {
			first := rand.N(2)
			var got [2]float64
			got[first] = run(first, slice)
			got[1-first] = run(1-first, slice)
			d.ratios = append(d.ratios, got[0]/got[1])
		}
	}
	for i, side := range sides {
		if side != nil {
			err = errors.Join(err, side.stop())
			d.cpu[i] = side.cpu() / time.Duration(max(sums[i].created, 1))
		}
	}
	if err != nil || ctx.Err() != nil {
		return d, errors.Join(err, ctx.Err())
	}
	sums[0].add(sums[1])
	return d, b.check(ctx, d.of, sums[0])
}
