package serverless

import (
	"bytes"
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/fault"
)

func TestOnlyTheServiceAccountsPushIsBelieved(t *testing.T) {
	t.Parallel()
	google := newSigner(t)
	v := newVerifier(google.push)
	if err := v.verify(t.Context(), "Bearer "+google.token(t)); err != nil {
		t.Fatalf("a good token: %v", err)
	}
	good := google.token(t)
	header, rest, _ := strings.Cut(good, ".")
	content := good[:strings.LastIndex(good, ".")]
	none := encode([]byte(`{"alg":"none"}`)) + "." + strings.Split(rest, ".")[0] + "."
	for name, c := range map[string]struct {
		authorization string
		status        int
	}{
		"nothing":            {"", 401},
		"no bearer":          {"Basic " + good, 401},
		"empty bearer":       {"Bearer ", 401},
		"garbage":            {"Bearer x", 401},
		"three parts":        {"Bearer a.b.c", 401},
		"another key":        {"Bearer " + sign(t, otherKey(), map[string]any{"alg": "RS256", "kid": "one"}, map[string]any{"aud": audience, "exp": time.Now().Add(time.Hour).Unix()}), 401},
		"unknown key id":     {"Bearer " + sign(t, google.key, map[string]any{"alg": "RS256", "kid": "two"}, map[string]any{"aud": audience, "exp": time.Now().Add(time.Hour).Unix()}), 401},
		"signature cut":      {"Bearer " + good[:len(good)-4], 401},
		"no signature":       {"Bearer " + content + ".", 401},
		"payload exchanged":  {"Bearer " + header + "." + encode([]byte(`{"aud":"`+audience+`","exp":9999999999}`)) + good[strings.LastIndex(good, "."):], 401},
		"no algorithm":       {"Bearer " + none, 401},
		"elliptic and short": {"Bearer " + encode([]byte(`{"alg":"ES256","kid":"one"}`)) + "." + strings.Split(rest, ".")[0] + ".AA", 401},
		"expired":            {"Bearer " + google.token(t, "exp", time.Now().Add(-time.Minute).Unix()), 401},
		"no expiry":          {"Bearer " + google.token(t, "exp", nil), 401},
		"wrong audience":     {"Bearer " + google.token(t, "aud", "https://other.example.com"), 401},
		"no audience":        {"Bearer " + google.token(t, "aud", nil), 401},
		"wrong issuer":       {"Bearer " + google.token(t, "iss", "https://example.com"), 401},
		"other account":      {"Bearer " + google.token(t, "email", "somebody@example.com"), 403},
		"no e-mail":          {"Bearer " + google.token(t, "email", nil), 403},
		"e-mail unverified":  {"Bearer " + google.token(t, "email_verified", false), 403},
		"verified in words":  {"Bearer " + google.token(t, "email_verified", "true"), 403},
	} {
		var refused *refusal
		if err := v.verify(t.Context(), c.authorization); !errors.As(err, &refused) || refused.status != c.status {
			t.Errorf("%s: got %v, want %d", name, err, c.status)
		}
	}
}

// Without settings the library would believe a token for any audience.
func TestWithoutSettingsNothingIsBelieved(t *testing.T) {
	t.Parallel()
	google := newSigner(t)
	for _, push := range []config.Push{{CertsURL: google.certs.URL}, {CertsURL: google.certs.URL, Audience: audience}, {CertsURL: google.certs.URL, ServiceAccount: account}} {
		if err := newVerifier(push).verify(t.Context(), "Bearer "+google.token(t)); err == nil {
			t.Errorf("%+v: believed", push)
		}
	}
}

func TestKeysThatCanNotBeFetchedAreAnOutageAndHealByThemselves(t *testing.T) {
	t.Parallel()
	google := newSigner(t)
	down := true
	gate := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if down {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		google.certs.Config.Handler.ServeHTTP(w, r)
	}))
	defer gate.Close()
	google.push.CertsURL = gate.URL
	v := newVerifier(google.push)
	if err := v.verify(t.Context(), "Bearer "+google.token(t)); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("got %v", err)
	}
	down = false
	if err := v.verify(t.Context(), "bearer "+google.token(t)); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// Nobody without the key is believed, whatever is sent in a token's place, and nothing panics.
func FuzzVerifyRefuses(f *testing.F) {
	google := newSigner(f)
	parts := strings.Split(google.token(f), ".")
	decode := func(part string) []byte {
		text, err := base64.RawURLEncoding.DecodeString(part)
		if err != nil {
			f.Fatal(err)
		}
		return text
	}
	f.Add(decode(parts[0]), decode(parts[1]), []byte("short"))
	f.Add([]byte(`{"alg":"RS256","kid":""}`), []byte(`{"aud":["a"],"exp":1e999}`), []byte{})
	f.Add([]byte(`{"alg":"ES256","kid":"one"}`), []byte(`null`), []byte{0})
	good := decode(parts[2])
	v := newVerifier(google.push)
	f.Fuzz(func(t *testing.T, header, claims, signature []byte) {
		if bytes.Equal(signature, good) {
			return
		}
		err := v.verify(t.Context(), "Bearer "+encode(header)+"."+encode(claims)+"."+encode(signature))
		var refused *refusal
		if !errors.As(err, &refused) {
			t.Errorf("got %v, want a refusal", err)
		}
	})
}
