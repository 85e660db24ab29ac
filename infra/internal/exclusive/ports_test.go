package exclusive

import "testing"

func TestPortsAreNobodyElsesUntilTheyAreReleased(t *testing.T) {
	t.Parallel()
	const blocks = 200 // of 1,250: by chance alone some would be given twice
	given := map[int]bool{}
	for range blocks {
		first, release, err := Ports(MaxPorts)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(release)
		for port := first; port < first+MaxPorts; port++ {
			if given[port] {
				t.Fatalf("port %d was given twice, and nothing listens there", port)
			}
			given[port] = true
		}
	}
	if _, _, err := Ports(MaxPorts + 1); err == nil {
		t.Error("ports of the next block were given")
	}
}
