package database_test

import (
	"strings"
	"testing"

	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/database"
)

// A setting that the driver cannot read must end the start, and not hide behind the other route (I01).
func TestCheckFindsRoutesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		dsn, instance string
		good          bool
	}{
		"a URL":                 {"postgres://somebody:hidden-word@127.0.0.1:5432/train-d", "", true},
		"a socket":              {"host=/var/run/postgresql user=somebody password=hidden-word dbname=train-d", "", true},
		"nothing":               {"", "", true},
		"a port in words":       {"host=127.0.0.1 port=abc password=hidden-word", "", false},
		"an unknown mode":       {"postgres://somebody:hidden-word@127.0.0.1/train-d?sslmode=bogus", "", false},
		"one of two unreadable": {"host=127.0.0.1 port=abc password=hidden-word", "project:region:instance", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := database.Check(config.Database{URL: config.NewSecret(test.dsn), Instance: test.instance})
			if (err == nil) != test.good {
				t.Errorf("Check gives %v", err)
			}
			if err != nil && (!strings.Contains(err.Error(), "DATABASE_URL") || strings.Contains(err.Error(), "hidden-word")) {
				t.Errorf("the error %q must name the setting and hide its value", err)
			}
		})
	}
}
