package faults_test

import (
	"fmt"
	"sync"
	"time"
)

// sequence is what the faults that are made of SQL have counted.
func (c *cell) sequence() int {
	c.t.Helper()
	ctx := c.t.Context()
	conn := c.connect(ctx, c.database)
	defer func() { _ = conn.Close(ctx) }()
	var n int
	if err := conn.QueryRow(ctx, `SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM struck`).Scan(&n); err != nil {
		c.t.Fatal(err)
	}
	return n
}

// meets lets certain rows meet some SQL before they are written, while f runs. nextval('struck') counts.
func (c *cell) meets(table, event, when, body string, f func()) (struck int) {
	c.t.Helper()
	c.do(`CREATE OR REPLACE FUNCTION meet() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ` + body + ` RETURN NEW; END $$`)
	c.do(fmt.Sprintf(`CREATE TRIGGER meet BEFORE %s ON %s FOR EACH ROW WHEN (%s) EXECUTE FUNCTION meet()`, event, table, when))
	struck = counted(c.sequence, f)
	c.do(`DROP TRIGGER meet ON ` + table)
	return struck
}

// helpersPatch lets all helpers change their weight at once, which no other load does, and waits.
func (c *cell) helpersPatch(n int) {
	var all sync.WaitGroup
	for _, p := range c.helpers[:n] {
		all.Go(func() { c.visitors.patch(p, "weight") })
	}
	all.Wait()
}

const (
	weights = "NEW.kind = 'weight'"
	ftps    = "NEW.kind = 'ftp'"
	firsts  = "NEW.id = 1" // the first of an athlete's activities
)

// exhausted lets slow queries take every pooled connection, and more.
func exhausted(c *cell) toll {
	const slow = `PERFORM nextval('struck'); PERFORM pg_sleep(1.5);`
	if c.work == direct {
		return toll{struck: c.meets("activities", "UPDATE", firsts, slow, func() { c.strikes(c.sequence, 4) })}
	}
	return toll{beyond: true, struck: c.meets("thresholds", "INSERT", weights, slow, func() {
		n := counted(func() int { return c.program.said(`"cause":"exhausted"`) }, func() { c.helpersPatch(len(c.helpers)) })
		if c.work == pooled && n == 0 {
			c.t.Error("no fallback because of exhaustion: the pool was not exhausted")
		}
	})}
}

// statementTimeout lets the fault's own requests run into the server's limit; the load must not notice.
func statementTimeout(c *cell) toll {
	const endless = `PERFORM nextval('struck'); PERFORM pg_sleep(60);`
	t := toll{timeouts: 4}
	if c.work == fallback {
		t.timeouts = 1 // more would go beyond the bound
	}
	if c.work == direct {
		t.timeouts = 1
		a := c.pushers.athletes[0].account
		t.struck = c.meets("activities", "UPDATE", fmt.Sprintf("NEW.account_id = %d AND NEW.id = 1", a), endless, func() {
			c.strikes(c.sequence, 1)
		})
		return t
	}
	t.struck = c.meets("thresholds", "INSERT", weights, endless, func() { c.helpersPatch(t.timeouts) })
	return t
}

// uniqueViolation is an answer like any other: nothing falls back, nothing is tried again.
func uniqueViolation(c *cell) toll {
	if c.work == direct {
		const refuse = `PERFORM nextval('struck'); RAISE unique_violation USING MESSAGE = 'by order';`
		a := c.pushers.athletes[0].account
		return toll{struck: c.meets("activities", "UPDATE", fmt.Sprintf("NEW.account_id = %d", a), refuse, func() { c.strikes(c.sequence, 1) })}
	}
	return toll{struck: counted(c.logged(c.database, `violates unique constraint "accounts_email_key"`), func() {
		for _, p := range c.helpers {
			c.visitors.register(p, p.email)
		}
	})}
}

// deadlock lets transactions take two locks in opposite order.
func deadlock(c *cell) toll {
	const cross = `PERFORM pg_advisory_xact_lock(1 + NEW.account_id % 2); PERFORM pg_sleep(0.1); PERFORM pg_advisory_xact_lock(2 - NEW.account_id % 2);`
	table, event, when := "thresholds", "INSERT", ftps
	if c.work == direct {
		table, event, when = "activities", "UPDATE", firsts
	}
	detected := c.logged(c.database, "ERROR:  deadlock detected")
	struck := counted(detected, func() {
		c.meets(table, event, when, cross, func() { c.strikes(detected, 3) })
	})
	return toll{struck: struck, resent: true}
}

// serializationFailure lets two of three transactions fail.
func serializationFailure(c *cell) toll {
	const fail = `IF nextval('struck') % 3 > 0 THEN RAISE serialization_failure USING MESSAGE = 'by order'; END IF;`
	table, event, when := "thresholds", "INSERT", ftps
	if c.work == direct {
		table, event, when = "activities", "UPDATE", firsts
	}
	struck := counted(c.logged(c.database, "ERROR:  by order"), func() {
		c.meets(table, event, when, fail, func() { c.under(1500 * time.Millisecond) })
	})
	return toll{struck: struck, resent: true}
}
