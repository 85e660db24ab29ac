package cloudsim

import (
	"encoding/json"
	"errors"
	"net/http"
)

// controlHandler serves the instance's control API, on the port of its Admin API:
//
//	GET  /_cloud/sql/stats    counts, and how often each fault struck
//	GET  /_cloud/sql/faults   the faults in force
//	PUT  /_cloud/sql/faults   put faults in force, as SQLFaults in JSON; {} ends them
//	POST /_cloud/sql/expire   let every client certificate handed out so far be expired
//	POST /_cloud/sql/cut      break all open connections off
//
// Requests with an Origin are refused, as by the cloud's other control API.
func (i *SQLInstance) controlHandler() http.Handler {
	control := http.NewServeMux()
	control.HandleFunc("GET /_cloud/sql/stats", func(w http.ResponseWriter, _ *http.Request) {
		respond(w, http.StatusOK, i.Stats())
	})
	control.HandleFunc("GET /_cloud/sql/faults", func(w http.ResponseWriter, _ *http.Request) {
		respond(w, http.StatusOK, i.Faults())
	})
	control.HandleFunc("PUT /_cloud/sql/faults", i.putFaults)
	control.HandleFunc("POST /_cloud/sql/expire", func(w http.ResponseWriter, _ *http.Request) {
		i.ExpireCertificates()
		respond(w, http.StatusOK, i.Stats())
	})
	control.HandleFunc("POST /_cloud/sql/cut", func(w http.ResponseWriter, _ *http.Request) {
		respond(w, http.StatusOK, map[string]int{"cut": i.Cut()})
	})
	return control
}

func (i *SQLInstance) putFaults(w http.ResponseWriter, r *http.Request) {
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4<<10))
	decoder.DisallowUnknownFields()
	var faults SQLFaults
	err := decoder.Decode(&faults)
	if err == nil && !faults.valid() {
		err = errors.New("counts are 0 or more, admin_status is 4xx or 5xx, certificate is other-ca or other-name")
	}
	if err == nil {
		i.SetFaults(faults)
	}
	answer(w, faults, err)
}
