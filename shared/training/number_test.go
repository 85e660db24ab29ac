package training

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
)

// The fast text of a rounded number is the shortest text of the float that rounding gives.
func TestAppendNumberEqualsTheShortestTextOfTheRoundedNumber(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	check := func(value float64, decimals int) {
		t.Helper()
		scale := math.Pow10(decimals)
		rounded := math.Round(value*scale)/scale + 0 // no "-0" for people
		want := strconv.FormatFloat(rounded, 'f', -1, 64)
		if got := string(appendNumber(nil, value, decimals)); got != want {
			t.Errorf("%v with %d decimals is written %s, want %s", value, decimals, got, want)
		}
	}
	for _, value := range []float64{0, math.Copysign(0, -1), 1, -1, 10, 100, 0.1, -0.05, 0.00004, -0.00004, 0.00005, 0.09999,
		0.99995, 99.99995, 12.5, 1e9, 123456.7891} {
		for decimals := range 7 {
			check(value, decimals)
		}
	}
	for range 200_000 {
		check((random.Float64()-0.5)*math.Pow10(random.IntN(9)), random.IntN(6))
	}
}

func TestAppendNumberKeepsWhatIsTooLargeToRound(t *testing.T) {
	t.Parallel()
	for _, value := range []float64{1e16, -1e300, math.MaxFloat64} {
		if got, want := string(appendNumber(nil, value, 4)), strconv.FormatFloat(value, 'f', -1, 64); got != want {
			t.Errorf("%v is written %s, want %s", value, got, want)
		}
	}
	if got := string(appendNumber(nil, math.NaN(), 4)); got != "null" {
		t.Errorf("NaN is written %s", got)
	}
}
