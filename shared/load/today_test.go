package load

import (
	"encoding/json"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/training"
)

// todayOf describes a history of one load a day, oldest first, the last one today.
func todayOf(t *testing.T, style training.StyleName, daily func(daysAgo int) training.DaySum, length int) Today {
	t.Helper()
	history := store.DayHistory{Athlete: store.Athlete{TimeZone: "UTC", RecommendationStyle: string(style), ChronicDays: 42, DecayRate: 0.05}}
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
	chosen, known := training.StyleOf(style)
	if !known {
		t.Fatalf("no style %q", style)
	}
	return describe(&series, meta, chosen)
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
