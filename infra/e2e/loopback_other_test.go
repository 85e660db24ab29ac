//go:build !linux

package e2e_test

import (
	"testing"

	"github.com/train-d/train-d/infra/local"
)

func everythingListensOnLoopback(t *testing.T, _ local.Info) {
	t.Skip("skipped: only Linux tells which program listens where")
}

func portsAreNotGivenOut(t *testing.T, _ local.Info) {
	t.Skip("skipped: only Linux tells which ports its kernel gives out")
}
