package api

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"time"
)

const (
	// maxBody bounds a request's body, in bytes.
	maxBody = 64 << 10
	// bodyTime is how long a client may take to send it.
	bodyTime = 5 * time.Second
)

// limited reads a request's body before anything else does, for as long and as far as is allowed: of operations that
// take none, too, and whether its length was announced or not.
func limited(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength == 0 {
			next.ServeHTTP(w, r)
			return
		}
		body, status := readBody(w, r)
		switch status {
		case http.StatusOK:
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
			next.ServeHTTP(w, r)
		case http.StatusBadRequest:
			refuse(w, newProblem(status, "the body broke off"))
		default:
			refuse(w, newProblem(status, ""))
		}
	})
}

// readBody gives the body, or the status that refuses it.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, int) {
	if r.ContentLength > maxBody {
		// The rest will not be read, so the connection is of no further use.
		w.Header().Set("Connection", "close")
		return nil, http.StatusRequestEntityTooLarge
	}
	// Where the connection knows no deadline, the platform's own is left.
	connection := http.NewResponseController(w)
	_ = connection.SetReadDeadline(time.Now().Add(bodyTime))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	// The server listens on while the request is worked on: a deadline that stayed would end the request's context.
	_ = connection.SetReadDeadline(time.Time{})
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, http.StatusRequestEntityTooLarge
	case errors.Is(err, os.ErrDeadlineExceeded):
		w.Header().Set("Connection", "close")
		return nil, http.StatusRequestTimeout
	case err != nil:
		return nil, http.StatusBadRequest
	}
	return body, http.StatusOK
}
