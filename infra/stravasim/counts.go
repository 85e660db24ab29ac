package stravasim

import "strconv"

// counts are what the simulator has seen since it began. Guarded by Simulator.mu.
type counts struct {
	Calls       map[string]int            `json:"calls"`      // per endpoint
	ByAthlete   map[string]map[string]int `json:"by_athlete"` // athlete → endpoint → calls
	Statuses    map[string]int            `json:"statuses"`   // status → answers
	Refreshed   map[int64]int             `json:"refreshed"`  // athlete → token refreshes
	RateLimited int                       `json:"rate_limited"`
}

func newCounts() counts {
	return counts{
		Calls: map[string]int{}, ByAthlete: map[string]map[string]int{}, Statuses: map[string]int{},
		Refreshed: map[int64]int{},
	}
}

// add counts an answered call.
func (n *counts) add(c *call, status int) {
	n.Calls[c.endpoint]++
	n.Statuses[strconv.Itoa(status)]++
	if c.athlete == nil {
		return
	}
	id := strconv.FormatInt(c.athlete.ID, 10)
	if n.ByAthlete[id] == nil {
		n.ByAthlete[id] = map[string]int{}
	}
	n.ByAthlete[id][c.endpoint]++
}
