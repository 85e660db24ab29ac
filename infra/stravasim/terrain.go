package stravasim

import (
	"math"
	"math/rand/v2"
)

// knotSpacing is the distance in metres between two heights of the terrain; between them it is straight.
const knotSpacing = 40.0

// terrain is a height profile over the distance travelled.
type terrain struct {
	base    float64
	heights []float64
}

// newTerrain lays out a course that is long enough for metres: hills of the given height scale as the sum of three
// waves, so that climbs have lengths of hundreds of metres to some kilometres and no grade is steeper than the sport
// of the profile meets. A height of 0 gives a flat course.
func newTerrain(r *rand.Rand, metres, height float64) terrain {
	n := int(metres/knotSpacing) + 3
	t := terrain{base: math.Round(40 + 300*r.Float64()), heights: make([]float64, n)}
	if height == 0 {
		return t
	}
	lengths := [3]float64{2600 + 2200*r.Float64(), 900 + 500*r.Float64(), 330 + 150*r.Float64()}
	shares := [3]float64{0.62, 0.26, 0.07}
	var phases [3]float64
	for i := range phases {
		phases[i] = 2 * math.Pi * r.Float64()
	}
	for i := range t.heights {
		d := float64(i) * knotSpacing
		for k := range lengths {
			t.heights[i] += height * shares[k] * (1 + math.Sin(2*math.Pi*d/lengths[k]+phases[k])) / 2
		}
	}
	return t
}

// at returns height in metres and grade as a fraction at a distance.
func (t terrain) at(distance float64) (height, grade float64) {
	knot := distance / knotSpacing
	i := min(int(knot), len(t.heights)-2)
	a, b := t.heights[i], t.heights[i+1]
	return t.base + a + (b-a)*(knot-float64(i)), (b - a) / knotSpacing
}
