package cloudsim

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"
)

// serveControl starts the HTTP server of the public key and of the control API:
//
//	GET  /_cloud/stats                      counts of each push subscription
//	POST /_cloud/replay?subscription=name   deliver again what was acknowledged; without a name, of all subscriptions
//	GET  /_cloud/deadletters                what stands on the dead-letter topics
//	GET  /_cloud/faults                     the faults in force
//	PUT  /_cloud/faults                     put faults in force: {"duplicate", "drop", "reorder", "seed"}; {} ends them
//	POST /_cloud/jobs/{name}                run a job now
//
// A browser tells a page's origin with every request that could change something; such a request is refused, so that no
// web page can reach the control API of a system that runs on its reader's machine.
func (c *Cloud) serveControl(port int) error {
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return fmt.Errorf("port %d for the cloud's control API is taken: stop what uses it or choose another: %w", port, err)
	}
	control := http.NewServeMux()
	control.HandleFunc("GET /_cloud/stats", func(w http.ResponseWriter, _ *http.Request) {
		respond(w, http.StatusOK, c.Stats())
	})
	control.HandleFunc("GET /_cloud/deadletters", func(w http.ResponseWriter, _ *http.Request) {
		respond(w, http.StatusOK, c.DeadLetters())
	})
	control.HandleFunc("GET /_cloud/faults", func(w http.ResponseWriter, _ *http.Request) {
		respond(w, http.StatusOK, c.faults.inForce())
	})
	control.HandleFunc("PUT /_cloud/faults", c.putFaults)
	control.HandleFunc("POST /_cloud/replay", func(w http.ResponseWriter, r *http.Request) {
		results, err := c.Replay(r.Context(), r.URL.Query().Get("subscription"))
		answer(w, results, err)
	})
	control.HandleFunc("POST /_cloud/jobs/{name}", func(w http.ResponseWriter, r *http.Request) {
		answer(w, map[string]string{"ran": r.PathValue("name")}, c.RunJob(r.Context(), r.PathValue("name")))
	})
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+certsPath, c.signer.serveCerts)
	mux.Handle("/_cloud/", refuseOrigins(control))

	c.address = listener.Addr().String()
	c.control = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	c.running.Go(func() {
		if err := c.control.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			c.log.Error("control API broke", "error", err)
		}
	})
	return nil
}

func (c *Cloud) putFaults(w http.ResponseWriter, r *http.Request) {
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4<<10))
	decoder.DisallowUnknownFields()
	var faults Faults
	err := decoder.Decode(&faults)
	if err == nil && (faults.Drop < 0 || faults.Drop > 1 || faults.Reorder < 0) {
		err = errors.New("drop is a share between 0 and 1, reorder a count")
	}
	if err == nil {
		c.SetFaults(faults)
	}
	answer(w, faults, err)
}

func refuseOrigins(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Origin") != "" {
			respond(w, http.StatusForbidden, map[string]string{"error": "not for web pages"})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// answer writes a result or what is wrong with the request.
func answer(w http.ResponseWriter, result any, err error) {
	if err != nil {
		respond(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		return
	}
	respond(w, http.StatusOK, result)
}

func respond(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// A client that has gone is no concern of the server's.
	_ = json.NewEncoder(w).Encode(body)
}
