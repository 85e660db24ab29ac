package serverless

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/train-d/train-d/shared/config"
)

// output collects a service's log.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

// entries decodes what was logged at INFO and above.
func (o *output) entries(t *testing.T) []map[string]any {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	return decodeEntries(t, o.text.String())
}

func decodeEntries(t *testing.T, text string) []map[string]any {
	t.Helper()
	var found []map[string]any
	for line := range strings.Lines(text) {
		var entry map[string]any
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatalf("line %q: %v", line, err)
		}
		if entry["severity"] != "DEBUG" {
			found = append(found, entry)
		}
	}
	return found
}

// setup gives a service that logs into the returned output.
func setup(t *testing.T) (*Service, *output) {
	t.Helper()
	out := &output{}
	return newService(config.Service{
		FunctionName: "probe", Project: "acme", LogLevel: slog.LevelDebug, RequestTimeout: time.Minute, DrainTimeout: 8 * time.Second,
	}, out), out
}

const (
	audience = "https://probe.example.com"
	account  = "push@acme.example.com"
)

// signer stands for Google: it signs tokens and serves its keys.
type signer struct {
	key   *rsa.PrivateKey
	push  config.Push
	certs *httptest.Server
}

func newSigner(t testing.TB) *signer {
	t.Helper()
	s := &signer{key: googleKey()}
	s.certs = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=3600")
		_ = json.NewEncoder(w).Encode(map[string]any{"keys": []map[string]string{{
			"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "one",
			"n": encode(s.key.N.Bytes()), "e": encode(big.NewInt(int64(s.key.E)).Bytes()),
		}}})
	}))
	t.Cleanup(s.certs.Close)
	s.push = config.Push{Audience: audience, ServiceAccount: account, CertsURL: s.certs.URL}
	return s
}

// Keys take long to make, so that each of the two is made once.
var googleKey, otherKey = sync.OnceValue(newKey), sync.OnceValue(newKey)

func newKey() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// token is a good token, changed by pairs of a claim and its value; nil removes the claim.
func (s *signer) token(t testing.TB, changes ...any) string {
	t.Helper()
	now := time.Now()
	claims := map[string]any{
		"iss": "https://accounts.google.com", "aud": audience, "email": account, "email_verified": true, "sub": "1",
		"iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	}
	for pair := range slices.Chunk(changes, 2) {
		claims[pair[0].(string)] = pair[1]
		if pair[1] == nil {
			delete(claims, pair[0].(string))
		}
	}
	return sign(t, s.key, map[string]any{"alg": "RS256", "typ": "JWT", "kid": "one"}, claims)
}

func sign(t testing.TB, key *rsa.PrivateKey, header, claims map[string]any) string {
	t.Helper()
	var parts []string
	for _, part := range []map[string]any{header, claims} {
		text, err := json.Marshal(part)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, encode(text))
	}
	content := strings.Join(parts, ".")
	digest := sha256.Sum256([]byte(content))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return content + "." + encode(signature)
}

// envelopeOf wraps data as a push subscription does.
func envelopeOf(t *testing.T, data string, attributes map[string]string) string {
	t.Helper()
	text, err := json.Marshal(map[string]any{
		"message": map[string]any{
			"data": []byte(data), "attributes": attributes, "messageId": "42", "message_id": "42",
			"publishTime": "2026-11-23T10:00:00.5Z", "publish_time": "2026-11-23T10:00:00.5Z",
		},
		"subscription": "projects/acme/subscriptions/probe", "deliveryAttempt": 3,
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
