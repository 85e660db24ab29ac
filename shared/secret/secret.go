// Package secret seals what must not be readable at rest: Strava's tokens. It is Tink's AEAD with a keyset from the
// settings; a sealed value names the key that sealed it, so keys can be rotated by adding one to the keyset.
package secret

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/train-d/train-d/shared/config"
)

// errKeyset says what is wrong without the library's words, which may quote the keyset.
var errKeyset = errors.New("TOKEN_KEYSET: this is no Tink AEAD keyset in cleartext JSON; make one with AES256-GCM keys")

// Sealer seals and opens values. Safe for concurrent use.
type Sealer struct {
	aead   tink.AEAD
	prefix []byte // of what the key seals that seals at present
}

// NewSealer reads a keyset. An error never quotes it; trying again can't help.
func NewSealer(keys config.Secret) (*Sealer, error) {
	handle, err := read(keys)
	if err != nil {
		return nil, err
	}
	primitive, err := aead.New(handle)
	if err != nil {
		return nil, errKeyset
	}
	// Tink's wire format: a byte of version and the key's id, big-endian.
	prefix := binary.BigEndian.AppendUint32([]byte{1}, handle.KeysetInfo().GetPrimaryKeyId())
	return &Sealer{aead: primitive, prefix: prefix}, nil
}

// Check says whether a keyset can be used; that none is set is not its subject.
func Check(keys config.Secret) error {
	if keys.IsZero() {
		return nil
	}
	_, err := NewSealer(keys)
	return err
}

// Seal encrypts plain and binds it to associated, which Open must be given again: a value copied to another account's row
// does not open there.
func (s *Sealer) Seal(plain, associated []byte) ([]byte, error) {
	sealed, err := s.aead.Encrypt(plain, associated)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return sealed, nil
}

// Open decrypts what Seal made. It fails on a changed value, another associated, or a key that left the keyset; trying
// again can't help.
func (s *Sealer) Open(sealed, associated []byte) ([]byte, error) {
	plain, err := s.aead.Decrypt(sealed, associated)
	if err != nil {
		return nil, fmt.Errorf("open sealed value: %w", err)
	}
	return plain, nil
}

// Current says whether what Seal made is sealed by the key that seals at present; what is not should be sealed anew, so that
// the key before can leave the keyset.
func (s *Sealer) Current(sealed []byte) bool {
	return bytes.HasPrefix(sealed, s.prefix)
}

// ForAccount is the associated data of an account's tokens.
func ForAccount(accountID int64) []byte {
	return strconv.AppendInt([]byte("account:"), accountID, 10)
}

// NewToken gives a secret of 256 random bits as 43 characters that need no escaping in a URL or a cookie.
func NewToken() string {
	token := make([]byte, 32)
	_, _ = rand.Read(token) // it never fails: the program ends instead
	return base64.RawURLEncoding.EncodeToString(token)
}
