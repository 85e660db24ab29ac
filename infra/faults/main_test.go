package faults_test

import (
	"context"
	"flag"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/train-d/train-d/infra/stage"
	"github.com/train-d/train-d/shared/secret"
)

var (
	full    = flag.Bool("full", false, "run the whole fault matrix, not a sample of it")
	seed    = flag.Uint64("seed", 0, "what decides about samples and about the order of faults; 0 takes any")
	longest = flag.Duration("longest", 3*time.Second, "pauses of the freeze and thaw proof up to this one")
	soak    = flag.Duration("soak", 0, "how long the soak lasts; 0 leaves it out")
)

// programs are the paths of the programs by function, staged and built once.
var programs = sync.OnceValues(func() (map[string]string, error) {
	root, err := filepath.Abs("../..")
	if err != nil {
		return nil, err
	}
	repository, err := stage.Open(context.Background(), root)
	if err != nil {
		return nil, err
	}
	built := map[string]string{}
	for _, name := range []string{"onboarding", "sync"} {
		staged, err := repository.Stage(context.Background(), name)
		if err != nil {
			return nil, err
		}
		if built[name], err = stage.Build(context.Background(), staged); err != nil {
			return nil, err
		}
	}
	return built, nil
})

// keyset seals nothing of value.
var keyset = sync.OnceValues(secret.NewKeyset)

// chance is a source of random numbers that the printed seed gives again.
func chance(t *testing.T) *rand.Rand {
	t.Helper()
	if *seed == 0 {
		*seed = rand.Uint64()
	}
	t.Logf("-seed %d", *seed)
	return rand.New(rand.NewPCG(*seed, 0))
}

// until waits for a condition.
func until(ctx context.Context, what string, met func() bool) error {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !met() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return &waitedInVain{what}
		}
	}
	return nil
}

type waitedInVain struct{ what string }

func (w *waitedInVain) Error() string { return "waited in vain for " + w.what }
