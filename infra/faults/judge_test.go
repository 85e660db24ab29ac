package faults_test

import (
	"strings"
	"testing"
	"time"
)

// calm is a round in which nothing is wrong, and the books that go with it.
func calm() (round, books, []*work) {
	now := time.Now()
	at := func(what, key string, status int, code string) visit {
		return visit{what: what, key: key, status: status, code: code, sent: now, answered: now}
	}
	r := round{
		fault: fault{name: "some", inflict: blackHole}, toll: toll{struck: 1, broke: 1}, recovers: true, samples: 9, most: 3, ended: now,
		codes: map[string]int{},
		visits: []visit{
			at("who", "", 200, ""), at("taken", "", 409, ""), at("patch", "1/ftp/50.1", 200, ""), at("register", "a@example.com", 201, ""),
			at("patch", "1/ftp/50.2", 503, "outcome-unknown"), at("push", "1/7", 204, ""),
		},
	}
	b := books{
		applied: map[string]int{"1/ftp/50.1": 1, "a@example.com": 1, "1/ftp/50.2": 1, "1/7": 1},
		reached: map[string]int{"1/ftp/50.1": 1, "a@example.com": 1, "1/ftp/50.2": 1, "due 7": 1},
	}
	return r, b, []*work{{key: "1/7", account: 1, due: 7, pushes: 1, told: true}}
}

func TestTheRulesLetACalmRoundPass(t *testing.T) {
	t.Parallel()
	r, b, works := calm()
	if got := judge(r, b, works, 3); len(got.broken) > 0 {
		t.Errorf("got %v", got.broken)
	}
}

func TestTheRulesFindWhatBreaksThem(t *testing.T) {
	t.Parallel()
	add := func(r *round, what, key string, status int, code string) {
		r.visits = append(r.visits, visit{what: what, key: key, status: status, code: code, sent: r.ended})
	}
	for name, c := range map[string]struct {
		spoil func(r *round, b *books, w *work)
		want  string
	}{
		"done, and not there":         {func(_ *round, b *books, _ *work) { b.applied["1/ftp/50.1"] = 0 }, "lost"},
		"account not there":           {func(_ *round, b *books, _ *work) { b.applied["a@example.com"] = 0 }, "lost"},
		"due row not done":            {func(_ *round, b *books, _ *work) { b.applied["1/7"] = 0 }, "lost"},
		"half of a unit":              {func(_ *round, b *books, _ *work) { b.partly = []string{"1/7"} }, "lost"},
		"done twice":                  {func(_ *round, b *books, _ *work) { b.applied["1/ftp/50.2"] = 2 }, "doubled"},
		"sent on twice":               {func(_ *round, b *books, _ *work) { b.reached["a@example.com"] = 2 }, "doubled"},
		"finished oftener than asked": {func(_ *round, b *books, _ *work) { b.reached["due 7"] = 2 }, "doubled"},
		"refused what it had done": {func(r *round, b *books, _ *work) {
			add(r, "register", "b@example.com", 409, "email-taken")
			b.applied["b@example.com"] = 1
		}, "doubled"},
		"said to be undone, and done": {func(r *round, b *books, _ *work) {
			add(r, "patch", "1/ftp/50.3", 503, "database")
			b.applied["1/ftp/50.3"] = 1
			r.toll.down = true
		}, "doubled"},
		"a way was left":             {func(r *round, _ *books, _ *work) { add(r, "who", "", 503, "database") }, "503 database: not allowed"},
		"within the bound":           {func(r *round, _ *books, _ *work) { r.toll.broke = 0; add(r, "who", "", 503, "database-busy") }, "503 database-busy: not allowed"},
		"more unknown than broke":    {func(r *round, _ *books, _ *work) { add(r, "who", "", 503, "outcome-unknown") }, "503 outcome-unknown: not allowed"},
		"another's session":          {func(r *round, _ *books, _ *work) { r.visits[0].trouble = "was taken for account 2" }, "was taken for"},
		"internal error":             {func(r *round, _ *books, _ *work) { add(r, "who", "", 500, "") }, "answered 500"},
		"wrong refusal":              {func(r *round, _ *books, _ *work) { add(r, "who", "", 401, "signed-out") }, "answered 401"},
		"taken address given":        {func(r *round, _ *books, _ *work) { add(r, "taken", "", 201, "") }, "answered 201"},
		"push refused without cause": {func(r *round, _ *books, _ *work) { add(r, "push", "1/7", 503, ""); r.codes["timeout"] = 1 }, "pushes × 503 timeout"},
		"push refused unseen":        {func(r *round, _ *books, _ *work) { add(r, "push", "1/7", 503, "") }, "0 are in the log"},
		"the server did not cancel":  {func(r *round, _ *books, _ *work) { r.toll.timeouts = 1 }, "want 1"},
		"no strike":                  {func(r *round, _ *books, _ *work) { r.toll.struck = 0 }, "has not struck"},
		"nothing looked at":          {func(r *round, _ *books, _ *work) { r.samples = 0 }, "nothing happened"},
		"beyond the bound":           {func(r *round, _ *books, _ *work) { r.most = 4 }, "the bound is 3"},
		"slow recovery":              {func(r *round, _ *books, _ *work) { r.next = recovery + 1 }, "next success"},
		"no recovery":                {func(r *round, _ *books, _ *work) { r.recovers = false }, "next success"},
		"down for too long": {func(r *round, _ *books, _ *work) {
			r.toll.down = true
			r.visits = append(r.visits, visit{what: "who", status: 503, code: "database", sent: r.ended.Add(recovery + 1)})
		}, "after the fault's end"},
	} {
		r, b, works := calm()
		c.spoil(&r, &b, works[0])
		got := strings.Join(judge(r, b, works, 3).broken, "; ")
		if !strings.Contains(got, c.want) {
			t.Errorf("%s: got %q, want %q in it", name, got, c.want)
		}
	}
}
