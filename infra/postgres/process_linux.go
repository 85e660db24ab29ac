package postgres

import "syscall"

// dieWithParent has the kernel ask the child for a fast shutdown when the thread that started it ends, so that even a
// killed parent leaves no server behind. The parent must keep that thread for as long as the child is to live.
func dieWithParent(attr *syscall.SysProcAttr) {
	attr.Pdeathsig = syscall.SIGINT
}
