// Command server answers a registration-like request in one of several ways, so that they can be compared:
//
//	server none|pgxpool|pgx|pgx-connector|pooled|direct [framework]
//
// It listens on 127.0.0.1 at PORT and reads the settings of function Onboarding. With framework it runs as a deployed
// function does, else on net/http alone.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"

	"github.com/GoogleCloudPlatform/functions-framework-go/funcframework"

	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/logging"
	"github.com/train-d/train-d/shared/serverless"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "server:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return errors.New("which way of reaching the database?")
	}
	settings, err := config.LoadOnboarding()
	if err != nil {
		return err
	}
	way, ok := ways[args[0]]
	if !ok {
		return fmt.Errorf("no way %q", args[0])
	}
	database, err := way(settings.Database)
	if err != nil {
		return err
	}
	if slices.Contains(args[1:], "framework") {
		serverless.New(settings.Service).HTTP("Bench", handler(database))
		return funcframework.StartHostPort("127.0.0.1", os.Getenv("PORT"))
	}
	// A deployed function has its logger in the context; what it logs here goes the same way.
	log := logging.New(os.Stdout, logging.Options{Function: "bench", Level: settings.Service.LogLevel})
	slog.SetDefault(log)
	server := http.Server{
		Addr: net.JoinHostPort("127.0.0.1", os.Getenv("PORT")), Handler: handler(database),
		BaseContext: func(net.Listener) context.Context { return logging.Into(context.Background(), log) },
	}
	return server.ListenAndServe()
}

// handler serves the request that is measured, and what the way counted meanwhile.
func handler(by backend) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /register", func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Email string `json:"email"`
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			respond(w, http.StatusBadRequest, map[string]string{"title": err.Error()})
			return
		}
		id, err := by.register(r.Context(), in.Email)
		switch {
		case err == nil:
			respond(w, http.StatusCreated, map[string]int64{"account_id": id})
		case fault.KindOf(err) == fault.Unavailable:
			respond(w, http.StatusServiceUnavailable, map[string]string{"title": "unavailable"})
		default:
			fmt.Fprintln(os.Stderr, err)
			respond(w, http.StatusInternalServerError, map[string]string{"title": "failed"})
		}
	})
	mux.HandleFunc("GET /stats", func(w http.ResponseWriter, _ *http.Request) { respond(w, http.StatusOK, by.stats()) })
	return mux
}

func respond(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a client that left needs no answer
}
