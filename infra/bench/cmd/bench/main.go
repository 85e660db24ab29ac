// Command bench prints how the ways to the database fare under load, against the design that they replace, and what the
// wait for a pooled connection should be. It ends with 1 where a request was answered wrongly or rows do not add up; a
// goal that is not met is only said.
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

// part is one table.
type part struct {
	name, title string
	variants    []bench.Variant
	print       func(io.Writer, []bench.Result) error
}

func run(ctx context.Context, args []string) (err error) {
	var cfg bench.Config
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.IntVar(&cfg.Rounds, "rounds", 5, "turns of every variant")
	flags.DurationVar(&cfg.Turn, "turn", time.Second, "how long a turn takes")
	flags.DurationVar(&cfg.WarmUp, "warm-up", 300*time.Millisecond, "load before each turn that is not measured")
	flags.IntVar(&cfg.Clients, "clients", 50, "clients that ask at once")
	only := flags.String("only", "", "load or acquire; both by default")
	if err := flags.Parse(args); err != nil {
		return err
	}
	b, err := bench.Open(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	var wrong []error
	for _, part := range []part{
		{"load", "Two rows in one statement, committed", bench.Load(), bench.Print},
		{"acquire", "The wait for a pooled connection before a direct one is used (DATABASE_ACQUIRE_TIMEOUT)", bench.Acquire(), bench.PrintAcquire},
	} {
		if *only != "" && *only != part.name {
			continue
		}
		results, err := b.Run(ctx, part.variants, progress())
		if err != nil {
			return err
		}
		fmt.Printf("%s. %d clients over HTTP, TLS to PostgreSQL, %d CPUs; medians of %d rounds of %v.\n\n",
			part.title, cfg.Clients, runtime.NumCPU(), cfg.Rounds, cfg.Turn)
		if err := part.print(os.Stdout, results); err != nil {
			return err
		}
		fmt.Println()
		for _, r := range results {
			wrong = append(wrong, r.Errors...)
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
