package webhook

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/logging"
	"github.com/train-d/train-d/shared/message"
)

// Whatever is sent below the secret path, it is answered with a status that says what it is, and what is published is a hint
// that Sync can read. Nothing of the secrets is logged.
func FuzzServeHTTP(f *testing.F) {
	f.Add("POST", "", []byte(`{"aspect_type":"update","event_time":1516126040,"object_id":1360128428,"object_type":"activity","owner_id":134815,"subscription_id":120475,"updates":{"title":"Messy"}}`))
	f.Add("POST", "", []byte(`{"aspect_type":"update","event_time":1516126040,"object_id":134815,"object_type":"athlete","owner_id":134815,"subscription_id":120475,"updates":{"authorized":"false"}}`))
	f.Add("GET", "hub.mode=subscribe&hub.challenge=abc&hub.verify_token="+verify, []byte{})
	f.Add("GET", "hub.mode=%zz&;&hub.challenge", []byte{})
	f.Add("PUT", "", []byte("x"))
	f.Fuzz(func(t *testing.T, method, query string, body []byte) {
		request := httptest.NewRequest(http.MethodPost, "/"+path, bytes.NewReader(body))
		request.Method, request.URL.RawQuery = method, query
		published, log := &topic{kept: make(chan struct{}, 1)}, &bytes.Buffer{}
		logger := logging.New(log, logging.Options{Level: slog.LevelDebug, Format: "json"})
		handler := &Handler{Publisher: published, Settings: config.Hook{Path: config.NewSecret(path), VerifyToken: config.NewSecret(verify), SubscriptionID: 120475}}
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, request.WithContext(logging.Into(t.Context(), logger)))
		switch answer.Code {
		case http.StatusOK, http.StatusBadRequest, http.StatusForbidden, http.StatusMethodNotAllowed, http.StatusRequestEntityTooLarge:
		default:
			t.Errorf("answers %d", answer.Code)
		}
		for _, published := range published.published() {
			text, err := json.Marshal(published)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := message.Decode[message.Hint](text); err != nil || answer.Code != http.StatusOK {
				t.Errorf("published %s and answered %d: %v", text, answer.Code, err)
			}
		}
		if text := log.String(); strings.Contains(text, path) || strings.Contains(text, verify) {
			t.Errorf("a secret stands in the log: %s", text)
		}
	})
}
