package faults_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

// sampled is how many cells a run takes that is not for the whole matrix.
const sampled = 4

// servers is how many cells run at once, each on a server of its own.
const servers = 2

// TestFaultMatrix lets every fault strike every workload, or a sample of the cells, and prints what came of it.
func TestFaultMatrix(t *testing.T) {
	type place struct {
		fault fault
		work  workload
	}
	var places []place
	for _, f := range faults() {
		for _, w := range []workload{pooled, fallback, direct} {
			places = append(places, place{f, w})
		}
	}
	if random := chance(t); !*full {
		random.Shuffle(len(places), func(i, j int) { places[i], places[j] = places[j], places[i] })
		places = places[:sampled]
	}
	free := make(chan *server, servers)
	for range servers {
		free <- newServer(t)
	}
	var mu sync.Mutex
	lines := map[int]string{}
	t.Run("cells", func(t *testing.T) {
		for i, p := range places {
			t.Run(strings.ReplaceAll(p.fault.name+" × "+p.work.String(), " ", "-"), func(t *testing.T) {
				t.Parallel()
				s := <-free
				defer func() { free <- s }()
				c := newCell(t, s, p.work, p.fault)
				c.begin(t.Context())
				r := c.suffer(p.fault, time.Time{})
				c.end()
				result := judge(r, c.audit(), c.works(), c.bound())
				mu.Lock()
				lines[i] = result.line(c.bound())
				mu.Unlock()
				t.Log(result.line(c.bound()))
				for _, wrong := range result.broken {
					t.Error(wrong)
				}
				if t.Failed() {
					t.Log(c.program.complaints())
				}
			})
		}
	})
	fmt.Println(heading)
	for i := range places {
		if line, ran := lines[i]; ran {
			fmt.Println(line)
		}
	}
}

// works are the due rows of the cell.
func (c *cell) works() []*work {
	if c.pushers == nil {
		return nil
	}
	return c.pushers.works
}
