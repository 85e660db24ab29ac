package faults_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/train-d/train-d/infra/postgres"
)

func serverDown(c *cell) {
	if c.pushers != nil {
		c.pushers.prepare()
	}
	c.down(c.t.Context())
}

func serverComesUp(c *cell) toll {
	unreached := func() int { return c.plain.Stats().Struck.Unreached + c.behind.Stats().Struck.Unreached }
	struck := counted(unreached, func() {
		c.under(1500 * time.Millisecond)
		c.strikes(unreached, 3)
		c.up(c.t.Context())
	})
	return toll{struck: struck, down: true}
}

func serverRestarted(c *cell) toll {
	t := toll{broke: c.open() + 2, down: true} // two more may be dialled meanwhile
	before := c.running.PID
	c.down(c.t.Context())
	c.up(c.t.Context())
	if c.running.PID != before {
		t.struck = 1
	}
	return t
}

// slowly makes the load's transactions last for a while as f runs, so that some are under way at any time: half of them
// in a statement, half in their COMMIT, where a lost answer hurts most.
func (c *cell) slowly(seconds float64, f func()) {
	c.t.Helper()
	c.do(fmt.Sprintf(`CREATE OR REPLACE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS $$
		BEGIN PERFORM pg_sleep(%f); RETURN NEW; END $$`, seconds))
	for table, when := range map[string]string{"thresholds": "NEW.kind = 'ftp' AND NEW.account_id", "activities": "NEW.id <= 2 AND NEW.id"} {
		c.do(fmt.Sprintf(`CREATE TRIGGER slowly BEFORE INSERT OR UPDATE ON %s FOR EACH ROW WHEN (%s %% 2 = 0) EXECUTE FUNCTION slowly();
			CREATE CONSTRAINT TRIGGER slowly_at_commit AFTER INSERT OR UPDATE ON %[1]s DEFERRABLE INITIALLY DEFERRED
			FOR EACH ROW WHEN (%[2]s %% 2 = 1) EXECUTE FUNCTION slowly()`, table, when))
	}
	f()
	c.do(`DROP FUNCTION slowly CASCADE`)
}

// busy waits for a statement of the programs that is under way, and gives its process.
func (c *cell) busy() (pid int) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), certainly)
	defer cancel()
	err := until(ctx, "a statement under way", func() bool {
		pid = c.number(`SELECT coalesce(min(pid), 0) `+ours+` AND state = 'active' AND wait_event = 'PgSleep'`, c.oid)
		return pid != 0
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return pid
}

func serverCrashed(c *cell) toll {
	t := toll{down: true}
	ctx, cancel := context.WithTimeout(c.t.Context(), certainly)
	defer cancel()
	c.slowly(0.5, func() {
		for t.struck == 0 && ctx.Err() == nil {
			pid := c.busy()
			t.broke = c.open() + 2
			if c.crash(ctx, pid) {
				t.struck = 1
			}
		}
	})
	return t
}

// idleTerminated ends what idles. A pool's connections are hit in a pause of the load, so that none is in use; others
// idle for moments only, between two statements, and are hit then.
func idleTerminated(c *cell) toll {
	if c.work == pooled {
		struck := 0
		c.pause(func() { struck = c.terminate("idle") })
		return toll{struck: struck}
	}
	struck := 0
	c.strikes(func() int { struck += c.terminate("idle"); return struck }, 5)
	return toll{struck: struck, broke: struck}
}

func busyTerminated(c *cell) toll {
	struck := 0
	c.slowly(0.3, func() {
		c.strikes(func() int { struck += c.terminate("active"); return struck }, 3)
	})
	return toll{struck: struck, broke: struck}
}

// relogin breaks logins of the workload's own way by one statement and heals them by another. Connections that there are
// idle and go, so that new ones are needed.
func (c *cell) relogin(complaint, breakIt, healIt string) toll {
	t := toll{down: c.work != pooled}
	t.struck = counted(c.logged(c.database, complaint), func() {
		c.pause(func() {
			c.do(breakIt)
			c.terminate("")
		})
		c.under(1500 * time.Millisecond)
		c.do(healIt)
	})
	return t
}

func tooManyClients(c *cell) toll {
	return c.relogin("FATAL:  too many connections for role", "ALTER ROLE "+c.login()+" CONNECTION LIMIT 0", "ALTER ROLE "+c.login()+" CONNECTION LIMIT -1")
}

func wrongPassword(c *cell) toll {
	return c.relogin("FATAL:  password authentication failed", "ALTER ROLE "+c.login()+" PASSWORD 'another'",
		"ALTER ROLE "+c.login()+" PASSWORD '"+c.password+"'")
}

func databaseMissing(c *cell) toll {
	t := toll{down: true}
	t.struck = counted(c.logged(c.database, "FATAL:  database"), func() {
		c.pause(func() {
			if c.pushers != nil {
				c.pushers.prepare()
			}
			c.terminate("")
			c.rename(c.database, "elsewhere-"+c.database)
		})
		c.under(1500 * time.Millisecond)
		c.rename("elsewhere-"+c.database, c.database)
	})
	return t
}

// rename gives a database another name as soon as nobody is connected to it.
func (c *cell) rename(from, to string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), certainly)
	defer cancel()
	conn := c.connect(ctx, postgres.Superuser)
	defer func() { _ = conn.Close(ctx) }()
	err := until(ctx, "nobody in the database", func() bool {
		_, err := conn.Exec(ctx, fmt.Sprintf(`ALTER DATABASE %q RENAME TO %q`, from, to))
		return err == nil
	})
	if err != nil {
		c.t.Fatal(err)
	}
}

// noName is longer than a label of a name may be: no resolver asks anybody for it.
var noName = strings.Repeat("x", 64) + ".invalid"

func nameless(c *cell) {
	c.settings["DATABASE_URL"] = fmt.Sprintf("postgres://%s:%s@%s:5432/%s?sslmode=disable", "onboarding", c.password, noName, c.database)
	if c.work != pooled { // the connector's way knows one name only, the Admin API's
		c.settings["CLOUD_SQL_ADMIN_API"] = "http://" + noName
	}
}

// nameGiven ends the fault by a new start with the right name, as a deployment would.
func nameGiven(c *cell) toll {
	t := toll{down: c.work != pooled}
	c.under(1500 * time.Millisecond)
	c.pause(func() {
		t.struck = c.program.said(`"cause":"dns"`) + c.program.said("no such host")
		c.program.stop()
		delete(c.settings, "DATABASE_URL")
		delete(c.settings, "CLOUD_SQL_ADMIN_API")
		c.program.start(c.environment(c.program.name, c.program.port, c.settings))
	})
	return t
}
