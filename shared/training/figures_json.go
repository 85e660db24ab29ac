package training

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strconv"
)

var errNotFinite = errors.New("write figures: a number is not finite")

// usualFigures is what the text of an activity's figures takes, in bytes; with many best efforts it is more.
const usualFigures = 2 << 10

// AppendJSON appends the figures as encoding/json writes them, field by field: thousands of activities are written at a time,
// each with some forty figures. A number that is not finite is an error.
func (f *Figures) AppendJSON(to []byte) ([]byte, error) {
	w := jsonWriter{to: slices.Grow(to, usualFigures)}
	w.open('{')
	w.key("formula_version").integer(f.FormulaVersion)
	w.key("quality").text(string(f.Quality))
	w.key("coverage").figure(f.Coverage)
	if len(f.Flags) > 0 {
		list(w.key("flags"), f.Flags, func(flag Flag) { w.text(string(flag)) })
	}
	w.key("trimp").figure(f.TRIMP)
	w.key("mean_hr").figure(f.MeanHR)
	w.key("peak_hr").figure(f.PeakHR)
	w.key("edwards").figure(f.Edwards)
	list(w.key("edwards_zone_s"), f.EdwardsS[:], w.number)
	w.key("lucia").figure(f.Lucia)
	list(w.key("lucia_zone_s"), f.LuciaS[:], w.number)
	w.key("heart_rate_zones").zones(&f.HeartRate)
	w.key("hrtss").figure(f.HRTSS)
	w.key("average_power").figure(f.AveragePower)
	w.key("normalized_power").figure(f.NormalizedPower)
	w.key("xpower").figure(f.XPower)
	w.key("intensity_factor").figure(f.IntensityFactor)
	w.key("variability_index").figure(f.VariabilityIndex)
	w.key("work_kj").figure(f.WorkKJ)
	w.key("power_tss").figure(f.PowerTSS)
	w.key("gap").figure(f.GAP)
	if f.GAPModel != "" {
		w.key("gap_model").text(f.GAPModel)
	}
	w.key("flat_equivalent_km").figure(f.FlatKm)
	w.key("rtss").figure(f.RTSS)
	w.key("stss").figure(f.STSS)
	w.key("session_rpe").figure(f.SessionRPE)
	w.key("relative_effort").figure(f.StravaEffort)
	w.key("tss").figure(f.TSS)
	if f.TSSMethod != "" {
		w.key("tss_method").text(string(f.TSSMethod))
	}
	w.key("external_km").figure(f.ExternalKm)
	if len(f.Decoupling) > 0 {
		w.key("decoupling").value(f.Decoupling)
	}
	if len(f.BestPower) > 0 {
		w.key("best_power").value(f.BestPower)
	}
	if len(f.BestDistance) > 0 {
		w.key("best_distance").value(f.BestDistance)
	}
	w.close('}')
	return w.to, w.err
}

// jsonWriter writes JSON without reflection.
type jsonWriter struct {
	to   []byte
	more bool  // a further element of what is open needs a comma
	err  error // the first that happened
}

func (w *jsonWriter) open(bracket byte) {
	w.to, w.more = append(w.to, bracket), false
}

func (w *jsonWriter) close(bracket byte) {
	w.to, w.more = append(w.to, bracket), true
}

// next begins an element.
func (w *jsonWriter) next() {
	if w.more {
		w.to = append(w.to, ',')
	}
	w.more = true
}

// key begins a member whose name needs no escaping.
func (w *jsonWriter) key(name string) *jsonWriter {
	w.next()
	w.to = append(append(append(w.to, '"'), name...), `":`...)
	return w
}

func (w *jsonWriter) literal(text string) { w.to = append(w.to, text...) }

func (w *jsonWriter) integer(n int) { w.to = strconv.AppendInt(w.to, int64(n), 10) }

func (w *jsonWriter) number(v float64) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		w.err = errNotFinite
		return
	}
	format := byte('f')
	if size := math.Abs(v); size != 0 && (size < 1e-6 || size >= 1e21) {
		format = 'e' // as encoding/json does
	}
	w.to = strconv.AppendFloat(w.to, v, format, -1, 64)
}

// list writes values one by one; nil is null.
func list[T any](w *jsonWriter, values []T, one func(T)) {
	if values == nil {
		w.literal("null")
		return
	}
	w.open('[')
	for _, value := range values {
		w.next()
		one(value)
	}
	w.close(']')
}

// text writes words of ours as they are, and leaves what needs care to encoding/json.
func (w *jsonWriter) text(s string) {
	for i := range len(s) {
		if c := s[i]; c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			w.value(s)
			return
		}
	}
	w.to = append(append(append(w.to, '"'), s...), '"')
}

// value writes what is rare or short as encoding/json does.
func (w *jsonWriter) value(v any) {
	text, err := json.Marshal(v)
	if err != nil && w.err == nil {
		w.err = err
	}
	w.to = append(w.to, text...)
}

// figure writes the value, or null and the reason.
func (w *jsonWriter) figure(f Figure) {
	w.open('{')
	if f.Known {
		w.key("value").number(f.Value)
	} else {
		w.key("value").literal("null")
		w.key("reason").text(string(f.why()))
	}
	w.close('}')
}

func (w *jsonWriter) zones(z *ZoneTable) {
	w.open('{')
	w.key("method").text(string(z.Method))
	if z.Estimated {
		w.key("estimated").literal("true")
	}
	w.key("first").integer(z.First)
	list(w.key("bounds"), z.Bounds, w.integer)
	list(w.key("seconds"), z.Seconds, w.number)
	if z.Reason != "" {
		w.key("reason").text(string(z.Reason))
	}
	w.close('}')
}
