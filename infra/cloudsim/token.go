package cloudsim

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"sync"
	"time"
)

const (
	certsPath     = "/oauth2/v3/certs"
	issuer        = "https://accounts.google.com"
	tokenLifetime = time.Hour
)

// signer makes the OIDC tokens that Pub/Sub sends along with a push, with a key of its own.
type signer struct {
	key   *rsa.PrivateKey
	keyID string

	mu     sync.Mutex
	tokens map[identity]issued
}

type identity struct{ audience, email string }

type issued struct {
	token string
	at    time.Time
}

func newSigner() (*signer, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, fmt.Errorf("make signing key: %w", err)
	}
	sum := sha256.Sum256(key.N.Bytes())
	return &signer{key: key, keyID: hex.EncodeToString(sum[:20]), tokens: map[identity]issued{}}, nil
}

// token returns a token for an audience and a service account; one is used again until half its life is over, as
// Pub/Sub does.
func (s *signer) token(audience, email string, now time.Time) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	who := identity{audience: audience, email: email}
	if kept, ok := s.tokens[who]; ok && now.Sub(kept.at) < tokenLifetime/2 {
		return kept.token, nil
	}
	token, err := s.sign(map[string]any{
		"iss":            issuer,
		"aud":            audience,
		"azp":            email,
		"sub":            email,
		"email":          email,
		"email_verified": true,
		"iat":            now.Unix(),
		"exp":            now.Add(tokenLifetime).Unix(),
	})
	if err != nil {
		return "", err
	}
	s.tokens[who] = issued{token: token, at: now}
	return token, nil
}

// sign makes a JSON Web Token (RFC 7519) signed with RS256 (RFC 7518, section 3.3).
func (s *signer) sign(claims map[string]any) (string, error) {
	header, err := json.Marshal(map[string]string{"alg": "RS256", "typ": "JWT", "kid": s.keyID})
	if err != nil {
		return "", err
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	encode := base64.RawURLEncoding.EncodeToString
	content := encode(header) + "." + encode(payload)
	digest := sha256.Sum256([]byte(content))
	signature, err := rsa.SignPKCS1v15(rand.Reader, s.key, crypto.SHA256, digest[:])
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	return content + "." + encode(signature), nil
}

// serveCerts answers with the public key as a JSON Web Key Set (RFC 7517).
func (s *signer) serveCerts(w http.ResponseWriter, _ *http.Request) {
	encode := base64.RawURLEncoding.EncodeToString
	w.Header().Set("Cache-Control", "public, max-age=3600")
	respond(w, http.StatusOK, map[string]any{"keys": []map[string]string{{
		"kty": "RSA", "alg": "RS256", "use": "sig", "kid": s.keyID,
		"n": encode(s.key.N.Bytes()),
		"e": encode(big.NewInt(int64(s.key.E)).Bytes()),
	}}})
}
