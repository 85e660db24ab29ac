package faults_test

import (
	"fmt"
	"net/http"
	"time"
)

// recovery is how soon after a fault's end a request must be served: one probe interval, and a second.
const recovery = 6 * time.Second

// tally is a round in numbers, and what of it breaks the rules.
type tally struct {
	round
	sent, good, refused, other int
	unavailable                map[string]int // Onboarding's 503s by code
	pushes                     map[string]int // Sync's
	left                       int            // messages acknowledged while their row stood
	lost, doubled              []string
	broken                     []string
}

// judge holds a round against the rules: lost and doubled are none; a 503 says that no way was left, that the fallback's
// bound was reached, or that the outcome is not known, and the last at most once for each connection that broke.
func judge(r round, b books, works []*work, bound int) *tally {
	t := &tally{round: r, unavailable: map[string]int{}, pushes: map[string]int{}}
	for _, v := range r.visits {
		t.count(v)
		t.compare(v, b)
	}
	for _, w := range works {
		t.settled(w, b)
	}
	if len(b.partly) > 0 {
		t.lost = append(t.lost, b.partly...)
	}
	t.hold(bound)
	return t
}

func (t *tally) wrong(format string, values ...any) {
	t.broken = append(t.broken, fmt.Sprintf(format, values...))
}

// count sorts an answer.
func (t *tally) count(v visit) {
	t.sent++
	expected := map[string]int{"who": 200, "patch": 200, "register": 201, "taken": 409, "push": 204}[v.what]
	switch {
	case v.trouble != "":
		t.other++
		t.wrong("%s was answered %d: %s", v.what, v.status, v.trouble)
	case v.status == http.StatusServiceUnavailable && v.what == "push":
		t.pushes[""]++ // the answer bears no code
	case v.status == http.StatusServiceUnavailable:
		t.unavailable[v.code]++
		if (v.code == "database" || v.code == "database-busy") && v.sent.After(t.ended.Add(recovery)) {
			t.wrong("%s was told %s %v after the fault's end", v.what, v.code, v.sent.Sub(t.ended))
		}
	case v.status == expected && v.status/100 == 2:
		t.good++
		if v.code == "left" {
			t.left++
		}
	case v.status == expected:
		t.refused++
	default:
		t.other++
		t.wrong("%s was answered %d %s, want %d", v.what, v.status, v.code, expected)
	}
}

// compare holds what a client was told against the books.
func (t *tally) compare(v visit, b books) {
	if v.key == "" || v.what == "push" {
		return
	}
	applied, reached := b.applied[v.key], b.reached[v.key]
	switch {
	case v.status/100 == 2 && applied == 0:
		t.lost = append(t.lost, v.what+" "+v.key)
	case v.status == http.StatusServiceUnavailable && v.code != "outcome-unknown" && applied > 0:
		t.doubled = append(t.doubled, fmt.Sprintf("%s %s was told %s and is done", v.what, v.key, v.code))
	}
	if applied > 1 || (reached > 1 && !t.toll.resent) {
		t.doubled = append(t.doubled, fmt.Sprintf("%s %s: sent once, reached the server %d times, was done %d times", v.what, v.key, reached, applied))
	}
	if v.status == http.StatusConflict {
		t.doubled = append(t.doubled, fmt.Sprintf("%s %s: refused, though nobody had it before", v.what, v.key))
	}
}

// settled holds a due row against the books, when all has come to its end.
func (t *tally) settled(w *work, b books) {
	if b.applied[w.key] == 0 {
		t.lost = append(t.lost, "due row "+w.key)
	}
	finishes := b.reached[fmt.Sprintf("due %d", w.due)]
	if b.applied[w.key] > 1 || (finishes > w.pushes && !t.toll.resent) {
		t.doubled = append(t.doubled, fmt.Sprintf("due row %s: pushed %d times, finished %d times", w.key, w.pushes, finishes))
	}
}

// hold compares the numbers with the rules.
func (t *tally) hold(bound int) {
	if t.fault.inflict != nil && t.toll.struck == 0 {
		t.wrong("the fault has not struck")
	}
	if t.good == 0 || t.samples == 0 {
		t.wrong("nothing happened: %d requests served, %d samples of connections", t.good, t.samples)
	}
	t.holdPushes()
	for code, n := range t.unavailable {
		switch {
		case code == "outcome-unknown" && n <= t.toll.broke:
		case code == "database" && t.toll.down:
		case code == "database-busy" && (t.toll.beyond || n <= t.toll.broke): // one that broke keeps its place for a moment
		case code == "timeout" && (t.toll.timeouts > 0 || (t.toll.late && n <= t.toll.broke)):
		default:
			t.wrong("%d × 503 %s: not allowed here (%d connections broke)", n, code, t.toll.broke)
		}
	}
	if n := t.unavailable["timeout"] + t.pushes["timeout"]; n < t.toll.timeouts || (t.work != direct && !t.toll.late && n > t.toll.timeouts) {
		t.wrong("%d requests were told timeout, want %d: those that the fault sent", n, t.toll.timeouts)
	}
	if n := len(t.lost); n > 0 {
		t.wrong("lost: %v", t.lost[:min(n, 5)])
	}
	if n := len(t.doubled); n > 0 {
		t.wrong("doubled: %v", t.doubled[:min(n, 5)])
	}
	if t.most > bound {
		t.wrong("%d connections, the bound is %d", t.most, bound)
	}
	if !t.recovers || t.next > recovery {
		t.wrong("the next success came %v after the fault's end, want at most %v", t.next, recovery)
	}
}

// holdPushes puts the codes that Sync logged in the place of its bare 503s, and compares them with the rules. A push has
// one connection: where that breaks the push is over, also where nothing was under way on it (code database).
func (t *tally) holdPushes() {
	n, known := t.pushes[""], 0
	delete(t.pushes, "")
	for code, k := range t.codes {
		if k > 0 {
			t.pushes[code] = k
			known += k
		}
	}
	if t.codes != nil && n != known {
		t.wrong("%d pushes were answered 503, %d are in the log", n, known)
	}
	broke := t.pushes["outcome-unknown"] + t.pushes["database"]
	for code, k := range t.pushes {
		switch {
		case code == "outcome-unknown" && k <= t.toll.broke:
		case code == "database" && (t.toll.down || broke <= t.toll.broke):
		case code == "timeout" && (t.toll.timeouts > 0 || (t.toll.late && k <= t.toll.broke)):
		default:
			t.wrong("%d pushes × 503 %s: not allowed here (%d connections broke)", k, code, t.toll.broke)
		}
	}
}
