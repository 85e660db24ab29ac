package cloudsim

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"strings"
	"time"
)

// adminHandler serves the two calls of the Admin API that a connector makes, and the control API.
func (i *SQLInstance) adminHandler() http.Handler {
	const instance = "/sql/v1beta4/projects/{project}/instances/{instance}"
	mux := http.NewServeMux()
	mux.Handle("GET "+instance+"/connectSettings", i.guard(i.connectSettings))
	mux.Handle("POST "+instance, i.guard(i.generateEphemeralCert)) // the method's name stands behind a colon
	mux.Handle("/_cloud/sql/", refuseOrigins(i.controlHandler()))
	return mux
}

// guard strikes with the faults in force and refuses who has no token, or asks for another instance.
func (i *SQLInstance) guard(next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		delay, status := i.state.adminFaults()
		if delay > 0 {
			timer := time.NewTimer(delay)
			defer timer.Stop()
			select {
			case <-timer.C:
			case <-r.Context().Done():
				return
			case <-i.ctx.Done():
				return
			}
		}
		name, _, _ := strings.Cut(r.PathValue("instance"), ":")
		token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		switch {
		case status != 0:
			refuse(w, status, "ordered")
		case !bearer || token == "":
			refuse(w, http.StatusUnauthorized, "no credentials")
		case r.PathValue("project") != i.config.Project || name != i.config.Instance:
			refuse(w, http.StatusNotFound, "the Cloud SQL instance does not exist")
		default:
			next(w, r)
		}
	})
}

// refuse answers in the shape of Google's APIs.
func refuse(w http.ResponseWriter, status int, message string) {
	respond(w, status, map[string]any{"error": map[string]any{"code": status, "message": message}})
}

func (i *SQLInstance) connectSettings(w http.ResponseWriter, _ *http.Request) {
	i.state.count(func(s *SQLStats) { s.ConnectSettings++ })
	respond(w, http.StatusOK, map[string]any{
		"kind": "sql#connectSettings", "region": i.config.Region, "backendType": "SECOND_GEN",
		"databaseVersion": "POSTGRES_15", "serverCaMode": "GOOGLE_MANAGED_INTERNAL_CA",
		"ipAddresses": []map[string]string{
			{"type": "PRIMARY", "ipAddress": i.config.PublicIP}, {"type": "PRIVATE", "ipAddress": i.config.PrivateIP},
		},
		"serverCaCert": map[string]string{"cert": pemOf(i.servers.certificate.Raw)},
	})
}

func (i *SQLInstance) generateEphemeralCert(w http.ResponseWriter, r *http.Request) {
	if !strings.HasSuffix(r.URL.Path, ":generateEphemeralCert") {
		refuse(w, http.StatusNotFound, "no such method")
		return
	}
	var asked struct {
		PublicKey   string `json:"public_key"`
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10)).Decode(&asked); err != nil {
		refuse(w, http.StatusBadRequest, "no JSON")
		return
	}
	block, _ := pem.Decode([]byte(asked.PublicKey))
	if block == nil {
		refuse(w, http.StatusBadRequest, "no public key")
		return
	}
	public, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		refuse(w, http.StatusBadRequest, "not a public key")
		return
	}
	certificate, err := i.clientCertificate(public, asked.AccessToken != "")
	if err != nil {
		i.log.Error("client certificate not made", "error", err)
		refuse(w, http.StatusInternalServerError, "no certificate")
		return
	}
	i.state.certified(sha256.Sum256(block.Bytes))
	respond(w, http.StatusOK, map[string]any{"ephemeralCert": map[string]string{"cert": certificate}})
}
