package training

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// histogramFormat is the first byte of a stored histogram.
const histogramFormat = 1

var errHistogram = errors.New("not a stored histogram")

// MarshalBinary packs h into one to two bytes per beat between its lowest and highest heart rate, about 150 bytes an
// activity: format, included seconds, artefact seconds, lowest beat, count of beats, seconds of each; all but the
// format as unsigned varints.
func (h Histogram) MarshalBinary() ([]byte, error) {
	lowest, highest := lowestHeartRate, highestHeartRate
	for lowest <= highestHeartRate && h.Seconds[lowest] == 0 {
		lowest++
	}
	for highest >= lowest && h.Seconds[highest] == 0 {
		highest--
	}
	count := highest - lowest + 1
	if count <= 0 {
		lowest, count = lowestHeartRate, 0
	}
	packed := make([]byte, 0, 16+2*count)
	packed = append(packed, histogramFormat)
	packed = binary.AppendUvarint(packed, uint64(h.IncludedS))
	packed = binary.AppendUvarint(packed, uint64(h.ArtefactS))
	packed = binary.AppendUvarint(packed, uint64(lowest))
	packed = binary.AppendUvarint(packed, uint64(count))
	for _, seconds := range h.Seconds[lowest : lowest+count] {
		packed = binary.AppendUvarint(packed, uint64(seconds))
	}
	return packed, nil
}

// UnmarshalBinary reads what MarshalBinary wrote. It refuses anything whose parts exceed the whole, so that no stored
// histogram can give a coverage above 1.
func (h *Histogram) UnmarshalBinary(packed []byte) error {
	if len(packed) == 0 || packed[0] != histogramFormat {
		return fmt.Errorf("read histogram: %w: unknown format", errHistogram)
	}
	rest := packed[1:]
	next := func() uint64 {
		value, size := binary.Uvarint(rest)
		if size <= 0 || value > math.MaxUint32 {
			rest = nil
			return math.MaxUint64
		}
		rest = rest[size:]
		return value
	}
	included, artefact, lowest, count := next(), next(), next(), next()
	if count > highestHeartRate || lowest < lowestHeartRate || lowest+count > highestHeartRate+1 {
		return fmt.Errorf("read histogram: %w: beats out of range", errHistogram)
	}
	read := Histogram{IncludedS: uint32(included), ArtefactS: uint32(artefact)}
	total := artefact
	for beat := lowest; beat < lowest+count; beat++ {
		seconds := next()
		if seconds > math.MaxUint32 {
			return fmt.Errorf("read histogram: %w: cut short", errHistogram)
		}
		read.Seconds[beat] = uint32(seconds)
		total += seconds
	}
	if len(rest) != 0 {
		return fmt.Errorf("read histogram: %w: trailing bytes", errHistogram)
	}
	if included > math.MaxUint32 || total > included {
		return fmt.Errorf("read histogram: %w: more seconds than included", errHistogram)
	}
	*h = read
	return nil
}
