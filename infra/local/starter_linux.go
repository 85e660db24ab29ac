package local

import "syscall"

// attributes put a program into a group of its own, and let it be stopped should this process be killed.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
