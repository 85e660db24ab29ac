// Command stage makes the functions' archives, checks them, or builds their local programs:
//
//	stage [package|check|build] [function…]
//
// It works on the repository that it is started in, and on all functions unless some are named.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/train-d/train-d/infra/stage"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	command := "package"
	if len(args) > 0 {
		command, args = args[0], args[1:]
	}
	if !slices.Contains([]string{"package", "check", "build"}, command) {
		return fmt.Errorf("unknown command %q: use package, check or build", command)
	}
	repository, err := stage.Open(ctx, ".")
	if err != nil {
		return err
	}
	names := repository.Names()
	if len(args) > 0 {
		names = args
	}
	for _, name := range names {
		began := time.Now()
		staged, err := repository.Stage(ctx, name)
		if err != nil {
			return err
		}
		note := "unchanged"
		if staged.Changed {
			note = "staged"
		}
		switch command {
		case "check":
			err, note = repository.Check(ctx, staged), "checked"
		case "build":
			note, err = stage.Build(ctx, staged)
		}
		if err != nil {
			return err
		}
		info, err := os.Stat(staged.Archive)
		if err != nil {
			return err
		}
		fmt.Printf("%-12s %s  %4d KB  %5.1f s  %s\n", name, staged.Hash[:12], info.Size()/1024, time.Since(began).Seconds(), note)
	}
	return nil
}
