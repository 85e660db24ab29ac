package faults_test

import (
	"fmt"
	"strings"
	"time"
)

// heading stands above the lines of the matrix.
const heading = "fault                            workload                struck  sent   2xx  4xx  503 d/b/u/t    other left lost doubled  conns orphans   next  pool"

// line is a round's line in the matrix. The 503s are those of database (no way was left), database-busy (beyond the bound),
// outcome-unknown, and timeout (the fault's own requests).
func (t *tally) line(bound int) string {
	code := func(name string) int { return t.unavailable[name] + t.pushes[name] }
	pool := "-"
	if t.again > 0 {
		pool = seconds(t.again)
	}
	text := fmt.Sprintf("%-32s %-22s %7d %5d %5d %4d  %3d/%d/%d/%-6d %5d %4d %4d %7d  %2d/%-2d %7d %6s %5s",
		t.fault.name, t.work, t.toll.struck, t.sent, t.good, t.refused, code("database"), code("database-busy"),
		code("outcome-unknown"), code("timeout"), t.other, t.left, len(t.lost), len(t.doubled), t.most, bound, t.orphans,
		seconds(t.next), pool)
	for _, wrong := range t.broken {
		text += "\n    ! " + wrong
	}
	return strings.TrimRight(text, " ")
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }
