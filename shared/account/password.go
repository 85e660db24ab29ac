package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/train-d/train-d/shared/fault"
)

// cost is what one hash takes, and how long its parts are.
type cost struct {
	memory  uint32 // KiB
	passes  uint32
	threads uint8
	key     uint32 // bytes
}

// present is what OWASP's Password Storage Cheat Sheet asks of argon2id: 19 MiB, two passes, one thread.
var present = cost{memory: 19 * 1024, passes: 2, threads: 1, key: 32}

// What a stored hash may ask for: a broken row must not take the instance's memory.
const (
	saltBytes    = 16
	maxMemory    = 256 * 1024 // KiB
	maxPasses    = 16
	minPartBytes = 8
	maxPartBytes = 64
)

// hasher hashes passwords, as many at once as there are cores: more would only take memory from each other.
type hasher struct {
	slots  chan struct{}
	decoy  string // stands in for the hash of an account that there is not
	derive func(password, salt []byte, c cost) []byte
}

func newHasher() *hasher {
	return &hasher{
		slots: make(chan struct{}, runtime.GOMAXPROCS(0)),
		// Random bytes where the key should be: as much work as any other hash, and no password's.
		decoy: encodePHC(present, random(saltBytes), random(int(present.key))),
		derive: func(password, salt []byte, c cost) []byte {
			return argon2.IDKey(password, salt, c.passes, c.memory, c.threads, c.key)
		},
	}
}

// hash gives the PHC string of a password.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	salt := random(saltBytes)
	key, err := h.bounded(ctx, password, salt, present)
	if err != nil {
		return "", err
	}
	return encodePHC(present, salt, key), nil
}

// verify says whether the password is the one of the PHC string. An empty string is nobody's password, and takes as long
// to find out.
func (h *hasher) verify(ctx context.Context, password, phc string) (bool, error) {
	if phc == "" {
		phc = h.decoy
	}
	c, salt, want, err := decodePHC(phc)
	if err != nil {
		return false, err
	}
	got, err := h.bounded(ctx, password, salt, c)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}

// bounded waits for a free core, as long as ctx lives.
func (h *hasher) bounded(ctx context.Context, password string, salt []byte, c cost) ([]byte, error) {
	busy := func() error {
		return fault.Wrap(fault.Unavailable, "busy", "Too many people are signing in at this moment. Please try again.",
			context.Cause(ctx)).After(2 * time.Second)
	}
	if ctx.Err() != nil {
		return nil, busy()
	}
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
		return h.derive([]byte(password), salt, c), nil
	case <-ctx.Done():
		return nil, busy()
	}
}

var errHash = errors.New("read password hash: not an argon2id PHC string")

// isOutdated reports whether a hash was made with other parameters than new ones are.
func isOutdated(phc string) bool {
	c, _, _, err := decodePHC(phc)
	return err == nil && c != present
}

// encodePHC writes a hash as $argon2id$v=19$m=19456,t=2,p=1$salt$key (the PHC string format).
func encodePHC(c cost, salt, key []byte) string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.memory, c.passes, c.threads,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key))
}

// decodePHC reads what encodePHC wrote, with the parameters of its time.
func decodePHC(phc string) (c cost, salt, key []byte, err error) {
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return cost{}, nil, nil, errHash
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.memory, &c.passes, &c.threads); err != nil {
		return cost{}, nil, nil, errHash
	}
	salt, saltErr := base64.RawStdEncoding.DecodeString(parts[4])
	key, keyErr := base64.RawStdEncoding.DecodeString(parts[5])
	usable := saltErr == nil && keyErr == nil &&
		c.memory >= 1 && c.memory <= maxMemory && c.passes >= 1 && c.passes <= maxPasses && c.threads >= 1 &&
		len(salt) >= minPartBytes && len(salt) <= maxPartBytes && len(key) >= minPartBytes && len(key) <= maxPartBytes
	if !usable {
		return cost{}, nil, nil, errHash
	}
	c.key = uint32(len(key))
	return c, salt, key, nil
}

func random(n int) []byte {
	bytes := make([]byte, n)
	_, _ = rand.Read(bytes) // never fails: it ends the program where there is no randomness
	return bytes
}
