package strava

import (
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/train-d/train-d/shared/training"
)

// referenceDir is the folder of reference data; the test is skipped where there is none.
func referenceDir(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("TRAIND_REFERENCE_DIR")
	if dir == "" {
		t.Skip("TRAIND_REFERENCE_DIR is not set: real-shape responses are not checked")
	}
	return dir
}

// sameStreams says the first difference, empty where there is none. NaN equals NaN.
func sameStreams(got, want training.Streams) string {
	for _, difference := range []string{
		sameSamples("time", got.Time, want.Time), sameSamples("heart rate", got.HeartRate, want.HeartRate),
		sameSamples("watts", got.Watts, want.Watts), sameSamples("cadence", got.Cadence, want.Cadence),
		sameSamples("moving", got.Moving, want.Moving), sameSamples("distance", bits(got.Distance), bits(want.Distance)),
		sameSamples("altitude", bits(got.Altitude), bits(want.Altitude)),
		sameSamples("velocity", bits(got.Velocity), bits(want.Velocity)),
	} {
		if difference != "" {
			return difference
		}
	}
	return ""
}

func sameSamples[T comparable](name string, got, want []T) string {
	if len(got) != len(want) {
		return fmt.Sprintf("%s has %d samples, want %d", name, len(got), len(want))
	}
	for i := range got {
		if got[i] != want[i] {
			return fmt.Sprintf("%s differs at sample %d: got %v, want %v", name, i, got[i], want[i])
		}
	}
	return ""
}

// bits makes floats comparable to the last bit, all NaN alike.
func bits(values []float64) []uint64 {
	all := make([]uint64, len(values))
	for i, v := range values {
		if math.IsNaN(v) {
			v = math.NaN()
		}
		all[i] = math.Float64bits(v)
	}
	return all
}
