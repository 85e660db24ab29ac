// Command stravasim serves the Strava simulator on the loopback address. Each flag overrules the environment variable
// that its help names.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"github.com/train-d/train-d/infra/stravasim"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "stravasim:", err)
		os.Exit(1)
	}
}

// run serves until ctx ends. All mistakes in the settings come back in one error.
func run(ctx context.Context, args []string, getenv func(string) string, out io.Writer) error {
	env := func(name, def string) string {
		if v := getenv(name); v != "" {
			return v
		}
		return def
	}
	cfg := stravasim.Config{ClientSecret: getenv("STRAVASIM_CLIENT_SECRET")}
	flags := flag.NewFlagSet("stravasim", flag.ContinueOnError)
	port := flags.String("port", env("PORT", "8090"), "port on 127.0.0.1, 0 for any (PORT)")
	seed := flags.String("seed", env("STRAVASIM_SEED", "1"), "seed of the athletes (STRAVASIM_SEED)")
	flags.StringVar(&cfg.DataDir, "data", getenv("STRAVASIM_DATA"), "folder with further athletes (STRAVASIM_DATA)")
	flags.StringVar(&cfg.StateFile, "state", getenv("STRAVASIM_STATE"), "file that keeps grants and edits (STRAVASIM_STATE)")
	flags.StringVar(&cfg.ClientID, "client-id", getenv("STRAVASIM_CLIENT_ID"), "the application's id (STRAVASIM_CLIENT_ID)")
	athletes := flags.String("athletes", env("STRAVASIM_ATHLETES", "5"), "generated athletes (STRAVASIM_ATHLETES)")
	activities := flags.String("activities", env("STRAVASIM_ACTIVITIES", "0"),
		"activities per athlete, 0 for each one's own (STRAVASIM_ACTIVITIES)")
	limits := flags.String("limits", env("STRAVASIM_LIMITS", "generous"), "generous or real (STRAVASIM_LIMITS)")
	grow := flags.String("grow", env("STRAVASIM_GROW", "false"), "new activities as time passes (STRAVASIM_GROW)")
	level := flags.String("log-level", env("LOG_LEVEL", "INFO"), "DEBUG shows each request (LOG_LEVEL)")
	if err := flags.Parse(args); err != nil {
		return err
	}
	var problems []error
	check := func(name string, err error) {
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", name, err))
		}
	}
	var logLevel slog.Level
	var err error
	check("log-level", logLevel.UnmarshalText([]byte(*level)))
	cfg.Seed, err = strconv.ParseUint(*seed, 10, 64)
	check("seed", err)
	cfg.Athletes, err = natural(*athletes)
	check("athletes", err)
	cfg.Activities, err = natural(*activities)
	check("activities", err)
	cfg.Grow, err = strconv.ParseBool(*grow)
	check("grow", err)
	switch *limits {
	case "generous":
	case "real":
		cfg.Limits = stravasim.RealLimits
	default:
		check("limits", fmt.Errorf("%q is neither generous nor real", *limits))
	}
	if len(problems) > 0 {
		return errors.Join(problems...)
	}
	cfg.Logger = slog.New(slog.NewJSONHandler(out, &slog.HandlerOptions{Level: logLevel}))
	return serve(ctx, cfg, *port)
}

func natural(text string) (int, error) {
	n, err := strconv.ParseUint(text, 10, 31)
	return int(n), err
}

// serve listens on the loopback address alone.
func serve(ctx context.Context, cfg stravasim.Config, port string) error {
	sim, err := stravasim.New(cfg)
	if err != nil {
		return err
	}
	defer sim.Close()
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	server := &http.Server{Handler: sim.Handler(), ReadHeaderTimeout: 10 * time.Second}
	if cfg.Grow {
		go sim.ServeGrowth(ctx)
	}
	go func() {
		<-ctx.Done()
		end, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		_ = server.Shutdown(end) // what still runs is cut off with the process
	}()
	cfg.Logger.Info("stravasim ready", "url", "http://"+listener.Addr().String())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}
