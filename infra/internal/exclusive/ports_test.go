package exclusive

import "testing"

func TestAPairIsNobodyElsesUntilItIsReleased(t *testing.T) {
	t.Parallel()
	const pairs = 300 // of 5,000: by chance alone some would be given twice
	given := map[int]bool{}
	for range pairs {
		first, release, err := Pair()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(release)
		if given[first] {
			t.Fatalf("port %d was given twice, and nothing listens there", first)
		}
		given[first] = true
	}
}
