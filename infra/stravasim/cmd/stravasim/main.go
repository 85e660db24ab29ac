// Command stravasim serves the Strava simulator on the loopback address. Flags overrule the environment variable that
// each names.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
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
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "stravasim:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	flags := flag.NewFlagSet("stravasim", flag.ContinueOnError)
	port := flags.String("port", env("PORT", "8090"), "port on 127.0.0.1, 0 for any (PORT)")
	seed := flags.String("seed", env("STRAVASIM_SEED", "1"), "seed of the athletes (STRAVASIM_SEED)")
	data := flags.String("data", env("STRAVASIM_DATA", ""), "folder with further athletes (STRAVASIM_DATA)")
	stateFile := flags.String("state", env("STRAVASIM_STATE", ""), "file that keeps grants and edits (STRAVASIM_STATE)")
	id := flags.String("client-id", env("STRAVASIM_CLIENT_ID", ""), "the application's id (STRAVASIM_CLIENT_ID)")
	athletes := flags.String("athletes", env("STRAVASIM_ATHLETES", "5"), "generated athletes (STRAVASIM_ATHLETES)")
	activities := flags.String("activities", env("STRAVASIM_ACTIVITIES", "0"),
		"activities per athlete, 0 for each one's own (STRAVASIM_ACTIVITIES)")
	limits := flags.String("limits", env("STRAVASIM_LIMITS", "generous"), "generous or real (STRAVASIM_LIMITS)")
	grow := flags.Bool("grow", env("STRAVASIM_GROW", "") == "true", "new activities as time passes (STRAVASIM_GROW)")
	level := flags.String("log-level", env("LOG_LEVEL", "INFO"), "DEBUG shows each request (LOG_LEVEL)")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return err
	}
	var logLevel slog.Level
	logger := slog.New(slog.NewJSONHandler(os.Stdout, &slog.HandlerOptions{Level: &levelRef{&logLevel}}))
	cfg := stravasim.Config{
		DataDir: *data, StateFile: *stateFile, ClientID: *id, ClientSecret: os.Getenv("STRAVASIM_CLIENT_SECRET"),
		Grow: *grow, Logger: logger,
	}
	var problems []error
	problems = append(problems, logLevel.UnmarshalText([]byte(*level)))
	var err error
	cfg.Seed, err = strconv.ParseUint(*seed, 10, 64)
	problems = append(problems, named("seed", err))
	cfg.Athletes, err = strconv.Atoi(*athletes)
	problems = append(problems, named("athletes", err))
	cfg.Activities, err = strconv.Atoi(*activities)
	problems = append(problems, named("activities", err))
	switch *limits {
	case "generous":
	case "real":
		cfg.Limits = stravasim.RealLimits
	default:
		problems = append(problems, fmt.Errorf("limits: %q is neither generous nor real", *limits))
	}
	if err := errors.Join(problems...); err != nil {
		return err
	}
	return serve(cfg, *port, logger)
}

// levelRef lets the level be set after the handler was made.
type levelRef struct{ level *slog.Level }

func (l *levelRef) Level() slog.Level { return *l.level }

func named(flag string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", flag, err)
	}
	return nil
}

func env(name, def string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return def
}

// serve runs until SIGINT or SIGTERM.
func serve(cfg stravasim.Config, port string, logger *slog.Logger) error {
	sim, err := stravasim.New(cfg)
	if err != nil {
		return err
	}
	defer sim.Close()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
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
		_ = server.Shutdown(end)
	}()
	logger.Info("stravasim ready", "url", "http://"+listener.Addr().String())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}
