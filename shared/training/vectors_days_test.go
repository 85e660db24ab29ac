package training

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

func checkRolling(v *verdict) {
	daily := v.Inputs.list("daily")
	if v.null() {
		v.figure("coupled", CoupledRatio(daily), nil, "")
		v.figure("uncoupled", UncoupledRatio(daily), nil, "")
		return
	}
	expected, prefix := want[fields](v), ""
	if published, given := expected["published_ratio"]; given {
		v.figure("published ratio", CoupledRatio(daily), published, "published")
		expected, prefix = expected.nested("script"), "script"
	}
	v.figure("acute", sumsOf(daily).acute(), expected["acute"], prefix)
	v.figure("chronic", sumsOf(daily).chronic(), expected["chronic_coupled"], prefix)
	v.figure("coupled", CoupledRatio(daily), expected["ratio_coupled"], prefix)
	v.figure("uncoupled", UncoupledRatio(daily), expected["ratio_uncoupled"], prefix)
}

func checkEWMA(v *verdict) {
	var ewma WilliamsEWMA
	for _, load := range v.Inputs.list("daily") {
		ewma.Add(load)
	}
	expected, prefix := want[fields](v), ""
	if published, given := expected["published_ratio"]; given {
		v.figure("published ratio", ewma.Ratio(), published, "published")
		expected, prefix = expected.nested("script"), "script"
	}
	v.same("acute", ewma.Acute, expected.number("acute"), prefix)
	v.same("chronic", ewma.Chronic, expected.number("chronic"), prefix)
	v.figure("ratio", ewma.Ratio(), expected["ratio"], prefix)
}

// checkImpulseResponse holds Banister's sums Σ load·e^(−days/τ), which are CTL or ATL divided by the weight of a day.
func checkImpulseResponse(v *verdict) {
	var fitness Fitness
	var loads []float64
	var last int
	daily := v.Inputs.text("daily")
	if _, err := fmt.Sscanf(daily, "100 per day, days 0..%d", &last); err == nil {
		for range last + 1 {
			loads = append(loads, 100)
		}
	} else if strings.HasPrefix(daily, "1000 on day 0") {
		loads = append([]float64{1000}, make([]float64, int(v.Inputs.number("day")))...)
	}
	for _, load := range loads {
		fitness.Add(load)
	}
	expected := want[fields](v)
	if script, single := expected["script"].(float64); single {
		v.same("rounded", fitness.CTL/ctlAlpha, expected.number("runalyze_rounded"), "rounded")
		v.same("fitness", fitness.CTL/ctlAlpha, script, "script")
		return
	}
	rounded := expected.nested("runalyze_rounded")
	v.same("rounded fitness", fitness.CTL/ctlAlpha, rounded.number("fitness"), "rounded")
	v.same("rounded fatigue", fitness.ATL/atlAlpha, rounded.number("fatigue"), "rounded")
	v.same("fitness", fitness.CTL/ctlAlpha, expected.number("script_fitness"), "script")
	v.same("fatigue", fitness.ATL/atlAlpha, expected.number("script_fatigue"), "script")
}

func checkFitness(v *verdict) {
	if convention := v.Inputs.text("convention"); !strings.HasPrefix(convention, "1-exp(-1/tau)") {
		v.skipped = "convention " + convention + "; ours is 1−e^(−1/τ) (§1.10)"
		return
	}
	fitness := Fitness{CTL: v.Inputs.number("seed"), ATL: v.Inputs.number("seed")}
	expected := want[fields](v)
	for i, load := range v.Inputs.list("daily") {
		fitness.Add(load)
		v.same("ctl", fitness.CTL, expected.list("ctl")[i], "")
		v.same("atl", fitness.ATL, expected.list("atl")[i], "")
	}
}

func checkFitnessDays(v *verdict) {
	first, err := ParseDate(v.Inputs.text("first_day"))
	last, err2 := ParseDate(v.Inputs.text("day"))
	if err != nil || err2 != nil {
		v.mistakes = append(v.mistakes, fmt.Sprint(err, err2))
		return
	}
	var days []DaySum
	for text, load := range v.Inputs.nested("daily_loads") {
		day, _ := ParseDate(text)
		days = append(days, DaySum{Day: day, TRIMP: load.(float64), Scored: 1})
	}
	series, err := DailySeries(days, first, last, SeriesSettings{})
	if err != nil {
		v.mistakes = append(v.mistakes, err.Error())
		return
	}
	at := last.Sub(first)
	expected := want[fields](v)
	v.figure("ctl", series.CTL.At(at), expected.nested("script")["ctl"], "script")
	v.figure("atl", series.ATL.At(at), expected.nested("script")["atl"], "script")
	v.figure("tsb", series.TSB.At(at), expected.nested("script")["tsb_prev_day"], "script")
	floor := expected.nested("elevate_floor2")
	v.equal("ctl to two decimals", math.Floor(series.CTL.Values[at]*100)/100, floor["ctl"])
	v.equal("atl to two decimals", math.Floor(series.ATL.Values[at]*100)/100, floor["atl"])
	v.equal("tsb to two decimals", math.Floor(series.TSB.Values[at]*100)/100, floor["tsb"])
}

func checkDecay(v *verdict) {
	fitness := Fitness{CTL: v.Inputs.number("ctl0"), ATL: v.Inputs.number("atl0")}
	for range int(v.Inputs.number("rest_days")) {
		fitness.Add(0)
	}
	v.same("ctl", fitness.CTL, want[fields](v).number("ctl"), "")
	v.same("atl", fitness.ATL, want[fields](v).number("atl"), "")
}

func checkWarmUp(v *verdict) {
	var fitness Fitness
	for range int(v.Inputs.number("day")) {
		fitness.Add(100)
	}
	v.same("ctl", fitness.CTL, want[fields](v).number("ctl"), "")
	v.same("atl", fitness.ATL, want[fields](v).number("atl"), "")
}

func checkConstants(v *verdict) {
	expected := want[fields](v).list("one_minus_exp")
	v.same("ctl weight", ctlAlpha, expected[0], "")
	v.same("atl weight", atlAlpha, expected[1], "")
}

func checkMonotony(v *verdict) {
	daily := v.Inputs.list("daily")
	expected, prefix := want[fields](v), ""
	if published := expected.nested("published"); published != nil {
		v.figure("published monotony", Monotony(daily), published["monotony"], "published")
		v.figure("published strain", Strain(daily), published["strain"], "published")
		expected, prefix = expected.nested("script"), "script"
	}
	v.figure("monotony", Monotony(daily), expected["monotony"], prefix)
	v.figure("strain", Strain(daily), expected["strain"], prefix)
}

func checkStrain(v *verdict) {
	v.figure("strain", rollingSums{week: v.Inputs.number("weekly_load")}.strain(Known(v.Inputs.number("monotony"))), want[any](v), "")
}

func checkDivergence(v *verdict) {
	read := func(key string) Figure {
		if value, given := v.Inputs[key].(float64); given {
			return Known(value)
		}
		return Absent(ReasonShortHistory)
	}
	v.figure("divergence", Divergence(read("external_acwr"), read("internal_acwr")), want[any](v), "")
}

func checkRamp(v *verdict) {
	var load, days [2]float64
	if _, err := fmt.Sscanf(v.Inputs.text("daily"), "%f x %f d then %f x %f d", &load[0], &days[0], &load[1], &days[1]); err != nil {
		v.mistakes = append(v.mistakes, err.Error())
		return
	}
	var sums []DaySum
	for phase := range load {
		for range int(days[phase]) {
			sums = append(sums, DaySum{Day: Date(len(sums)), TRIMP: load[phase], Scored: 1})
		}
	}
	last := len(sums) - 1
	series, err := DailySeries(sums, 0, Date(last), SeriesSettings{})
	if err != nil {
		v.mistakes = append(v.mistakes, err.Error())
		return
	}
	for key, value := range want[fields](v) {
		if day, isDay := strings.CutPrefix(key, "ctl_day"); isDay {
			number, _ := strconv.Atoi(day)
			v.figure(key, series.CTL.At(number-1), value, "")
		}
	}
	v.figure("ramp", series.Ramp.At(last), want[fields](v)["ramp_7d"], "")
}

func checkTSB(v *verdict) {
	fitness := Fitness{CTL: v.Inputs.number("ctl_today"), ATL: v.Inputs.number("atl_today")}
	fitness.Add(50)
	v.same("tsb", fitness.TSB, want[float64](v), "")
}
