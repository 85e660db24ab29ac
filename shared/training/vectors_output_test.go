package training

import (
	"math"
	"strconv"
)

// segmentsSeries expands [[watts, seconds], …]; with the vectors' convention of one sample before the first second.
func segmentsSeries(segments []any, extraFirst bool) []int32 {
	var series []int32
	for i, segment := range segments {
		pair := numbers(segment)
		if i == 0 && extraFirst {
			series = append(series, int32(pair[0]))
		}
		for range int(pair[1]) {
			series = append(series, int32(pair[0]))
		}
	}
	return series
}

func wattSeries(watts []float64) []int32 {
	series := make([]int32, len(watts))
	for i, w := range watts {
		series[i] = int32(w)
	}
	return series
}

func checkAveragePower(v *verdict) {
	v.figure("average", MeanPower(segmentsSeries(asList(v.Inputs["power_segments"]), false)), want[any](v), "")
}

func checkNormalizedPower(v *verdict) {
	expected := want[fields](v)
	series := segmentsSeries(asList(v.Inputs["power_segments"]), true)
	v.equal("samples", len(series), expected["samples"])
	v.figure("np", NormalizedPower(series), expected["np"], "")
	v.figure("xpower", XPower(series), expected["xpower_25s"], "")
	v.figure("average", MeanPower(series), expected["avg"], "")
}

func checkDevicePower(v *verdict) {
	activity, ok := v.activity()
	if !ok {
		return
	}
	expected := want[fields](v)
	got := ComputeStreamFigures(activity.Summary, activity.Streams)
	v.figure("np", got.NormalizedPower, expected["script_np"], "script_np")
	v.figure("device's np", got.NormalizedPower, expected["device_np"], "device_np")
	v.same("samples", got.RecordedS+1, expected.number("samples"), "script_np")
}

func checkTSS(v *verdict) {
	intensity := IntensityFactor(Known(v.Inputs.number("np")), Measured(v.Inputs.number("ftp")))
	tss := PowerTSS(intensity, v.Inputs.number("duration_s"))
	if expected, both := want[any](v).(map[string]any); both {
		v.figure("intensity", intensity, expected["intensity_factor"], "")
		v.figure("tss", tss, expected["tss"], "")
		return
	}
	v.figure("tss", tss, want[any](v), "")
}

func checkDeviceTSS(v *verdict) {
	activity, ok := v.activity()
	if !ok {
		return
	}
	expected := want[fields](v)
	stream := ComputeStreamFigures(activity.Summary, activity.Streams)
	profile := Profile{Thresholds: Thresholds{FTP: Measured(v.Inputs.number("ftp"))}}
	got := Compute(activity.Summary, nil, &stream, profile).PowerTSS
	v.figure("tss", got, expected["script_tss"], "script_tss")
	v.figure("device's tss", got, expected["device_tss"], "device_tss")
}

func checkStravaAverages(v *verdict) {
	activity, ok := v.activity()
	if !ok {
		return
	}
	expected := want[fields](v)
	histogram, _ := NewHistogram(activity.Streams)
	v.figure("Strava's mean heart rate", histogram.MeanHR(), expected["strava_average_heartrate"], "")
	v.Tolerance = nil
	v.figure("mean heart rate", histogram.MeanHR(), expected["script_hr_mean_over_moving"], "")
}

func checkStravaWeighted(v *verdict) {
	activity, ok := v.activity()
	if !ok {
		return
	}
	expected := want[fields](v)
	got := ComputeStreamFigures(activity.Summary, activity.Streams)
	v.figure("Strava's weighted average", got.XPower, expected["strava"], "strava")
	v.figure("xpower", got.XPower, expected["script_xpower_25s"], "script")
	v.figure("np", got.NormalizedPower, expected["script_np"], "script")
}

func checkBestPower(v *verdict) {
	window := int(v.Inputs.number("window_s"))
	if watts := v.Inputs.list("watts"); len(watts) > 0 {
		// sauce4strava's convention: the first sample has no duration, so its series begins with the second.
		v.figure("best", BestMeanPower(wattSeries(watts[1:]), window), want[any](v), "")
		return
	}
	activity, ok := v.activity()
	if !ok {
		return
	}
	base := newTimeBase(&activity.Streams)
	series, _ := powerSeries(&activity.Streams, &base)
	expected := want[fields](v)
	v.figure("best", BestMeanPower(series, window), expected["script"], "script")
	v.figure("elevate's best", BestMeanPower(series, window), expected["elevate"], "elevate")
}

func checkMeanMax(v *verdict) {
	series := segmentsSeries([]any{[]any{100.0, 120.0}}, false)
	for range 4 {
		series = append(series, segmentsSeries([]any{[]any{300.0, 60.0}, []any{100.0, 60.0}}, false)...)
	}
	series = append(series, segmentsSeries([]any{[]any{100.0, 60.0}}, false)...)
	for text, watts := range want[map[string]float64](v) {
		seconds, _ := strconv.Atoi(text)
		v.figure("best over "+text, BestMeanPower(series, seconds), watts, "")
	}
}

func checkBestDistance(v *verdict) {
	got := BestTime(vectorStreams(v.Inputs), v.Inputs.number("distance_m"))
	if v.null() {
		v.figure("best time", got, nil, "")
		return
	}
	v.figure("best time", got, want[fields](v)["elapsed_s"], "")
}

func checkCriticalPower(v *verdict) {
	var efforts []BestPower
	seconds := v.Inputs.list("duration_s")
	for i, watts := range v.Inputs.list("power") {
		efforts = append(efforts, BestPower{Seconds: int(seconds[i]), Watts: watts})
	}
	fit, ok := FitCriticalPower(efforts)
	v.equal("fitted", ok, true)
	v.same("cp", fit.Watts, want[fields](v).number("cp"), "")
	v.same("w'", fit.WPrimeJ, want[fields](v).number("w_prime"), "")
}

func checkDecoupling(v *verdict) {
	ratios := v.Inputs.list("ratio")
	if power := v.Inputs.list("power"); len(power) > 0 {
		rates := v.Inputs.list("hr")
		ratios = []float64{power[0] / rates[0], power[1] / rates[1]}
	}
	v.figure("decoupling", DecouplingPercent(ratios[0], ratios[1]), want[any](v), "")
}

func checkRunningCost(v *verdict) {
	cost := RunningCost(v.Inputs.number("grade"))
	v.same("cost", cost, want[fields](v).number("j_per_kg_m"), "")
	v.same("ratio", cost/RunningCost(0), want[fields](v).number("ratio_to_flat"), "")
}

func checkMeasuredRunning(v *verdict) { checkMeasured(v, RunningCost) }

func checkMeasuredWalking(v *verdict) { checkMeasured(v, WalkingCost) }

func checkMeasured(v *verdict, cost func(float64) float64) {
	expected := want[fields](v)
	got := cost(v.Inputs.number("grade"))
	v.same("measured cost", got, expected.number("measured"), "measured")
	v.same("polynomial", got, expected.number("polynomial"), "polynomial")
}

func checkCostRatio(v *verdict) {
	v.same("ratio", RunningCost(v.Inputs.number("grade"))/RunningCost(0), want[fields](v).number("cost_ratio"), "")
}

func checkGAPSpeed(v *verdict) {
	got := v.Inputs.number("speed_mps") * RunningCost(v.Inputs.number("grade")) / RunningCost(0)
	v.same("gap speed", got, want[fields](v).number("gap_speed_mps"), "")
}

func checkGAPActivity(v *verdict) {
	activity, ok := v.activity()
	if !ok {
		return
	}
	stream := ComputeStreamFigures(activity.Summary, activity.Streams)
	got := Compute(activity.Summary, nil, &stream, Profile{})
	v.figure("gap", got.GAP, want[fields](v)["script_minetti_gap_s_per_km"], "script")
	pace := stream.IncludedS / stream.DistanceM.Value * 1000
	v.same("pace", pace, want[fields](v).number("script_pace_s_per_km"), "script")
}

func checkFlatDistance(v *verdict) {
	flat := 0.0
	for _, segment := range asList(v.Inputs["segments"]) {
		pair := numbers(segment)
		flat += pair[0] * RunningCost(pair[1]) / RunningCost(0)
	}
	v.same("flat distance", flat, want[float64](v), "")
}

func checkRTSS(v *verdict) {
	got := RTSS(Known(v.Inputs.number("gap_s_per_km")), Measured(v.Inputs.number("threshold_pace_s_per_km")),
		v.Inputs.number("moving_time_s"))
	v.figure("rtss", got, want[any](v), "")
}

func checkSTSS(v *verdict) {
	moving := v.Inputs.number("moving_time_s")
	pace := Measured(6000 / v.Inputs.number("threshold_m_per_min"))
	v.figure("stss", STSS(SwimIntensity(v.Inputs.number("distance_m"), moving, pace), moving), want[any](v), "")
}

func checkExternal(v *verdict) {
	distance := v.Inputs.number("distance_m")
	summary := Summary{SportType: v.Inputs.text("sport"), DistanceM: &distance}
	if gain, given := v.Inputs["elevation_gain_m"].(float64); given {
		summary.ElevationGainM = &gain
	}
	if speed, given := v.Inputs["avg_speed_mph"].(float64); given {
		summary.MovingS = pointer(distance / metresPerMile / speed * 3600)
	}
	got := ExternalKm(summary)
	if got.Known {
		got = Known(got.Value * 1000 / metresPerMile)
	}
	expected := want[any](v)
	if both, ok := expected.(map[string]any); ok {
		expected = both["load"]
	}
	v.figure("external load in miles", got, expected, "")
	if math.IsNaN(distance) {
		v.mistakes = append(v.mistakes, "no distance")
	}
}
