package training

import (
	"encoding/json"
	"math"
	"math/rand"
	"reflect"
	"testing"
	"testing/quick"
)

// What is written field by field is what encoding/json makes of the struct's tags, so that a field added one day is not forgotten.
func TestFiguresAreWrittenAsTheirTagsSay(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewSource(7))
	check := func(figures Figures) {
		t.Helper()
		byTags, err := json.Marshal(figures)
		if err != nil {
			t.Fatal(err)
		}
		written, err := figures.AppendJSON(nil)
		if err != nil {
			t.Fatal(err)
		}
		var want, got any
		if err := json.Unmarshal(byTags, &want); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(written, &got); err != nil {
			t.Fatalf("%v in %s", err, written)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("written:\n%s\nby the tags:\n%s", written, byTags)
		}
	}
	check(Figures{})
	for range 500 {
		// A value of many fields has no room left for its lists.
		figures := anything[Figures](t, random)
		figures.Flags, figures.HeartRate = anything[[]Flag](t, random), anything[ZoneTable](t, random)
		figures.Decoupling, figures.BestPower = anything[[]Decoupling](t, random), anything[[]BestPower](t, random)
		figures.BestDistance = anything[[]BestDistance](t, random)
		check(figures)
	}
}

func anything[T any](t *testing.T, random *rand.Rand) T {
	t.Helper()
	value, ok := quick.Value(reflect.TypeFor[T](), random)
	if !ok {
		t.Fatal("no value")
	}
	return value.Interface().(T)
}

func TestFiguresThatAreNoNumbersAreNotWritten(t *testing.T) {
	t.Parallel()
	for _, wrong := range []Figures{
		{TRIMP: Figure{Value: math.NaN(), Known: true}}, {LuciaS: [3]float64{0, math.Inf(1)}},
		{HeartRate: ZoneTable{Seconds: []float64{math.Inf(-1)}}}, {BestPower: []BestPower{{Watts: math.NaN()}}},
	} {
		if text, err := wrong.AppendJSON(nil); err == nil {
			t.Errorf("written as %s", text)
		}
	}
}
