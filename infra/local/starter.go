package local

import "runtime"

// starter is where programs are started: on Linux a child can be told to die with its parent, but the kernel takes the
// thread that started it for the parent, and Go's threads come and go. This one stays as long as the process.
var starter = make(chan func())

func init() {
	go func() {
		runtime.LockOSThread()
		for start := range starter {
			start()
		}
	}()
}

// onStarter runs start on the thread that stays.
func onStarter(start func() error) (err error) {
	done := make(chan struct{})
	starter <- func() {
		defer close(done)
		err = start()
	}
	<-done
	return err
}
