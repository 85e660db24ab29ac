package database

import (
	"context"
	"fmt"
	"net"
	"sync"
	"time"

	"cloud.google.com/go/cloudsqlconn"
	"golang.org/x/oauth2"

	"github.com/train-d/train-d/shared/config"
)

// connector is the process's one Cloud SQL dialer, shared by pool and direct connections: it holds the instance's
// address and the client's certificate.
var connector struct {
	mu     sync.Mutex
	dialer *cloudsqlconn.Dialer // made at the first dial and kept only on success
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
		type result struct {
			conn net.Conn
			err  error
		}
		dialled := make(chan result, 1)
		go func() {
			defer cancel()
			conn, err := d.Dial(ctx, cfg.Instance, dialOptions(cfg)...)
			dialled <- result{conn, err}
		}()
		select {
		case r := <-dialled:
			if r.err != nil {
				return nil, &connectorError{r.err}
			}
			return r.conn, nil
		case <-ctx.Done():
			go func() {
				if r := <-dialled; r.conn != nil {
					_ = r.conn.Close() // nobody waits for it any more
				}
			}()
			return nil, &connectorError{ctx.Err()}
		}
	}
}

// connectorError is a failure of the connector: the Admin API, the certificate, or the instance's proxy port.
type connectorError struct{ err error }

func (e *connectorError) Error() string { return fmt.Sprintf("connector: %v", e.err) }
func (e *connectorError) Unwrap() error { return e.err }

func connectorDialer(cfg config.Database) (*cloudsqlconn.Dialer, error) {
	connector.mu.Lock()
	defer connector.mu.Unlock()
	if connector.dialer != nil {
		return connector.dialer, nil
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
		token := oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "local", Expiry: time.Now().Add(24 * time.Hour)})
		if cfg.IAMLogin {
			options = append(options, cloudsqlconn.WithIAMAuthNTokenSources(token, token))
		} else {
			options = append(options, cloudsqlconn.WithTokenSource(token))
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), cfg.ConnectTimeout)
	defer cancel()
	d, err := cloudsqlconn.NewDialer(ctx, options...)
	if err != nil {
		return nil, &connectorError{err}
	}
	connector.dialer = d
	return d, nil
}

func dialOptions(cfg config.Database) []cloudsqlconn.DialOption {
	address := cloudsqlconn.WithPrivateIP()
	if cfg.IPType == "public" {
		address = cloudsqlconn.WithPublicIP()
	}
	return []cloudsqlconn.DialOption{address, cloudsqlconn.WithDialIAMAuthN(cfg.IAMLogin)}
}

// CloseConnector closes the process's dialer, where one was made. Call it at shutdown, after pools and sessions.
func CloseConnector() error {
	connector.mu.Lock()
	d := connector.dialer
	connector.dialer = nil
	connector.mu.Unlock()
	if d == nil {
		return nil
	}
	if err := d.Close(); err != nil {
		return fmt.Errorf("close connector: %w", err)
	}
	return nil
}
