package ops_test

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestTheTableOfSizesIsWhatIsPlanned compares the rows of infra/README.md that people size a deployment by with the sums
// that Terraform's own tests hold.
func TestTheTableOfSizesIsWhatIsPlanned(t *testing.T) {
	t.Parallel()
	sum := regexp.MustCompile(`onboarding 2 × (\d+) × (\d+) = \d+, sync 2 × (\d+) × 1 = \d+, reserve \d+: (\d+) of (\d+)`)
	planned := sum.FindAllStringSubmatch(read(t, "terraform/tests/smallest.tftest.hcl")+read(t, "terraform/tests/large.tftest.hcl"), -1)
	if len(planned) != 3 {
		t.Fatalf("%d sums are planned, the table has 3 sizes", len(planned))
	}
	table := read(t, "infra/README.md")
	for row, group := range map[string]int{
		"`scale`: onboarding": 1, "`scale`: sync": 3, "budget, two revisions at once": 4, "`max_connections`, of which for functions": 5,
	} {
		var want []string
		for _, sums := range planned {
			want = append(want, sums[group])
		}
		var got []string
		for _, cell := range cellsOf(t, table, row) {
			number := regexp.MustCompile(`\d+`)
			if group == 5 { // the second of the pair
				number = regexp.MustCompile(`\d+$`)
			}
			got = append(got, number.FindString(cell))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: the table says %v, planned are %v", row, got, want)
		}
	}
	for i, cell := range cellsOf(t, table, "`scale`: onboarding") {
		parts := regexp.MustCompile(`\((\d+) \+ (\d+)\)`).FindStringSubmatch(cell)
		if parts == nil {
			t.Fatalf("%q does not say pool and fallback", cell)
		}
		pool, _ := strconv.Atoi(parts[1])
		fallback, _ := strconv.Atoi(parts[2])
		if want := planned[i][2]; strconv.Itoa(pool+fallback) != want {
			t.Errorf("onboarding: the table says %s, planned are %s per instance", parts[0], want)
		}
	}
}

// cellsOf gives the cells of a row of a Markdown table, without the one that names it.
func cellsOf(t *testing.T, table, name string) []string {
	t.Helper()
	_, row, found := strings.Cut(table, "\n| "+name+" | ")
	if !found {
		t.Fatalf("the table has no row %q", name)
	}
	row, _, _ = strings.Cut(row, " |\n")
	return strings.Split(row, " | ")
}
