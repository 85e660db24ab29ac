// Package migrations holds the numbered SQL of the database schema.
//
// Migrations only go forward: each expands the schema so that the release before it still works, and a contraction
// ships one release after the code that no longer needs what it drops. The Migrate function embeds and applies them.
package migrations

import "embed"

// FS holds one file per migration, named NNNN_subject.sql, in goose's format.
//
//go:embed *.sql
var FS embed.FS
