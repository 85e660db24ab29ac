package secret

import (
	"bytes"
	"strings"
	"testing"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/mac"

	"github.com/train-d/train-d/shared/config"
)

// setup gives a sealer with a fresh keyset.
func setup(t *testing.T) (*Sealer, string) {
	t.Helper()
	keys, err := NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := NewSealer(config.NewSecret(keys + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	return sealer, keys
}

func TestASealedValueOpensOnlyForItsAccount(t *testing.T) {
	t.Parallel()
	sealer, _ := setup(t)
	plain := []byte("refresh-token")
	sealed, err := sealer.Seal(plain, ForAccount(7))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, plain) {
		t.Error("the sealed value holds the plain one")
	}
	if got, err := sealer.Open(sealed, ForAccount(7)); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := sealer.Open(sealed, ForAccount(71)); err == nil {
		t.Error("it opened for another account")
	}
	if string(ForAccount(7)) != "account:7" {
		t.Errorf("associated data is %q", ForAccount(7))
	}
}

func TestAChangedValueOrAnotherKeyDoesNotOpen(t *testing.T) {
	t.Parallel()
	sealer, _ := setup(t)
	other, _ := setup(t)
	sealed, err := sealer.Seal([]byte("x"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Open(sealed, nil); err == nil {
		t.Error("it opened with another key")
	}
	for i := range sealed {
		changed := bytes.Clone(sealed)
		changed[i] ^= 1
		if _, err := sealer.Open(changed, nil); err == nil {
			t.Errorf("it opened with byte %d changed", i)
		}
	}
	for _, short := range [][]byte{nil, {1}, sealed[:5], sealed[:len(sealed)-1]} {
		if _, err := sealer.Open(short, nil); err == nil {
			t.Errorf("%d bytes opened", len(short))
		}
	}
}

func TestWhatWasSealedBeforeARotationStillOpens(t *testing.T) {
	t.Parallel()
	sealer, keys := setup(t)
	sealed, err := sealer.Seal([]byte("x"), nil)
	if err != nil {
		t.Fatal(err)
	}
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(strings.NewReader(keys)))
	if err != nil {
		t.Fatal(err)
	}
	manager := keyset.NewManagerFromHandle(handle)
	id, err := manager.Add(aead.AES256GCMKeyTemplate())
	if err != nil {
		t.Fatal(err)
	}
	if err := manager.SetPrimary(id); err != nil {
		t.Fatal(err)
	}
	rotated, err := NewSealer(config.NewSecret(written(t, manager)))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := rotated.Open(sealed, nil); err != nil || string(got) != "x" {
		t.Errorf("got %q, %v", got, err)
	}
	fresh, err := rotated.Seal([]byte("y"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sealer.Open(fresh, nil); err == nil {
		t.Error("the old key opened what the new one sealed")
	}
}

// I08: the library's parser quotes what it could not read.
func TestABrokenKeysetIsRefusedWithoutBeingQuoted(t *testing.T) {
	t.Parallel()
	_, keys := setup(t)
	macs := keyset.NewManager()
	id, err := macs.Add(mac.HMACSHA256Tag256KeyTemplate())
	if err != nil {
		t.Fatal(err)
	}
	if err := macs.SetPrimary(id); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"empty": "", "no JSON": "hush", "no keys": "{}", "cut short": keys[:len(keys)/2], "no AEAD": written(t, macs), "unknown field": `{"hush": 1}`,
	} {
		sealer, err := NewSealer(config.NewSecret(text))
		if err == nil || sealer != nil {
			t.Errorf("%s: accepted", name)
			continue
		}
		if strings.Contains(err.Error(), "hush") || !strings.Contains(err.Error(), "TOKEN_KEYSET") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// written is a manager's keyset as cleartext JSON.
func written(t *testing.T, manager *keyset.Manager) string {
	t.Helper()
	handle, err := manager.Handle()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&out)); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func BenchmarkOpen(b *testing.B) {
	keys, err := NewKeyset()
	if err != nil {
		b.Fatal(err)
	}
	sealer, err := NewSealer(config.NewSecret(keys))
	if err != nil {
		b.Fatal(err)
	}
	sealed, err := sealer.Seal(make([]byte, 40), ForAccount(7))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := sealer.Open(sealed, ForAccount(7)); err != nil {
			b.Fatal(err)
		}
	}
}
