// Package database is the conditional connection to Postgres. It knows no table.
//
// Interactive work runs on a warm pool that falls back to a direct connection ([Pooled]); background work runs on one
// direct connection of its own ([Direct], [Session]). Both hand out the same [Conn] and run the same transactions, so
// which of them a workload gets is a matter of settings.
//
// A fallback happens only before a statement was sent: the pool could not be built, a dial or a login failed, or the
// pool stayed busy for longer than the acquire timeout. What may have reached the server is never run a second time.
// judge.go holds the rules as one table.
package database
