package database

import "context"

// Opener gives each piece of work its Database, and the function that ends its use. Settings choose the kind, the work
// does not know.
type Opener interface {
	Open() (db Database, end func(context.Context))
}

// AsOpener opens a session of its own for each piece of work.
func (d *Direct) AsOpener() Opener { return directOpener{d} }

// AsOpener gives each piece of work the pool.
func (p *Pooled) AsOpener() Opener { return pooledOpener{p} }

type directOpener struct{ direct *Direct }

func (o directOpener) Open() (Database, func(context.Context)) {
	s := o.direct.Open()
	return s, s.Close
}

type pooledOpener struct{ pool *Pooled }

func (o pooledOpener) Open() (Database, func(context.Context)) {
	return o.pool, func(context.Context) {}
}
