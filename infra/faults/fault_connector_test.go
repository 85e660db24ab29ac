package faults_test

import (
	"time"

	"github.com/train-d/train-d/infra/cloudsim"
	"github.com/train-d/train-d/infra/faults/proxy"
)

// needed makes the Admin API needed while f runs: a certificate that the connector may have has expired, and a pool's own
// way is closed. It gives how many connections that broke.
func (c *cell) needed(f func()) (broke int) {
	c.instance.ExpireCertificates()
	if c.work != pooled {
		f()
		return 0
	}
	c.plain.SetFaults(refusing)
	broke = c.plain.Kill()
	f()
	c.plain.SetFaults(proxy.Faults{})
	return broke
}

// adminSlow is slow enough to be seen, and faster than a dial's limit.
func adminSlow(c *cell) toll {
	var t toll
	t.struck = counted(func() int { return c.instance.Stats().Struck.AdminDelay }, func() {
		c.instance.SetFaults(cloudsim.SQLFaults{AdminDelay: 1500})
		t.broke = c.needed(func() { c.under(4 * time.Second) })
		c.instance.SetFaults(cloudsim.SQLFaults{})
	})
	return t
}

func adminAnswers(status int) func(c *cell) toll {
	return func(c *cell) toll {
		t := toll{down: true}
		t.struck = counted(func() int { return c.instance.Stats().Struck.AdminStatus }, func() {
			c.instance.SetFaults(cloudsim.SQLFaults{AdminStatus: status})
			lasts := 1500 * time.Millisecond
			if status >= 500 {
				lasts = 7 * time.Second // which the connector tries again on its own account for 5 s
			}
			t.broke = c.needed(func() { c.under(lasts) })
			c.instance.SetFaults(cloudsim.SQLFaults{})
		})
		return t
	}
}

// certificateExpired lets the instance refuse a certificate that the connector takes for valid.
func certificateExpired(c *cell) toll {
	var t toll
	t.broke = c.needed(func() {
		if c.work == pooled { // whose connector may not have been asked yet; a certificate that ends twice within a dial is no fault
			c.strikes(func() int { return c.instance.Stats().Logins }, 2*fallbackMax)
		}
		expired := func() int { return c.instance.Stats().Struck.Expired }
		t.struck = counted(expired, func() {
			c.instance.ExpireCertificates()
			c.strikes(expired, 1)
			c.under(time.Second)
		})
	})
	return t
}
