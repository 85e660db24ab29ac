package database

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"cloud.google.com/go/cloudsqlconn"
	"golang.org/x/oauth2"

	"github.com/train-d/train-d/shared/config"
)

// connectors are the process's Cloud SQL dialers, each shared by pool and direct connections: it holds the instance's
// address and the client's certificate. A process has one set of settings, and so one dialer.
var connectors struct {
	mu  sync.Mutex
	all map[connectorKey]*cloudsqlconn.Dialer // each made at the first dial and kept only on success
}

// connectorKey is what a dialer was made for.
type connectorKey struct {
	adminAPI string
	iamLogin bool
}

// connectorDial dials through the connector. The dialer refreshes its certificate under a lock that knows no context, so
// each dial waits in a goroutine and its caller leaves when the context ends.
func connectorDial(cfg config.Database) func(ctx context.Context, network, addr string) (net.Conn, error) {
	return func(ctx context.Context, _, _ string) (net.Conn, error) {
		d, err := connectorDialer(cfg)
		if err != nil {
			return nil, err
		}
		ctx, cancel := context.WithTimeout(ctx, cfg.ConnectTimeout)
		w := &way{}
		type result struct {
			conn net.Conn
			err  error
		}
		dialled := make(chan result, 1)
		go func() {
			conn, err := d.Dial(ctx, cfg.Instance, w.options(cfg)...)
			dialled <- result{conn, err}
		}()
		select {
		case r := <-dialled:
			cancel() // not before: an ended context beside the result would be as good to select
			if r.err != nil {
				return nil, &connectorError{err: r.err, reached: w.reached.Load()}
			}
			return &connectorConn{Conn: r.conn, socket: w.socket}, nil
		case <-ctx.Done():
			go func() {
				r := <-dialled
				cancel()
				if r.conn != nil {
					_ = r.conn.Close() // nobody waits for it any more
				}
			}()
			return nil, &connectorError{err: ctx.Err(), reached: w.reached.Load()}
		}
	}
}

// way is how far one dial came.
type way struct {
	reached atomic.Bool // the Admin API has answered: the instance itself is being dialled
	socket  net.Conn    // to the instance; its dialler's alone until the dial has ended
}

func (w *way) options(cfg config.Database) []cloudsqlconn.DialOption {
	address := cloudsqlconn.WithPrivateIP()
	if cfg.IPType == "public" {
		address = cloudsqlconn.WithPublicIP()
	}
	return []cloudsqlconn.DialOption{
		address,
		cloudsqlconn.WithDialIAMAuthN(cfg.IAMLogin),
		cloudsqlconn.WithOneOffDialFunc(func(ctx context.Context, network, addr string) (net.Conn, error) {
			w.reached.Store(true)
			var (
				d   net.Dialer
				err error
			)
			w.socket, err = d.DialContext(ctx, network, addr)
			return w.socket, err
		}),
	}
}

// connectorConn is a connection through the connector that can be looked through: its socket tells a dead connection
// from a live one without a round trip.
type connectorConn struct {
	net.Conn
	socket net.Conn
}

// NetConn is the connection under the connector's TLS.
func (c *connectorConn) NetConn() net.Conn { return c.socket }

// Read reads. With TLS 1.3 it is the first read that says that the instance would not have the client's certificate,
// after a handshake that looked well.
func (c *connectorConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	var alert *net.OpError
	if errors.As(err, &alert) && alert.Op == "remote error" {
		err = &errCertificate{connectorError{err: err, reached: true}}
	}
	return n, err
}

// connectorError is a failure on the connector's way. Up to the instance it is the connector's own, be it the Admin API
// or the certificate; from there on it is one of the network, as on any other route.
type connectorError struct {
	err     error
	reached bool
}

func (e *connectorError) Error() string { return fmt.Sprintf("connector: %v", e.err) }

// Unwrap hides what the connector's own failure was: the driver would put its own error in the place of any that timed
// out, and the class would be lost with it.
func (e *connectorError) Unwrap() error {
	if e.reached || errors.Is(e.err, context.Canceled) {
		return e.err
	}
	return nil
}

// errCertificate says that the instance refused the client's certificate. The dialer has forgotten it by then, and
// fetches another for the next dial.
type errCertificate struct{ connectorError }

func (e *errCertificate) Unwrap() error { return &e.connectorError }

func refusedCertificate(err error) bool {
	var refused *errCertificate
	return errors.As(err, &refused)
}

func connectorDialer(cfg config.Database) (*cloudsqlconn.Dialer, error) {
	connectors.mu.Lock()
	defer connectors.mu.Unlock()
	key := connectorKey{cfg.AdminAPI, cfg.IAMLogin}
	if d, ok := connectors.all[key]; ok {
		return d, nil
	}
	options := []cloudsqlconn.Option{
		cloudsqlconn.WithLazyRefresh(),         // timers do not run in a frozen instance
		cloudsqlconn.WithBuiltInMetrics(false), // they need a client, a role and a goroutine of their own
		cloudsqlconn.WithUserAgent("train-d/1"),
		cloudsqlconn.WithRefreshTimeout(cfg.ConnectTimeout),
	}
	if cfg.IAMLogin {
		options = append(options, cloudsqlconn.WithIAMAuthN())
	}
	if cfg.AdminAPI != "" { // a stand-in, which knows no Google account
		options = append(options, cloudsqlconn.WithAdminAPIEndpoint(cfg.AdminAPI))
		if cfg.IAMLogin {
			options = append(options, cloudsqlconn.WithIAMAuthNTokenSources(localToken{}, localToken{}))
		} else {
			options = append(options, cloudsqlconn.WithTokenSource(localToken{}))
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), cfg.ConnectTimeout)
	defer cancel()
	d, err := cloudsqlconn.NewDialer(ctx, options...)
	if err != nil {
		return nil, &connectorError{err: err}
	}
	if connectors.all == nil {
		connectors.all = map[connectorKey]*cloudsqlconn.Dialer{}
	}
	connectors.all[key] = d
	return d, nil
}

// localToken is what a stand-in of the Admin API gets for a token. A login token's end caps the certificate's, so it
// must not be that of the process's start.
type localToken struct{}

// Token implements oauth2.TokenSource.
func (localToken) Token() (*oauth2.Token, error) {
	return &oauth2.Token{AccessToken: "local", Expiry: time.Now().Add(24 * time.Hour)}, nil
}

// CloseConnector closes the process's dialer, where one was made. Call it at shutdown, after pools and sessions.
func CloseConnector() error {
	connectors.mu.Lock()
	all := connectors.all
	connectors.all = nil
	connectors.mu.Unlock()
	var errs []error
	for _, d := range all {
		errs = append(errs, d.Close())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close connector: %w", err)
	}
	return nil
}
