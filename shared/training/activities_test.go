package training

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"testing"
)

// expectedActivity is one entry of activity_expected.json.
type expectedActivity struct {
	RecordedS   float64    `json:"recorded_s"`
	IncludedS   float64    `json:"included_s"`
	ValidS      float64    `json:"hr_valid_s"`
	Coverage    float64    `json:"hr_coverage"`
	MeanHR      *float64   `json:"mean_hr"`
	Edwards     *float64   `json:"edwards"`
	EdwardsS    [6]float64 `json:"edwards_zone_s"`
	TRIMPMale   *float64   `json:"banister_trimp_M"`
	HRTSSMale   *float64   `json:"hrtss_M"`
	FromMean    *float64   `json:"banister_trimp_from_mean_hr_M"`
	TRIMPFemale *float64   `json:"banister_trimp_F"`
	LuciaS      [3]float64 `json:"lucia_zone_s"`
	Lucia       *float64   `json:"lucia_trimp"`
	Zones       struct {
		Bounds  []int     `json:"bounds_ge"`
		Seconds []float64 `json:"seconds"`
	} `json:"time_in_hr_zones_s"`
	Power *struct {
		Length    int                `json:"series_len"`
		Average   float64            `json:"avg_w"`
		NP        float64            `json:"np_w"`
		XPower    float64            `json:"xpower_w"`
		VI        float64            `json:"vi"`
		Intensity float64            `json:"intensity_factor"`
		TSS       float64            `json:"tss"`
		Work      float64            `json:"work_kj"`
		Best      map[string]float64 `json:"best"`
	} `json:"power"`
	GAP *struct {
		Time     float64 `json:"time_s"`
		Distance float64 `json:"distance_m"`
		Flat     float64 `json:"equivalent_flat_m"`
		GAP      float64 `json:"gap_s_per_km"`
		RTSS     float64 `json:"rtss"`
	} `json:"gap_minetti"`
	Decoupling *struct {
		Signal  string     `json:"signal"`
		First   float64    `json:"ef_first"`
		Second  float64    `json:"ef_second"`
		Percent float64    `json:"percent"`
		HalfS   [2]float64 `json:"half_seconds"`
	} `json:"decoupling"`
}

// TestReferenceActivities holds the figures of recorded activities against independent results.
func TestReferenceActivities(t *testing.T) {
	t.Parallel()
	var reference struct {
		Profile map[string]any             `json:"profile"`
		Tol     struct{ Rel float64 }      `json:"tolerance"`
		Expect  map[string]json.RawMessage `json:"activities"`
	}
	readJSON(t, &reference, referenceDir(t), "activity_expected.json")
	activities := referenceActivities(t)
	profile := referenceProfile(reference.Profile)
	for slug, raw := range reference.Expect {
		t.Run(slug, func(t *testing.T) {
			t.Parallel()
			activity, ok := activities[slug]
			if !ok {
				t.Skip("streams not in the reference folder")
			}
			var want expectedActivity
			if err := json.Unmarshal(raw, &want); err != nil {
				t.Fatal(err)
			}
			comparison := comparison{T: t, tolerance: reference.Tol.Rel}
			compareActivity(&comparison, activity, profile, want)
			t.Logf("%d figures, worst relative error %.1e", comparison.count, comparison.worst)
		})
	}
}

func referenceProfile(raw map[string]any) Profile {
	number := func(key string) Threshold { value, _ := raw[key].(float64); return Measured(value) }
	sex, _ := raw["sex"].(string)
	return Profile{Sex: ParseStravaSex(sex), Thresholds: Thresholds{
		RestingHR: number("rest_hr"), MaxHR: number("max_hr"), LTHR: number("lthr"), FTP: number("ftp_w"),
		VT1: number("vt1_hr"), VT2: number("vt2_hr"), ThresholdPace: number("threshold_pace_s_per_km"),
		SwimPace: Measured(6000 / number("swim_threshold_m_per_min").Value),
	}}
}

type comparison struct {
	*testing.T
	tolerance float64
	count     int
	worst     float64
}

func (c *comparison) number(name string, got, want float64) {
	c.Helper()
	c.count++
	c.worst = max(c.worst, relativeError(got, want))
	if relativeError(got, want) > c.tolerance || math.IsNaN(got) {
		c.Errorf("%s = %v, want %v (relative error %.2e)", name, got, want, relativeError(got, want))
	}
}

func (c *comparison) figure(name string, got Figure, want *float64) {
	c.Helper()
	switch {
	case want == nil && got.Known:
		c.Errorf("%s = %v, want none", name, got.Value)
	case want != nil && !got.Known:
		c.Errorf("%s is absent (%s), want %v", name, got.Reason, *want)
	case want != nil:
		c.number(name, got.Value, *want)
	}
}

func compareActivity(c *comparison, activity referenceActivity, profile Profile, want expectedActivity) {
	histogram, _ := NewHistogram(activity.Streams)
	stream := ComputeStreamFigures(activity.Summary, activity.Streams)
	got := Compute(activity.Summary, &histogram, &stream, profile)
	female := profile
	female.Sex = SexFemale
	c.number("recorded_s", stream.RecordedS, want.RecordedS)
	c.number("included_s", float64(histogram.IncludedS), want.IncludedS)
	c.number("hr_valid_s", histogram.ValidS(), want.ValidS)
	c.number("hr_coverage", histogram.Coverage(), want.Coverage)
	c.figure("mean_hr", got.MeanHR, want.MeanHR)
	c.figure("edwards", got.Edwards, want.Edwards)
	c.figure("trimp male", got.TRIMP, want.TRIMPMale)
	c.figure("trimp female", Compute(activity.Summary, &histogram, nil, female).TRIMP, want.TRIMPFemale)
	c.figure("lucia", got.Lucia, want.Lucia)
	if want.HRTSSMale != nil {
		c.figure("hrtss", got.HRTSS, want.HRTSSMale)
	}
	if want.FromMean != nil {
		c.figure("trimp from mean", AverageTRIMP(SexMale, profile.Thresholds, got.MeanHR.Value, want.IncludedS), want.FromMean)
	}
	for i, seconds := range want.EdwardsS {
		c.number("edwards zone", got.EdwardsS[i], seconds)
	}
	for i, seconds := range want.LuciaS {
		c.number("lucia zone", got.LuciaS[i], seconds)
	}
	if !slices.Equal(got.HeartRate.Bounds, want.Zones.Bounds) || !slices.Equal(got.HeartRate.Seconds, want.Zones.Seconds) {
		c.Errorf("zones = %v %v, want %v", got.HeartRate.Bounds, got.HeartRate.Seconds, want.Zones)
	}
	compareOrdered(c, got, stream, want)
}

// compareOrdered holds the figures that depend on the order of the samples.
func compareOrdered(c *comparison, got Figures, stream StreamFigures, want expectedActivity) {
	if power := want.Power; power != nil {
		c.number("series", stream.RecordedS+1, float64(power.Length))
		c.figure("average power", got.AveragePower, &power.Average)
		c.figure("normalized power", got.NormalizedPower, &power.NP)
		c.figure("xpower", got.XPower, &power.XPower)
		c.figure("variability", got.VariabilityIndex, &power.VI)
		c.figure("intensity", got.IntensityFactor, &power.Intensity)
		c.figure("tss", got.PowerTSS, &power.TSS)
		c.figure("work", got.WorkKJ, &power.Work)
		for text, watts := range power.Best {
			seconds, _ := strconv.Atoi(text)
			i := slices.IndexFunc(got.BestPower, func(b BestPower) bool { return b.Seconds == seconds })
			if i < 0 {
				c.Errorf("no best power over %d s", seconds)
				continue
			}
			c.number("best power "+text, got.BestPower[i].Watts, watts)
		}
	}
	if pace := want.GAP; pace != nil {
		c.number("gap time", stream.IncludedS, pace.Time)
		c.figure("gap distance", stream.DistanceM, &pace.Distance)
		c.figure("flat distance", stream.FlatM, &pace.Flat)
		c.figure("gap", got.GAP, &pace.GAP)
		c.figure("rtss", got.RTSS, &pace.RTSS)
	}
	if decoupling := want.Decoupling; decoupling != nil {
		i := slices.IndexFunc(got.Decoupling, func(d Decoupling) bool { return d.Signal == decoupling.Signal })
		if i < 0 {
			c.Fatalf("no decoupling of %s, only %v", decoupling.Signal, got.Decoupling)
		}
		c.number("ef first", got.Decoupling[i].EFFirst, decoupling.First)
		c.number("ef second", got.Decoupling[i].EFSecond, decoupling.Second)
		c.number("decoupling", got.Decoupling[i].Percent, decoupling.Percent)
		c.number("first half", got.Decoupling[i].HalfS[0], decoupling.HalfS[0])
		c.number("second half", got.Decoupling[i].HalfS[1], decoupling.HalfS[1])
	}
}

// TestDifficultRecordings holds what bad straps, pool swims and treadmills get: a figure with its weakness named, or none
// with its reason.
func TestDifficultRecordings(t *testing.T) {
	t.Parallel()
	activities := referenceActivities(t)
	compute := func(slug string, average *float64) Figures {
		activity, ok := activities[slug]
		if !ok {
			t.Skip("no recording " + slug)
		}
		summary := activity.Summary
		summary.AverageHR, summary.MovingS = average, pointer(3000.0)
		histogram, _ := NewHistogram(activity.Streams)
		stream := ComputeStreamFigures(summary, activity.Streams)
		return Compute(summary, &histogram, &stream, testProfile)
	}
	absent(t, "234-bpm strap", compute("weighttraining-bad-hr-234bpm", pointer(234.0)).TRIMP, ReasonBadHeartRate)
	absent(t, "its peak", compute("weighttraining-bad-hr-234bpm", pointer(234.0)).PeakHR, ReasonBadHeartRate)
	zero := compute("virtualride-hr-all-zero", nil)
	absent(t, "all-zero strap", zero.TRIMP, ReasonNoHeartRate)
	if zero.TSSMethod != TSSByPower {
		t.Errorf("all-zero strap: TSS by %q, want power", zero.TSSMethod)
	}
	if got := compute("run-treadmill-noaltitude", nil); got.GAPModel != GAPFlat || !got.GAP.Known {
		t.Errorf("treadmill: GAP %v by %q, want pace", got.GAP, got.GAPModel)
	}
	if got := activities["swim-pool-780m-nohr"]; got.File != "" {
		base := newTimeBase(&got.Streams)
		if span := int64(got.Streams.Time[len(got.Streams.Time)-1]); base.recorded != span {
			t.Errorf("pool swim: %d of %d s recorded, want all: no length is a pause", base.recorded, span)
		}
	}
	if got := compute("ride-coros-hr-dropouts", nil); !got.HasFlag(FlagPartial) || got.Decoupling != nil {
		t.Errorf("dropouts: flags %v, decoupling %v", got.Flags, got.Decoupling)
	}
}
