package training

import "fmt"

// Markers of missing samples, beside NaN in the float arrays.
const (
	MissingHeartRate = 0  // in Streams.HeartRate
	MissingWatts     = -1 // in Streams.Watts; every negative value is missing
	MissingCadence   = -1 // in Streams.Cadence; every negative value is missing
)

// Streams are the samples of one activity. Time is required; every other array is nil when the activity has no such
// stream, else exactly as long as Time. Order is as recorded: nothing is dropped or sorted.
type Streams struct {
	Time      []int32   // seconds since the start; duplicates and jumps are allowed
	Distance  []float64 // metres since the start; NaN = missing
	Altitude  []float64 // metres above sea level; NaN = missing
	Velocity  []float64 // metres per second, smoothed by the recorder; NaN = missing
	HeartRate []uint8   // beats per minute; MissingHeartRate = missing, values above 255 stand as 255
	Watts     []int16   // power in watts; MissingWatts = missing
	Cadence   []int16   // revolutions or steps of one leg per minute; MissingCadence = missing
	Moving    []bool    // whether the recorder took the athlete to be moving
}

// Len returns the number of samples.
func (s *Streams) Len() int { return len(s.Time) }

// Validate says which array has a length other than Time's. Streams that break this give absent figures.
func (s *Streams) Validate() error {
	n := len(s.Time)
	for _, array := range []struct {
		name   string
		length int
		absent bool
	}{
		{"distance", len(s.Distance), s.Distance == nil},
		{"altitude", len(s.Altitude), s.Altitude == nil},
		{"velocity", len(s.Velocity), s.Velocity == nil},
		{"heart rate", len(s.HeartRate), s.HeartRate == nil},
		{"watts", len(s.Watts), s.Watts == nil},
		{"cadence", len(s.Cadence), s.Cadence == nil},
		{"moving", len(s.Moving), s.Moving == nil},
	} {
		if !array.absent && array.length != n {
			return fmt.Errorf("check streams: %s has %d samples, time has %d", array.name, array.length, n)
		}
	}
	return nil
}
