// Command local runs Train-D on this machine (run), drives an athlete through it (demo), or forgets its state (clean).
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/train-d/train-d/infra/e2e"
	"github.com/train-d/train-d/infra/local"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	err := command(ctx, stop, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func command(ctx context.Context, stop func(), arguments []string) error {
	if len(arguments) != 1 {
		return errors.New("usage: local run|demo|clean")
	}
	root, err := os.Getwd()
	if err != nil {
		return err
	}
	settings, err := local.LoadSettings(root)
	if err != nil {
		return err
	}
	switch arguments[0] {
	case "run":
		return run(ctx, stop, settings)
	case "demo":
		return demo(ctx, settings)
	case "clean":
		return local.Clean(settings)
	default:
		return fmt.Errorf("unknown command %q: it is run, demo or clean", arguments[0])
	}
}

// run keeps the system up until a signal; a second one ends it at once.
func run(ctx context.Context, stop func(), settings local.Settings) error {
	began := time.Now()
	fmt.Println("Starting Train-D (the first start builds everything and takes a few minutes) …")
	system, err := local.Start(ctx, settings, os.Stdout)
	if err != nil {
		return err
	}
	fmt.Printf("Train-D is ready at %s\n(after %.1f s; Ctrl-C stops it; %s describes it)\n",
		system.Info().URL, time.Since(began).Seconds(), settings.Dir+"/system.json")
	select {
	case <-ctx.Done():
	case err = <-system.Failed():
	}
	fmt.Println("Stopping …")
	stop() // and listen anew: a second Ctrl-C ends what the first one waits for
	again, end := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer end()
	defer context.AfterFunc(again, system.Kill)()
	return errors.Join(err, system.Stop())
}

// demo drives a fresh athlete through the running system, or through one that it starts and stops.
func demo(ctx context.Context, settings local.Settings) error {
	info, err := local.Running(settings)
	if err != nil {
		fmt.Println("Nothing is running here: starting Train-D for the demo …")
		system, err := local.Start(ctx, settings, io.Discard)
		if err != nil {
			return err
		}
		return errors.Join(e2e.Demo(ctx, system.Info().URL, os.Stdout), system.Stop())
	}
	return e2e.Demo(ctx, info.URL, os.Stdout)
}
