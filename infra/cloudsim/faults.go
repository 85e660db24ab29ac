package cloudsim

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// Faults are what goes wrong on the way from Pub/Sub to the functions, by order. The zero value is a day without any.
type Faults struct {
	// Duplicate delivers every message a second time after its first acknowledgement.
	Duplicate bool `json:"duplicate"`
	// Drop is the share of messages, 0 to 1, that are lost: acknowledged without a delivery.
	Drop float64 `json:"drop"`
	// Reorder is how many messages are held back and then delivered in another order; below 2 none is. A set that does
	// not fill within 50 ms is delivered as it is.
	Reorder int `json:"reorder"`
	// Seed decides which messages are dropped and how they are reordered.
	Seed uint64 `json:"seed"`
}

// faultSwitch holds the faults in force.
type faultSwitch struct {
	mu     sync.Mutex
	faults Faults
	random *rand.Rand
}

func (f *faultSwitch) set(faults Faults) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults = faults
	f.random = rand.New(rand.NewPCG(faults.Seed, 0))
}

func (f *faultSwitch) inForce() Faults {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.faults
}

// draw returns the faults in force and whether this message is one of those to lose.
func (f *faultSwitch) draw() (faults Faults, lost bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.faults, f.faults.Drop > 0 && f.random.Float64() < f.faults.Drop
}

// permutation returns an order of n messages. Only faults that were set reorder, so that there is a source by then.
func (f *faultSwitch) permutation(n int) []int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.random.Perm(n)
}

// SetFaults puts faults in force for messages that arrive from now on; the zero value ends them.
func (c *Cloud) SetFaults(faults Faults) { c.faults.set(faults) }

// gatherFor is how long a message waits for others to be reordered with.
const gatherFor = 50 * time.Millisecond

// gathering holds messages back until there are enough of them to change their order.
type gathering struct {
	mu      sync.Mutex
	waiting []chan struct{} // each closed when its message's turn has come
	timer   *time.Timer
}

// acquire takes one of the slots when the message's turn has come in its set.
func (g *gathering) acquire(ctx context.Context, slots chan struct{}, size int, permutation func(int) []int) error {
	turn := make(chan struct{})
	g.mu.Lock()
	g.waiting = append(g.waiting, turn)
	release := func() {
		g.mu.Lock()
		set := g.waiting
		g.waiting = nil
		g.mu.Unlock()
		go admit(ctx, slots, set, permutation(len(set)))
	}
	switch len(g.waiting) {
	case size:
		g.timer.Stop()
		g.mu.Unlock()
		release()
	case 1:
		g.timer = time.AfterFunc(gatherFor, release)
		g.mu.Unlock()
	default:
		g.mu.Unlock()
	}
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// admit takes the slots on the messages' behalf, in the new order, so that the order holds even with one slot.
func admit(ctx context.Context, slots chan struct{}, set []chan struct{}, order []int) {
	for _, i := range order {
		select {
		case slots <- struct{}{}:
			close(set[i])
		case <-ctx.Done():
			return
		}
	}
}
