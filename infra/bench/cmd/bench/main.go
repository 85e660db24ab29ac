// Command bench prints how the system fares from outside: the ways to the database under load and the design that they
// replace, the wait for a pooled connection, starts, round trips. It works on the repository that it is started in. It ends
// with 1 where a request was answered wrongly or rows do not add up; a goal that is not met is only said.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/train-d/train-d/infra/bench"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) (err error) {
	var cfg bench.Config
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	rounds := flags.Int("rounds", 3, "rounds under load, in each of which every variant has its turns")
	flags.DurationVar(&cfg.Turn, "turn", time.Second, "how long a turn takes")
	flags.DurationVar(&cfg.WarmUp, "warm-up", 300*time.Millisecond, "load before each turn that is not measured")
	flags.IntVar(&cfg.Clients, "clients", 50, "clients that ask at once")
	pairs := flags.Int("pairs", 40, "pairs of slices in the duel of Pooled and the bare pool")
	guesses := flags.Int("guesses", 200, "requests of each kind whose times must not tell whether an address has an account")
	starts := flags.Int("starts", 20, "starts of every program")
	only := flags.String("only", "trips,accounts,start,webhook,duel,load,acquire", "the tables to print")
	if err := flags.Parse(args); err != nil {
		return err
	}
	b, err := bench.Open(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	load := fmt.Sprintf("%d clients over HTTP, TLS to PostgreSQL, %d CPUs, turns of %v", cfg.Clients, runtime.NumCPU(), cfg.Turn)
	tables := map[string]func() error{
		"trips": func() error {
			fmt.Printf("Round trips between Onboarding and PostgreSQL, warm\n\n")
			trips, err := b.Trips(ctx)
			return errors.Join(err, bench.PrintTrips(os.Stdout, trips))
		},
		"accounts": func() error {
			fmt.Printf("Accounts, with passwords hashed; %d clients over HTTP, %d CPUs, medians of %d rounds\n\n", cfg.Clients, runtime.NumCPU(), *rounds)
			accounts, err := b.Accounts(ctx, *rounds, *guesses)
			return errors.Join(err, bench.PrintAccounts(os.Stdout, accounts))
		},
		"start": func() error {
			fmt.Printf("Starts, against an empty program with the same imports; medians of %d\n\n", *starts)
			all, err := b.Starts(ctx, *starts)
			return errors.Join(err, bench.PrintStarts(os.Stdout, all))
		},
		"webhook": func() error {
			fmt.Printf("Strava's events at function Webhook, from the start of its program on\n\n")
			webhook, err := b.Webhook(ctx, *starts)
			return errors.Join(err, bench.PrintWebhook(os.Stdout, webhook))
		},
		"duel": func() error {
			fmt.Printf("Two rows in one statement, committed; %d clients over HTTP, TLS to PostgreSQL, median of %d pairs of slices side by side\n\n", cfg.Clients, *pairs)
			duel, err := b.Compete(ctx, *pairs)
			return errors.Join(err, bench.PrintDuel(os.Stdout, duel))
		},
		"load": func() error {
			fmt.Printf("Two rows in one statement, committed; %s, medians of %d rounds\n\n", load, *rounds)
			results, err := b.Run(ctx, *rounds, bench.Load(), progress())
			return errors.Join(err, bench.Print(os.Stdout, results), bench.Errors(results))
		},
		"acquire": func() error {
			fmt.Printf("The same by DATABASE_ACQUIRE_TIMEOUT; %s, medians of %d rounds\n\n", load, *rounds)
			results, err := b.Run(ctx, *rounds, bench.Acquire(), progress())
			return errors.Join(err, bench.PrintAcquire(os.Stdout, results), bench.Errors(results))
		},
	}
	wanted := strings.Split(*only, ",")
	for _, name := range wanted {
		if tables[name] == nil {
			return fmt.Errorf("no table %q", name)
		}
	}
	var wrong []error
	for _, name := range slices.Compact(wanted) {
		wrong = append(wrong, tables[name]())
		fmt.Println()
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(wrong...)
}

// progress is where a person at a terminal sees how far it is.
func progress() io.Writer {
	if info, err := os.Stderr.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
		return os.Stderr
	}
	return io.Discard
}
