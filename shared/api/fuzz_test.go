package api

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/train-d/train-d/infra/hostile"
)

const (
	seeds = 12 // what a plain test takes, some seconds
	burst = 40 // requests that a seed gives
)

// ends are the operations after which an athlete has nothing more to lose: they are another one's.
var ends = map[string]bool{"DELETE /v1/session": true, "DELETE /v1/account": true, "DELETE /v1/strava": true}

// TestNothingThatIsSentIsAnsweredWithA5xx sends what no client should, in every field that the OpenAPI document has, by an
// athlete with a history and by nobody. Every answer must also be as the document says, and tell nothing of the layers below.
// TRAIND_FUZZ=30m goes on with new seeds for so long.
func TestNothingThatIsSentIsAnsweredWithA5xx(t *testing.T) {
	t.Parallel()
	document, err := Document()
	if err != nil {
		t.Fatal(err)
	}
	operations, err := hostile.Operations(document)
	if err != nil {
		t.Fatal(err)
	}
	athlete := imported(t)
	nobody := athlete.visit()
	var leaver *browser
	known := map[string][]string{"id": {fmt.Sprint(athlete.truth()[0].ID), fmt.Sprint(athlete.truth()[9].ID)}}
	first, goesOn := uint64(0), func(seed uint64) bool { return seed < seeds }
	if given := os.Getenv("TRAIND_FUZZ"); given != "" {
		long, err := time.ParseDuration(given)
		if err != nil {
			t.Fatal(err)
		}
		end := time.Now().Add(long)
		first, goesOn = uint64(end.UnixMicro()), func(uint64) bool { return time.Now().Before(end) }
	}
	answers := map[int]int{}
	defer func() { t.Logf("answers by status: %v", answers) }()
	for seed := first; goesOn(seed) && !t.Failed(); seed++ {
		generator := hostile.New(operations, seed)
		generator.Known = known
		for range burst {
			next := generator.Next()
			sender := nobody
			if next.Operation.Signed {
				sender = athlete
			}
			if ends[next.Operation.Method+" "+next.Operation.Path] {
				if leaver == nil || leaver.get("/v1/session").status != http.StatusOK {
					leaver = athlete.register(fmt.Sprintf("leaver-%d@example.com", time.Now().UnixNano()))
				}
				sender = leaver
			}
			answer := sender.attack(next)
			answers[answer.status]++
			if answer.status >= http.StatusInternalServerError && !expected(answer) {
				t.Errorf("seed %d: %s %s %.300q: %d %s", seed, next.Operation.Method, next.Target, next.Body, answer.status, answer.body)
			}
		}
	}
}

// expected is an answer that is a 5xx by design: Strava's quota is spent, as the simulator counts it too.
func expected(a answer) bool {
	return a.status == http.StatusServiceUnavailable && a.problem().Code == "strava-quota"
}

// attack sends what the generator made; the zero answer where it is nothing that can be sent.
func (b *browser) attack(next hostile.Request) answer {
	b.t.Helper()
	request, err := http.NewRequestWithContext(b.t.Context(), next.Operation.Method, b.address+next.Target, strings.NewReader(next.Body))
	if err != nil {
		return answer{}
	}
	if next.HasBody {
		request.Header.Set("Content-Type", "application/json")
	}
	return b.send(request)
}
