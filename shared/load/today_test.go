package load

import (
	"context"
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/training"
)

// todayOf describes a history of one load a day, oldest first, the last one today.
func todayOf(t *testing.T, style training.StyleName, daily func(daysAgo int) training.DaySum, length int) Today {
	t.Helper()
	if _, known := training.StyleOf(style); !known {
		t.Fatalf("no style %q", style)
	}
	return tell(t, store.DayHistory{HeartRatesGiven: true, Athlete: store.Athlete{Sex: training.SexFemale, TimeZone: "UTC", RecommendationStyle: string(style),
		ChronicDays: 42, DecayRate: 0.05, ACWRAlertThreshold: 1.3, InjuryRiskAlerts: true}}, daily, length)
}

// tell describes a history of such days.
func tell(t *testing.T, history store.DayHistory, daily func(daysAgo int) training.DaySum, length int) Today {
	t.Helper()
	for ago := length - 1; ago >= 0; ago-- {
		if sum := daily(ago); sum.Activities() > 0 {
			sum.Day = lateDay.AddDays(-ago)
			history.Days = append(history.Days, sum)
		}
	}
	series, meta, err := seriesOf(history, lateDay, lateDay, lateDay, training.LoadTRIMP)
	if err != nil {
		t.Fatal(err)
	}
	return describe(history, &series, meta)
}

// day is a scored activity of a load and a distance.
func day(trimp, km float64) training.DaySum {
	return training.DaySum{TRIMP: trimp, ExternalKm: km, Scored: 1}
}

func TestTheStateFollowsTheStylesLines(t *testing.T) {
	t.Parallel()
	rest := training.DaySum{}
	// everyFourth rests every fourth day; the last week's loads are weighed by recent, its distances by far.
	everyFourth := func(recent, far float64) func(int) training.DaySum {
		return func(ago int) training.DaySum {
			switch {
			case ago%4 == 3:
				return rest
			case ago < 7:
				return day(80*recent, 10*far)
			}
			return day(80, 10)
		}
	}
	for name, test := range map[string]struct {
		style training.StyleName
		daily func(int) training.DaySum
		want  State
		ratio string // the ratio's sentence, in part
	}{
		"as always":                        {training.StyleBalanced, everyFourth(1, 1), StateBalanced, "balanced"},
		"a week of double":                 {training.StyleBalanced, everyFourth(2, 2), StateHigh, "above 1.30, where the balanced style draws its line"},
		"a little more, conservative":      {training.StyleConservative, everyFourth(1.15, 1.15), StateHigh, "above 1.20"},
		"a little more, balanced":          {training.StyleBalanced, everyFourth(1.15, 1.15), StateBalanced, "balanced"},
		"half as much":                     {training.StyleBalanced, everyFourth(0.5, 0.5), StateLow, "below 0.80"},
		"the same distance, harder":        {training.StyleBalanced, everyFourth(1.1, 0.85), StateStrain, "balanced"},
		"no rest day for three weeks":      {training.StyleBalanced, func(int) training.DaySum { return day(60, 8) }, StateRestDue, "balanced"},
		"eight days of load, aggressive":   {training.StyleAggressive, streak(8), StateBalanced, ""},
		"nine days of load, aggressive":    {training.StyleAggressive, streak(9), StateRestDue, ""},
		"seven days of load, balanced":     {training.StyleBalanced, streak(7), StateBalanced, ""},
		"seven days of load, conservative": {training.StyleConservative, streak(7), StateRestDue, ""},
		"nothing for a month": {training.StyleBalanced, func(ago int) training.DaySum {
			if ago < 30 {
				return rest
			}
			return day(80, 10)
		}, StateIdle, "can't be compared"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			today := todayOf(t, test.style, test.daily, 60)
			if today.State != test.want || today.Withheld != "" || today.Headline == "" {
				t.Errorf("got %s (%q, withheld %q), want %s", today.State, today.Headline, today.Withheld, test.want)
			}
			if ratio := topic(today, "ratio"); !strings.Contains(ratio.Text, test.ratio) {
				t.Errorf("the ratio is told as %q, want %q in it", ratio.Text, test.ratio)
			}
			checkEvidence(t, today)
		})
	}
}

// streak is n days of load without rest up to today; before that, weeks with a rest day in them at the same load.
func streak(n int) func(int) training.DaySum {
	return func(ago int) training.DaySum {
		if ago >= n && (ago-n)%7 == 0 {
			return training.DaySum{}
		}
		return day(60, 8)
	}
}

func topic(today Today, name string) Sentence {
	for _, sentence := range today.Sentences {
		if sentence.Topic == name {
			return sentence
		}
	}
	return Sentence{}
}

var numbers = regexp.MustCompile(`[−+]?\d+(\.\d+)?`)

// checkEvidence looks for every number of a sentence among its figures, and for words that promise too much.
func checkEvidence(t *testing.T, today Today) {
	t.Helper()
	for _, sentence := range today.Sentences {
		known := map[string]bool{"7": true, "28": true} // the windows
		for _, evidence := range sentence.Figures {
			for _, text := range []string{one(evidence.Figure.Value), two(evidence.Figure.Value), signed(evidence.Figure.Value),
				number(evidence.Figure.Value, 0), number(float64(int(evidence.Figure.Value*100+1e-9)), 0)} {
				known[text] = true
			}
			if !evidence.Figure.Known && evidence.Figure.Reason == "" {
				t.Errorf("%s: %s is absent without a reason", sentence.Topic, evidence.Name)
			}
		}
		for _, found := range numbers.FindAllString(sentence.Text, -1) {
			if !known[found] {
				t.Errorf("%s: %q stands in %q and in no figure", sentence.Topic, found, sentence.Text)
			}
		}
	}
	text, err := json.Marshal(today)
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"injur", "risk", "danger", "overtrain", "safe", "should", "must", "ill"} {
		if match, _ := regexp.MatchString(`(?i)\b`+word, string(text)); match {
			t.Errorf("%q stands in %s", word, text)
		}
	}
}

func TestTheSameFactsGiveTheSameWords(t *testing.T) {
	t.Parallel()
	a, b := todayOf(t, training.StyleAdaptive, streak(5), 90), todayOf(t, training.StyleAdaptive, streak(5), 90)
	if !reflect.DeepEqual(a, b) {
		t.Error("two readings differ")
	}
}

// I26: where too little is known, nothing is said instead of something that looks like a number.
func TestTodayIsWithheldWithItsReason(t *testing.T) {
	t.Parallel()
	scored := func(int) training.DaySum { return day(60, 8) }
	half := func(unscored int) func(int) training.DaySum {
		return func(ago int) training.DaySum {
			if ago%2 == 0 {
				return training.DaySum{Unscored: unscored}
			}
			return day(60, 8)
		}
	}
	for name, test := range map[string]struct {
		daily  func(int) training.DaySum
		length int
		want   training.Reason
	}{
		"nothing":                 {func(int) training.DaySum { return training.DaySum{} }, 1, training.ReasonNoActivity},
		"one day":                 {scored, 1, training.ReasonShortHistory},
		"27 days":                 {scored, 27, training.ReasonShortHistory},
		"28 days":                 {scored, 28, ""},
		"half without load":       {half(1), 60, ""},
		"two thirds without load": {half(2), 60, training.ReasonLowCoverage},
		"everything without load": {func(int) training.DaySum { return training.DaySum{Unscored: 1} }, 60, training.ReasonLowCoverage},
		"the bad month lies behind": {func(ago int) training.DaySum {
			if ago > 28 {
				return training.DaySum{Unscored: 3}
			}
			return day(60, 8)
		}, 60, ""},
	} {
		today := todayOf(t, training.StyleBalanced, test.daily, test.length)
		if today.Withheld != test.want || (today.State == StateWithheld) != (test.want != "") || today.Headline == "" {
			t.Errorf("%s: got %s, withheld %q; want %q", name, today.State, today.Withheld, test.want)
		}
		for _, said := range []string{"ratio", "form", "divergence"} {
			if test.want != "" && topic(today, said).Text != "" {
				t.Errorf("%s: says %q all the same", name, topic(today, said).Text)
			}
		}
		checkEvidence(t, today)
	}
}

func TestActivitiesWithoutALoadAreToldNotCounted(t *testing.T) {
	t.Parallel()
	today := todayOf(t, training.StyleBalanced, func(ago int) training.DaySum {
		sum := day(60, 8)
		if ago == 0 || ago == 5 {
			sum.Unscored = 1
		}
		return sum
	}, 60)
	if text := topic(today, "today").Text; !strings.Contains(text, "1 of today's 2 activities have no load") {
		t.Errorf("today is told as %q", text)
	}
	if coverage := topic(today, "coverage"); !strings.Contains(coverage.Text, "93 %") { // 28 of 30
		t.Errorf("coverage is told as %q", coverage.Text)
	}
	alone := todayOf(t, training.StyleBalanced, func(ago int) training.DaySum {
		if ago == 0 {
			return training.DaySum{Unscored: 1}
		}
		return day(60, 8)
	}, 60)
	if text := topic(alone, "today").Text; !strings.Contains(text, "has no load") {
		t.Errorf("a day of one activity without load is told as %q", text)
	}
	if rest := topic(alone, "rest").Text; strings.Contains(rest, "Today is a rest day") {
		t.Errorf("a day with an activity without load is told as a rest day: %q", rest)
	}
}

func TestNumbersAreWrittenForPeople(t *testing.T) {
	t.Parallel()
	for got, want := range map[string]string{one(-0.04): "0.0", signed(0.04): "0.0", signed(-12.34): "−12.3", signed(3): "+3.0",
		two(1.005): "1.00", percent(0.499): "49 %", percent(0.29): "29 %", percent(1): "100 %", days(1): "1 day"} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// doubling are weeks of five days of load, of which the last brings double: a ratio of 1.6.
func doubling(ago int) training.DaySum {
	switch {
	case ago%7 > 4:
		return training.DaySum{}
	case ago < 7:
		return day(120, 16)
	}
	return day(60, 8)
}

// The alert threshold and the switch decide what is an alert, and nothing else.
func TestAlertsAreTheOnesThatTheAthleteAskedFor(t *testing.T) {
	t.Parallel()
	harder := func(ago int) training.DaySum { // the same heart-rate load over half of the distance
		sum := doubling(ago + 7)
		if ago < 7 {
			sum.ExternalKm /= 2
		}
		return sum
	}
	for name, test := range map[string]struct {
		daily   func(int) training.DaySum
		above   float64
		on      bool
		alerted []string
	}{
		"above the line":                   {doubling, 1.5, true, []string{"ratio"}},
		"above the line, no alerts wanted": {doubling, 1.5, false, nil},
		"below the athlete's own line":     {doubling, 1.7, true, nil},
		"strain":                           {harder, 1.3, true, []string{"divergence"}},
		"strain, no alerts wanted":         {harder, 1.3, false, nil},
	} {
		history := store.DayHistory{HeartRatesGiven: true, Athlete: store.Athlete{Sex: training.SexMale, TimeZone: "UTC", RecommendationStyle: "balanced",
			ACWRAlertThreshold: test.above, InjuryRiskAlerts: test.on}}
		today := tell(t, history, test.daily, 70)
		var alerted []string
		for _, said := range today.Sentences {
			if said.Alert {
				alerted = append(alerted, said.Topic)
			}
		}
		if !slices.Equal(alerted, test.alerted) {
			t.Errorf("%s: alerted of %v, want %v", name, alerted, test.alerted)
		}
		if told := strings.Contains(topic(today, "ratio").Text, "You asked to be alerted above"); told != slices.Contains(test.alerted, "ratio") {
			t.Errorf("%s: %q", name, topic(today, "ratio").Text)
		}
		checkEvidence(t, today)
	}
}

func TestASentenceIsAsConfidentAsWhatItRestsOn(t *testing.T) {
	t.Parallel()
	average := func(least int) func(int) training.DaySum { // days of up to so long ago by average heart rate
		return func(ago int) training.DaySum {
			sum := doubling(ago)
			if ago <= least {
				sum.ByAverage = sum.Scored
			}
			return sum
		}
	}
	for name, test := range map[string]struct {
		daily    func(int) training.DaySum
		length   int
		estimate bool
		sex      training.Sex
		topic    string
		want     Confidence
		doubts   []Doubt
	}{
		"all measured":                         {doubling, 70, false, training.SexMale, "ratio", ConfidenceHigh, []Doubt{}},
		"all measured, form":                   {doubling, 70, false, training.SexMale, "form", ConfidenceHigh, []Doubt{}},
		"estimated heart rates scale the form": {doubling, 70, true, training.SexMale, "form", ConfidenceModerate, []Doubt{DoubtEstimated}},
		"and cancel out of the ratio":          {doubling, 70, true, training.SexMale, "ratio", ConfidenceHigh, []Doubt{}},
		"no sex":                               {doubling, 70, false, training.SexUnspecified, "today", ConfidenceModerate, []Doubt{DoubtSex}},
		"a short history":                      {doubling, 41, false, training.SexMale, "form", ConfidenceLow, []Doubt{DoubtWarmingUp}},
		"a week by average":                    {average(6), 70, false, training.SexMale, "ratio", ConfidenceModerate, []Doubt{DoubtAverage}},
		"two weeks by average":                 {average(13), 70, false, training.SexMale, "divergence", ConfidenceLow, []Doubt{DoubtAverage}},
		"rest asks for no heart rate's course": {average(99), 70, false, training.SexMale, "rest", ConfidenceHigh, []Doubt{}},
		"some without load": {func(ago int) training.DaySum {
			sum := doubling(ago)
			if ago == 3 {
				sum.Unscored = 1
			}
			return sum
		}, 70, false, training.SexMale, "ratio", ConfidenceModerate, []Doubt{DoubtUnscored}},
		"many without load": {func(ago int) training.DaySum {
			sum := doubling(ago)
			if ago%4 == 0 {
				sum.Unscored = 1
			}
			return sum
		}, 70, false, training.SexMale, "rest", ConfidenceLow, []Doubt{DoubtUnscored}},
	} {
		history := store.DayHistory{HeartRatesGiven: !test.estimate, Athlete: store.Athlete{Sex: test.sex, TimeZone: "UTC", RecommendationStyle: "balanced"}}
		said := topic(tell(t, history, test.daily, test.length), test.topic)
		if said.Confidence != test.want || !slices.Equal(said.Doubts, test.doubts) {
			t.Errorf("%s: %s %v of %q, want %s %v", name, said.Confidence, said.Doubts, said.Text, test.want, test.doubts)
		}
	}
}

// Every setting of alerts and every fact behind a confidence is read from the database, at each look.
func TestTodayReadsTheSettingsOfTheAthlete(t *testing.T) {
	t.Parallel()
	f := setup(t)
	id := f.athlete("ada@example.com")
	var activities []recorded
	for ago := 1; ago < 60; ago++ {
		minutes := 40.0
		if ago < 8 {
			minutes = 80
		}
		day := lateDay.AddDays(-ago)
		activities = append(activities, recorded{Activity: store.Activity{ID: int64(ago), SportType: "Run", LocalDay: day, StartAt: day.Time(),
			StartLocal: day.String(), SummaryHash: []byte{1}, Streams: store.StreamsNone,
			Summary: training.Summary{SportType: "Run", AverageHR: new(150.0), MovingS: new(60 * minutes)}}})
	}
	f.ingest(id, activities)
	look := func(about string) Sentence {
		today, err := f.service.Today(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return topic(today, about)
	}
	if !look("ratio").Alert {
		t.Errorf("a ratio above 1.3 is no alert at first: %+v", look("ratio"))
	}
	f.change(id, func(athlete *store.Athlete) { athlete.ACWRAlertThreshold = 2 })
	if look("ratio").Alert {
		t.Error("a higher threshold changes nothing")
	}
	f.change(id, func(athlete *store.Athlete) { athlete.ACWRAlertThreshold, athlete.InjuryRiskAlerts = 1, false })
	if look("ratio").Alert {
		t.Error("alerts that are off are given")
	}
	if said := look("form"); said.Confidence != ConfidenceLow || !slices.Equal(said.Doubts, []Doubt{DoubtAverage}) {
		t.Errorf("form by average heart rate alone: %s %v", said.Confidence, said.Doubts)
	}
	f.change(id, func(athlete *store.Athlete) { athlete.Sex = training.SexUnspecified })
	f.use(f.pool, func(ctx context.Context, conn database.Conn) error {
		return store.DeleteThresholds(ctx, conn, id, []store.Threshold{{Kind: store.ThresholdMaxHR, EffectiveFrom: lateDay - 5000}})
	})
	if said := look("form"); !slices.Equal(said.Doubts, []Doubt{DoubtAverage, DoubtEstimated, DoubtSex}) {
		t.Errorf("neither sex nor maximum heart rate: %v", said.Doubts)
	}
}
