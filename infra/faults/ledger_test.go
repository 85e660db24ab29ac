package faults_test

import (
	"fmt"
	"regexp"
)

// auditSQL writes down what is done, in the transaction that does it: what is rolled back leaves nothing. struck counts
// strikes of faults that are made of SQL; a sequence is not rolled back.
const auditSQL = `
CREATE SEQUENCE struck;
GRANT USAGE ON SEQUENCE struck TO PUBLIC;
CREATE TABLE audit (transaction bigint NOT NULL DEFAULT txid_current(), deed text NOT NULL, key text NOT NULL);
CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    r jsonb := CASE TG_OP WHEN 'DELETE' THEN to_jsonb(OLD) ELSE to_jsonb(NEW) END;
BEGIN
    INSERT INTO audit (deed, key) SELECT TG_ARGV[0], CASE TG_ARGV[0]
        WHEN 'register' THEN r->>'email'
        WHEN 'patch' THEN concat_ws('/', r->>'account_id', r->>'kind', r->>'value')
        WHEN 'figures' THEN r->>'account_id'
        WHEN 'done' THEN concat_ws('/', r->>'account_id', r->>'id') END;
    RETURN NULL;
END $$;
CREATE TRIGGER audit AFTER INSERT ON accounts FOR EACH ROW EXECUTE FUNCTION audit('register');
CREATE TRIGGER audit AFTER INSERT OR UPDATE ON thresholds FOR EACH ROW WHEN (NEW.kind IN ('ftp', 'weight'))
    EXECUTE FUNCTION audit('patch');
CREATE TRIGGER audit AFTER UPDATE ON activities FOR EACH ROW EXECUTE FUNCTION audit('figures');
CREATE TRIGGER audit AFTER DELETE ON due_work FOR EACH ROW EXECUTE FUNCTION audit('done');`

// books are what the database has of deeds, and how often each reached the server.
type books struct {
	applied map[string]int // by key: e-mail address, account/kind/value, account/due row
	reached map[string]int // statements that carried the key, in the server's log
	partly  []string       // due rows that are done and whose effect is not there in the same transaction, or more than once
}

// What the parameters of the telling statements look like in the server's log.
var (
	registered = regexp.MustCompile(`^DETAIL:  parameters: \$1 = '([^']+@[^']+)', \$2 = '\$argon2id`)
	patched    = regexp.MustCompile(`^DETAIL:  parameters: \$1 = '(\d+)', \$2 = '\{(ftp|weight)\}', \$3 = '\{""\}', \$4 = '\{\d+\}', \$5 = '\{([0-9.]+)\}'$`)
	finished   = regexp.MustCompile(`^DETAIL:  parameters: \$1 = '(\d+)', \$2 = '[0-9a-f-]{36}', \$3 = '\d+'$`)
)

// audit reads the books. Nothing may be under way any more.
func (s *site) audit() books {
	s.t.Helper()
	b := books{applied: map[string]int{}, reached: map[string]int{}}
	ctx := s.t.Context()
	conn := s.connect(ctx, s.database)
	defer func() { _ = conn.Close(ctx) }()
	rows, err := conn.Query(ctx, `SELECT key, count(*) FROM audit WHERE deed <> 'figures' GROUP BY key`)
	if err != nil {
		s.t.Fatal(err)
	}
	for rows.Next() {
		var key string
		var n int
		if err := rows.Scan(&key, &n); err != nil {
			s.t.Fatal(err)
		}
		b.applied[key] = n
	}
	if rows.Err() != nil {
		s.t.Fatal(rows.Err())
	}
	rows, err = conn.Query(ctx, `
		SELECT done.key, (SELECT count(*) FROM audit AS figures WHERE figures.deed = 'figures'
			AND figures.key = split_part(done.key, '/', 1) AND figures.transaction = done.transaction)
		FROM audit AS done WHERE done.deed = 'done'`)
	if err != nil {
		s.t.Fatal(err)
	}
	for rows.Next() {
		var key string
		var n int
		if err := rows.Scan(&key, &n); err != nil {
			s.t.Fatal(err)
		}
		if n != activitiesEach {
			b.partly = append(b.partly, fmt.Sprintf("%s: %d activities in its transaction, want %d", key, n, activitiesEach))
		}
	}
	if rows.Err() != nil {
		s.t.Fatal(rows.Err())
	}
	s.lines(s.database, 0, func(line string) {
		if found := registered.FindStringSubmatch(line); found != nil {
			b.reached[found[1]]++
		} else if found := patched.FindStringSubmatch(line); found != nil {
			b.reached[found[1]+"/"+found[2]+"/"+found[3]]++
		} else if found := finished.FindStringSubmatch(line); found != nil {
			b.reached["due "+found[1]]++
		}
	})
	return b
}
