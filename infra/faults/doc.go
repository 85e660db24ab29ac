// Package faults proves the conditional connection against real faults. Its tests start the programs as they are staged
// for deployment, put them to work, break what is around them, and hold what clients were told against what the database
// has: the fault matrix, the proof of freezing and thawing, and the soak. infra/playbooks/database.md says how to read
// them.
package faults
