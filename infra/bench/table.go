package bench

import (
	"fmt"
	"io"
	"math"
	"text/tabwriter"
)

// duelGoal is the least part of the bare pool's requests per second that Pooled may make.
const duelGoal = 0.97

// PrintDuel writes how Pooled fares against the bare pool, and within which bounds the ratio is known: on a busy machine
// they may be too wide to tell.
func PrintDuel(w io.Writer, d Duel) error {
	got, low, high := middle(d.ratios), 0.0, 0.0
	if n := len(d.ratios); n > 0 { // sorted by now
		off := int(math.Ceil(math.Sqrt(float64(n)))) // twice the binomial's deviation around the median: 95 of 100 times
		low, high = d.ratios[max(n/2-off, 0)], d.ratios[min(n/2+off, n-1)]
	}
	said := verdict(got >= duelGoal)
	if low < duelGoal && duelGoal <= high {
		said += ", but the bounds hold the goal: not certain"
	}
	pooled, bare := d.cpu[0].Seconds()*1e6, d.cpu[1].Seconds()*1e6
	_, err := fmt.Fprintf(w, "%s against %s: requests/s %.3f (goal ≥ %v; 95 %% bounds %.3f to %.3f) %s; CPU per request %.0f µs against %.0f µs\n",
		d.of.Name, d.against.Name, got, duelGoal, low, high, said, pooled, bare)
	return err
}

// Print writes the load table and how the goals fare. Memory and CPU are the serving process's, CPU per request.
func Print(w io.Writer, results []Result) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "requests/s\tp50 ms\tp99 ms\t503/s\tmost connections\tmemory MB\tCPU µs\t  variant")
	for _, r := range results {
		fmt.Fprintf(table, "%.0f\t%.1f\t%.1f\t%.0f\t%d\t%s\t%.0f\t  %s\n", median(r, throughput), median(r, p50), median(r, p99),
			median(r, refusals), most(r, connections), megabytes(median(r, memory)), median(r, cpu), r.Variant.Name+mark(r))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w)
	return printGoals(w, results)
}

// PrintAcquire writes the table of acquire timeouts.
func PrintAcquire(w io.Writer, results []Result) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "requests/s\tp50 ms\tp99 ms\t503/s\tmost connections\tfallbacks/1000\t  variant")
	for _, r := range results {
		fmt.Fprintf(table, "%.0f\t%.1f\t%.1f\t%.0f\t%d\t%.1f\t  %s\n", median(r, throughput), median(r, p50), median(r, p99),
			median(r, refusals), most(r, connections), 1000*median(r, fallbackShare), r.Variant.Name+mark(r))
	}
	return table.Flush()
}

// fallbackShare is the part of the operations that a direct connection served.
func fallbackShare(t turn) float64 {
	var fallbacks int64
	for _, n := range t.counted.Fallbacks {
		fallbacks += n
	}
	served := t.counted.Hits + t.counted.Misses + fallbacks
	return float64(fallbacks) / float64(max(served, 1))
}

func mark(r Result) string {
	if len(r.Errors) > 0 {
		return "  ← ERRORS, see below"
	}
	return ""
}

func megabytes(bytes int64) string {
	if bytes == 0 {
		return "–"
	}
	return fmt.Sprintf("%.0f", float64(bytes)/(1<<20))
}

// printGoals compares with the goals, as far as both sides of each were measured.
func printGoals(w io.Writer, results []Result) error {
	named := map[string]Result{}
	for _, r := range results {
		named[r.Variant.Name] = r
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	goal := func(what string, of, against string, figure func(turn) float64, bound float64, atLeast bool) {
		a, hasA := named[of]
		b, hasB := named[against]
		if !hasA || !hasB {
			fmt.Fprintf(table, "%s\t–\tnot measured\n", what)
			return
		}
		got := ratio(a, b, figure)
		met := got <= bound
		if atLeast {
			met = got >= bound
		}
		fmt.Fprintf(table, "%s\t%.3f\t%s\n", what, got, verdict(met))
	}
	goal("Pooled against the seed, requests/s ≥ 25", namePooled, nameSeed, throughput, 25, true)
	goal("Pooled against the seed, p99 ≤ 1/15 (0.067)", namePooled, nameSeed, p99, 1.0/15, false)
	goal("route down, breaker open against a connection per request, requests/s ≥ 0.9", nameFallback, namePerConn, throughput, 0.9, true)
	for _, r := range results {
		if n := most(r, connections); r.Variant.Bound > 0 {
			fmt.Fprintf(table, "%s: server connections ≤ %d\t%d\t%s\n", r.Variant.Name, r.Variant.Bound, n, verdict(n <= r.Variant.Bound))
		}
	}
	return table.Flush()
}

func verdict(met bool) string {
	if met {
		return "met"
	}
	return "NOT MET"
}
