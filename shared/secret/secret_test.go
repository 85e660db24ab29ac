package secret

import (
	"bytes"
	"strings"
	"testing"

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

// The steps of infra/playbooks/rotation.md. Between any two of them instances of both run side by side.
func TestARotationLeavesNothingThatCannotBeOpened(t *testing.T) {
	t.Parallel()
	before, keys := setup(t)
	type generation struct {
		sealer *Sealer
		sealed []byte
	}
	generations := []generation{{sealer: before}}
	for _, change := range []func(config.Secret) (string, error){AddKey, PromoteKey} {
		var err error
		if keys, err = change(config.NewSecret(keys)); err != nil {
			t.Fatal(err)
		}
		sealer, err := NewSealer(config.NewSecret(keys))
		if err != nil {
			t.Fatal(err)
		}
		generations = append(generations, generation{sealer: sealer})
	}
	for i := range generations {
		sealed, err := generations[i].sealer.Seal([]byte("x"), nil)
		if err != nil {
			t.Fatal(err)
		}
		generations[i].sealed = sealed
	}
	for i, opening := range generations {
		for j, sealing := range generations {
			if i-j > 1 || j-i > 1 {
				continue // never side by side
			}
			if got, err := opening.sealer.Open(sealing.sealed, nil); err != nil || string(got) != "x" {
				t.Errorf("generation %d got %q, %v from generation %d", i, got, err, j)
			}
		}
	}
	oldest, added, promoted := generations[0], generations[1], generations[2]
	if got, err := promoted.sealer.Open(oldest.sealed, nil); err != nil || string(got) != "x" {
		t.Errorf("got %q, %v from what the oldest key sealed", got, err)
	}
	if !added.sealer.Current(oldest.sealed) || promoted.sealer.Current(oldest.sealed) || !promoted.sealer.Current(promoted.sealed) {
		t.Error("what is sealed by the present key is not told from what another sealed")
	}

	keys, err := DropKeys(config.NewSecret(keys))
	if err != nil {
		t.Fatal(err)
	}
	last, err := NewSealer(config.NewSecret(keys))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := last.Open(promoted.sealed, nil); err != nil || string(got) != "x" {
		t.Errorf("got %q, %v from the key that is left", got, err)
	}
	if _, err := last.Open(oldest.sealed, nil); err == nil {
		t.Error("a key that was dropped still opens")
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
	handle, err := macs.Handle()
	if err != nil {
		t.Fatal(err)
	}
	noAEAD, err := written(handle)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"empty": "", "no JSON": "hush", "no keys": "{}", "cut short": keys[:len(keys)/2], "no AEAD": noAEAD, "unknown field": `{"hush": 1}`,
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
