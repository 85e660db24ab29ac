package training

import "math"

// vectorChecks holds, per metric, how a vector is compared with this package.
var vectorChecks = map[string]func(*verdict){
	"banister_trimp_avg":            checkAverageTRIMP,
	"banister_trimp_stream":         checkStreamTRIMP,
	"edwards_trimp":                 checkEdwards,
	"edwards_zone":                  checkEdwardsZone,
	"hrtss":                         checkHRTSS,
	"lthr_default":                  checkLTHR,
	"lucia_trimp":                   checkLucia,
	"lucia_zone":                    checkLuciaZone,
	"session_rpe":                   checkSessionRPE,
	"time_in_zone_index":            checkZoneIndex,
	"local_day":                     checkLocalDay,
	"average_power":                 checkAveragePower,
	"best_effort_distance":          checkBestDistance,
	"best_effort_power":             checkBestPower,
	"critical_power_2p":             checkCriticalPower,
	"decoupling":                    checkDecoupling,
	"equivalent_flat_distance":      checkFlatDistance,
	"external_load_miles_peer":      checkExternal,
	"gap_activity":                  checkGAPActivity,
	"gap_speed":                     checkGAPSpeed,
	"mean_max":                      checkMeanMax,
	"minetti_cost_running":          checkRunningCost,
	"minetti_measured_running":      checkMeasuredRunning,
	"minetti_measured_walking":      checkMeasuredWalking,
	"minetti_ratio_peer":            checkCostRatio,
	"normalized_power":              checkNormalizedPower,
	"normalized_power_device":       checkDevicePower,
	"rtss":                          checkRTSS,
	"strava_average_watts":          checkStravaAverages,
	"strava_weighted_average_watts": checkStravaWeighted,
	"stss":                          checkSTSS,
	"tss":                           checkTSS,
	"tss_device":                    checkDeviceTSS,
	"acwr_ewma_williams":            checkEWMA,
	"acwr_rolling":                  checkRolling,
	"banister_impulse_response":     checkImpulseResponse,
	"ctl_atl":                       checkFitness,
	"ctl_atl_tsb":                   checkFitnessDays,
	"ctl_decay":                     checkDecay,
	"ctl_warmup":                    checkWarmUp,
	"ewma_constants":                checkConstants,
	"monotony_strain":               checkMonotony,
	"normalized_divergence":         checkDivergence,
	"ramp_rate":                     checkRamp,
	"strain":                        checkStrain,
	"tsb_tomorrow":                  checkTSB,
}

// heartRates reads rest_hr, max_hr and lthr of a vector.
func (f fields) heartRates() (Sex, Thresholds) {
	thresholds := Thresholds{RestingHR: Measured(f.number("rest_hr")), MaxHR: Measured(f.number("max_hr"))}
	if lthr, given := f["lthr"].(float64); given {
		thresholds.LTHR = Measured(lthr)
	}
	if thresholds.RestingHR.Value == 0 { // a peer's example without resting heart rate; ours reads 0 as not known
		thresholds.RestingHR.Value = math.SmallestNonzeroFloat64
	}
	return ParseStravaSex(f.text("sex")), thresholds
}

func checkAverageTRIMP(v *verdict) {
	sex, thresholds := v.Inputs.heartRates()
	got := AverageTRIMP(sex, thresholds, v.Inputs.number("avg_hr"), v.Inputs.number("duration_s"))
	v.figure("trimp", got, want[any](v), "")
}

func checkStreamTRIMP(v *verdict) {
	sex, thresholds := v.Inputs.heartRates()
	histogram, _ := NewHistogram(vectorStreams(v.Inputs))
	expected := want[fields](v)
	v.figure("trimp", histogram.TRIMP(sex, thresholds), expected["trimp"], "")
	v.same("total_s", float64(histogram.IncludedS), expected.number("total_s"), "")
	if valid, given := expected["valid_s"].(float64); given {
		v.same("valid_s", histogram.ValidS(), valid, "")
	}
	if coverage, given := expected["coverage"].(float64); given {
		v.same("coverage", histogram.Coverage(), coverage, "")
	}
}

// vectorStreams builds the streams a vector describes as segments, ranges of time, or samples.
func vectorStreams(in fields) Streams {
	var s Streams
	beats := func(rate float64) uint8 {
		if math.IsNaN(rate) {
			return MissingHeartRate
		}
		return uint8(min(rate, 255))
	}
	for _, segment := range asList(in["hr_segments"]) {
		pair := numbers(segment)
		if len(s.Time) == 0 {
			s.Time, s.HeartRate = append(s.Time, 0), append(s.HeartRate, beats(pair[0]))
		}
		for range int(pair[1]) {
			s.Time = append(s.Time, int32(len(s.Time)))
			s.HeartRate = append(s.HeartRate, beats(pair[0]))
		}
	}
	for _, span := range asList(in["time_ranges"]) {
		bounds := numbers(span)
		for at := bounds[0]; at <= bounds[1]; at += bounds[2] {
			s.Time = append(s.Time, int32(at))
			s.HeartRate = append(s.HeartRate, beats(in.number("heartrate_const")))
		}
	}
	for _, at := range in.list("time") {
		s.Time = append(s.Time, int32(at))
	}
	for _, rate := range in.list("heartrate") {
		s.HeartRate = append(s.HeartRate, beats(rate))
	}
	for _, flag := range asList(in["moving"]) {
		s.Moving = append(s.Moving, flag.(bool))
	}
	if distance := in.list("distance"); len(distance) > 0 {
		s.Distance = distance
	}
	return s
}

func asList(value any) []any { list, _ := value.([]any); return list }

// zoned returns a histogram with the given seconds at the given heart rates.
func zoned(rates []int, seconds []float64) Histogram {
	var histogram Histogram
	for i, rate := range rates {
		histogram.Seconds[rate] += uint32(seconds[i])
		histogram.IncludedS += uint32(seconds[i])
	}
	return histogram
}

func checkEdwards(v *verdict) {
	histogram := zoned([]int{110, 130, 150, 170, 190}, v.Inputs.list("zone_seconds"))
	got, _ := histogram.Edwards(Thresholds{MaxHR: Measured(200)})
	v.figure("edwards", got, want[any](v), "")
}

func checkEdwardsZone(v *verdict) {
	expected := want[[]int](v)
	for i, rate := range v.Inputs.list("hr") {
		v.equal("zone", EdwardsZone(int(rate), v.Inputs.number("max_hr")), expected[i])
	}
}

func checkHRTSS(v *verdict) {
	sex, thresholds := v.Inputs.heartRates()
	var trimp Figure
	if given, ok := v.Inputs["trimp"].(float64); ok {
		trimp = Known(given)
	} else {
		trimp = AverageTRIMP(sex, thresholds, v.Inputs.number("avg_hr"), v.Inputs.number("duration_s"))
	}
	got := HRTSS(trimp, sex, thresholds)
	if floor, ok := want[any](v).(map[string]any); ok {
		v.same("floor of hrtss", math.Floor(got.Value), floor["floor"].(float64), "")
		return
	}
	v.figure("hrtss", got, want[any](v), "")
}

func checkLTHR(v *verdict) {
	_, thresholds := v.Inputs.heartRates()
	got := thresholds.WithDefaults(0).LTHR
	v.equal("estimated", got.Estimated, true)
	v.same("lthr", got.Value, want[float64](v), "")
}

func checkLucia(v *verdict) {
	histogram := zoned([]int{100, 150, 180}, v.Inputs.list("zone_seconds"))
	got, _ := histogram.Lucia(Thresholds{VT1: Measured(140), VT2: Measured(165)})
	v.figure("lucia", got, want[any](v), "")
}

func checkLuciaZone(v *verdict) {
	expected := want[[]int](v)
	for i, rate := range v.Inputs.list("hr") {
		v.equal("zone", LuciaZone(int(rate), v.Inputs.number("vt1_hr"), v.Inputs.number("vt2_hr")), expected[i])
	}
}

func checkZoneIndex(v *verdict) {
	var bounds []int
	for _, zone := range asList(v.Inputs["zones"])[1:] {
		bounds = append(bounds, int(numbers(zone)[0]))
	}
	table := ZoneBounds(Profile{Zones: ZoneSettings{Method: ZonesCustom, Bounds: bounds}})
	expected := want[[]int](v)
	for i, rate := range v.Inputs.list("hr") {
		v.equal("zone index", table.Zone(int(rate))-table.First, expected[i])
	}
}

func checkSessionRPE(v *verdict) {
	summary := Summary{MovingS: pointer(v.Inputs.number("duration_s"))}
	if exertion, given := v.Inputs["rpe_cr10"].(float64); given {
		summary.PerceivedExertion = &exertion
	}
	v.figure("session rpe", SessionRPE(summary), want[any](v), "")
}

func checkLocalDay(v *verdict) {
	day, err := LocalDay(v.Inputs.text("start_date_local"))
	if err != nil {
		v.mistakes = append(v.mistakes, err.Error())
	}
	v.equal("day", day, want[string](v))
}
