package faults_test

import "syscall"

// attributes put a program into a group of its own, which ends with this process, frozen or not.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
