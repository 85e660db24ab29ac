package secret

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"

	"github.com/train-d/train-d/shared/config"
)

// NewKeyset makes a keyset of one fresh AES256-GCM key, as cleartext JSON for TOKEN_KEYSET.
func NewKeyset() (string, error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return "", fmt.Errorf("make key: %w", err)
	}
	return written(handle)
}

// AddKey gives the keyset with a fresh key more, which seals nothing yet: instances that run with it open what those seal
// that run with PromoteKey's.
func AddKey(keys config.Secret) (string, error) {
	return changed(keys, func(manager *keyset.Manager, _ []uint32, _ uint32) error {
		_, err := manager.Add(aead.AES256GCMKeyTemplate())
		return err
	})
}

// PromoteKey gives the keyset with the key that was added last as the one that seals.
func PromoteKey(keys config.Secret) (string, error) {
	return changed(keys, func(manager *keyset.Manager, ids []uint32, _ uint32) error {
		return manager.SetPrimary(ids[len(ids)-1])
	})
}

// DropKeys gives the keyset with no key but the one that seals. What another key sealed can't be opened any more.
func DropKeys(keys config.Secret) (string, error) {
	return changed(keys, func(manager *keyset.Manager, ids []uint32, primary uint32) error {
		for _, id := range ids {
			if id == primary {
				continue
			}
			if err := manager.Delete(id); err != nil {
				return err
			}
		}
		return nil
	})
}

// changed gives the keyset after a change by its keys' ids, oldest first.
func changed(keys config.Secret, change func(manager *keyset.Manager, ids []uint32, primary uint32) error) (string, error) {
	handle, err := read(keys)
	if err != nil {
		return "", err
	}
	info := handle.KeysetInfo()
	var ids []uint32
	for _, key := range info.GetKeyInfo() {
		ids = append(ids, key.GetKeyId())
	}
	manager := keyset.NewManagerFromHandle(handle)
	if err := change(manager, ids, info.GetPrimaryKeyId()); err != nil {
		return "", fmt.Errorf("change keyset: %w", err)
	}
	if handle, err = manager.Handle(); err != nil {
		return "", fmt.Errorf("change keyset: %w", err)
	}
	return written(handle)
}

// read never quotes the keyset in its error.
func read(keys config.Secret) (*keyset.Handle, error) {
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(strings.NewReader(keys.Reveal())))
	if err != nil {
		return nil, errKeyset
	}
	return handle, nil
}

func written(handle *keyset.Handle) (string, error) {
	var out bytes.Buffer
	if err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&out)); err != nil {
		return "", fmt.Errorf("write keyset: %w", err)
	}
	return out.String(), nil
}
