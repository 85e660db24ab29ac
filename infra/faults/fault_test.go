package faults_test

import (
	"context"
	"time"

	"github.com/train-d/train-d/infra/cloudsim"
	"github.com/train-d/train-d/infra/faults/proxy"
)

// fault is one thing that goes wrong.
type fault struct {
	name     string
	settings map[string]string  // that the program needs to be given
	before   func(c *cell)      // what is wrong before the program starts; nil for a fault that strikes a running one
	inflict  func(c *cell) toll // strikes, lasts for a while under load, and is over when it returns
	alone    bool               // it needs a program of its own, or more patience than a soak's has
}

// toll is what a fault may cost.
type toll struct {
	struck   int  // how often it has struck, by its own counter
	broke    int  // connections that it broke: as many outcomes may be unknown
	down     bool // no way to the database was left: requests may be told so
	beyond   bool // the load went beyond the fallback's bound: requests may be told so
	timeouts int  // requests that the fault itself sent, for the server to cancel
	late     bool // requests may run out of time: over a BEGIN without an answer, or the lock of a transaction orphaned at the server
	resent   bool // transactions were run again after the server had rolled them back, as they are to be
}

var refusing = proxy.Faults{Refuse: true}

// briefly is how long a request may take where a fault lets requests hang until their time is up.
var briefly = map[string]string{"CLOUD_RUN_TIMEOUT_SECONDS": "14"}

// faults are all of the matrix; the first is none.
func faults() []fault {
	return []fault{
		{name: "none"},
		{name: "server down at cold start", before: serverDown, inflict: serverComesUp, alone: true},
		{name: "server restarted", inflict: serverRestarted},
		{name: "server crashed mid-statement", inflict: serverCrashed},
		{name: "idle connections terminated", inflict: idleTerminated},
		{name: "busy connections terminated", inflict: busyTerminated},
		{name: "too many clients (53300)", inflict: tooManyClients},
		{name: "wrong password", inflict: wrongPassword},
		{name: "database missing", inflict: databaseMissing},
		{name: "name without address (DNS)", before: nameless, inflict: nameGiven, alone: true},
		{name: "black hole", settings: briefly, inflict: blackHole},
		{name: "2 s latency", inflict: latency, alone: true},
		{name: "cut after N bytes to the client", inflict: cutToClient},
		{name: "cut after N bytes to the server", inflict: cutToServer},
		{name: "exhausted by slow queries", inflict: exhausted},
		{name: "statement timeout", settings: map[string]string{"DATABASE_STATEMENT_TIMEOUT": "1s"}, inflict: statementTimeout, alone: true},
		{name: "unique violation", inflict: uniqueViolation},
		{name: "deadlock", inflict: deadlock},
		{name: "serialization failure", inflict: serializationFailure},
		{name: "Admin API slow", inflict: adminSlow},
		{name: "Admin API 403", inflict: adminAnswers(403)},
		{name: "Admin API 429", inflict: adminAnswers(429)},
		{name: "Admin API 500", inflict: adminAnswers(500)},
		{name: "certificate expired", inflict: certificateExpired},
		{name: "frozen and thawed", inflict: frozen},
		{name: "both routes down", inflict: bothDown},
	}
}

// road is the workload's own way, and what of it is as it was.
func (c *cell) road() (road *proxy.Proxy, down bool) {
	if c.work == pooled {
		return c.plain, false
	}
	return c.behind, true
}

// login is the one of the workload's own way.
func (c *cell) login() string { return [...]string{"onboarding", directLogin, "sync"}[c.work] }

// counted gives how far a count went while f ran.
func counted(count func() int, f func()) int {
	before := count()
	f()
	return count() - before
}

// strikes lets the load go on until a fault that waits for its chance has struck a few times more; in vain, the rules say
// so.
func (c *cell) strikes(count func() int, more int) {
	ctx, cancel := context.WithTimeout(c.t.Context(), certainly)
	defer cancel()
	enough := count() + more
	for count() < enough && ctx.Err() == nil {
		c.under(20 * time.Millisecond)
	}
}

func blackHole(c *cell) toll {
	road, down := c.road()
	struck := counted(func() int { return road.Stats().Struck.Swallowed }, func() {
		road.SetFaults(proxy.Faults{BlackHole: true})
		c.under(6 * time.Second)
		road.SetFaults(proxy.Faults{})
	})
	return toll{struck: struck, broke: struck, down: down, late: true}
}

func latency(c *cell) toll {
	road, down := c.road()
	struck := counted(func() int { return road.Stats().Struck.Delayed }, func() {
		road.SetFaults(proxy.Faults{ToClient: 2 * time.Second})
		c.under(5 * time.Second)
		road.SetFaults(proxy.Faults{})
	})
	return toll{struck: struck, down: down} // a login takes longer than a dial may
}

func cutToClient(c *cell) toll {
	return cut(c, func(n int64) proxy.Faults { return proxy.Faults{CutToClient: n} })
}

func cutToServer(c *cell) toll {
	return cut(c, func(n int64) proxy.Faults { return proxy.Faults{CutToServer: n} })
}

// cut breaks connections off within the login, right behind it, and within statements.
func cut(c *cell, after func(n int64) proxy.Faults) toll {
	road, down := c.road()
	struck := counted(func() int { return road.Stats().Struck.Cut }, func() {
		for _, n := range []int64{60, 300, 700, 900, 1200, 1700, 2600} {
			road.SetFaults(after(n))
			c.under(300 * time.Millisecond)
		}
		road.SetFaults(proxy.Faults{})
	})
	return toll{struck: struck, broke: struck, down: down}
}

func frozen(c *cell) toll {
	c.program.freeze()
	broke := c.terminate("")
	c.under(3 * time.Second)
	c.program.thaw()
	return toll{struck: 1, broke: broke}
}

func bothDown(c *cell) toll {
	struck := func() int { s := c.instance.Stats().Struck; return c.plain.Stats().Struck.Refused + s.Refuse }
	t := toll{down: true}
	t.struck = counted(struck, func() {
		c.plain.SetFaults(refusing)
		c.instance.SetFaults(cloudsim.SQLFaults{Refuse: true})
		t.broke = c.plain.Kill() + c.instance.Cut()
		c.under(1500 * time.Millisecond)
		c.instance.SetFaults(cloudsim.SQLFaults{})
		if c.work != fallback {
			c.plain.SetFaults(proxy.Faults{})
		}
	})
	return t
}
