package cloudsim

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"sync"
	"time"
)

// sqlPort is where an instance's endpoint listens and where every connector dials it.
const sqlPort = "3307"

// SQLConfig describes a Cloud SQL instance to simulate.
type SQLConfig struct {
	// Project, Region and Instance make the instance's connection name. Required.
	Project, Region, Instance string
	// Backend is the Postgres behind it, host:port, reached without TLS. Required.
	Backend string
	// Port is that of the Admin API and of the control API on 127.0.0.1; 0 means a free one.
	Port int
	// PublicIP and PrivateIP are loopback addresses; the endpoint listens on their port 3307, where the connector dials.
	// By default free ones of 127.0.0.0/8 are taken, of which other systems than Linux serve only 127.0.0.1, for one
	// instance at a time and for both kinds of address.
	PublicIP, PrivateIP string
	// CertificateLifetime is how long a client's certificate is valid; 1 h by default, as in the cloud. The connector
	// fetches another 4 min before the end.
	CertificateLifetime time.Duration
	// IAMLogins are the users who may log in by IAM, and as which login of the backend each does so.
	IAMLogins map[string]SQLLogin
	// Log gets what the instance has to say; nil means nothing is logged.
	Log *slog.Logger
}

// SQLLogin is a login of the backend.
type SQLLogin struct{ User, Password string }

// SQLInstance is a running Cloud SQL instance: its Admin API, an endpoint that demands the client certificate which the
// Admin API gave, and the plain port of its private address. Both carry bytes to Postgres.
type SQLInstance struct {
	config      SQLConfig
	log         *slog.Logger
	servers     *authority // signs what the endpoint shows
	clients     *authority // signs what the Admin API hands out
	shown       map[string]tls.Certificate
	admin       *http.Server
	adminAddr   string
	endpoints   []net.Listener
	plain       net.Listener
	tls         *tls.Config
	state       sqlState
	ctx         context.Context
	cancel      context.CancelFunc
	running     sync.WaitGroup
	closing     sync.Once
	closeResult error
}

// StartSQL starts an instance and returns when connectors may dial it. It ends with the context or with
// [SQLInstance.Close], whichever comes first.
func StartSQL(ctx context.Context, config SQLConfig) (*SQLInstance, error) {
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	setDefault(&config.CertificateLifetime, time.Hour)
	if config.Project == "" || config.Region == "" || config.Instance == "" || config.Backend == "" {
		return nil, errors.New("start Cloud SQL instance: project, region, instance and backend are all needed")
	}
	i := &SQLInstance{config: config, log: config.Log}
	i.state.connections = map[*sqlConnection]struct{}{}
	i.state.keys = map[[32]byte]struct{}{}
	i.ctx, i.cancel = context.WithCancel(ctx)
	if err := i.open(); err != nil {
		return nil, errors.Join(fmt.Errorf("start Cloud SQL instance: %w", err), i.Close())
	}
	context.AfterFunc(i.ctx, func() { _ = i.Close() })
	return i, nil
}

func (i *SQLInstance) open() error {
	if err := i.makeCertificates(); err != nil {
		return err
	}
	private, err := listenSQL(i.config.PrivateIP)
	if err != nil {
		return err
	}
	i.endpoints = append(i.endpoints, private)
	i.config.PrivateIP = hostOf(private)
	if i.config.PublicIP == "" && runtime.GOOS != "linux" {
		i.config.PublicIP = i.config.PrivateIP
	}
	if i.config.PublicIP != i.config.PrivateIP {
		public, err := listenSQL(i.config.PublicIP)
		if err != nil {
			return err
		}
		i.endpoints = append(i.endpoints, public)
		i.config.PublicIP = hostOf(public)
	}
	// Not Postgres's own port: a server on all of the machine's addresses has it everywhere.
	if i.plain, err = net.Listen("tcp", net.JoinHostPort(i.config.PrivateIP, "0")); err != nil {
		return fmt.Errorf("plain port: %w", err)
	}
	admin, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(i.config.Port)))
	if err != nil {
		return fmt.Errorf("port %d for the Cloud SQL Admin API is taken: stop what uses it or choose another: %w", i.config.Port, err)
	}
	i.adminAddr = admin.Addr().String()
	i.admin = &http.Server{Handler: i.adminHandler(), ReadHeaderTimeout: 10 * time.Second}
	i.running.Go(func() {
		if err := i.admin.Serve(admin); !errors.Is(err, http.ErrServerClosed) {
			i.log.Error("Cloud SQL Admin API broke", "error", err)
		}
	})
	for _, endpoint := range i.endpoints {
		i.running.Go(func() { i.accept(endpoint, i.serve) })
	}
	i.running.Go(func() { i.accept(i.plain, i.relay) })
	i.log.Info("Cloud SQL instance started", "instance", i.ConnectionName(), "admin_api", i.AdminURL(),
		"public", i.config.PublicIP, "private", i.config.PrivateIP, "plain", i.PlainAddress())
	return nil
}

// listenSQL listens on the port that connectors dial, on the given loopback address or on one that is free.
func listenSQL(ip string) (net.Listener, error) {
	switch {
	case ip != "":
		if parsed := net.ParseIP(ip); parsed == nil || !parsed.IsLoopback() {
			return nil, fmt.Errorf("address %q: only loopback addresses are served", ip)
		}
		return listenOn(ip)
	case runtime.GOOS != "linux":
		return listenOn("127.0.0.1")
	}
	for attempt := 0; ; attempt++ {
		ip := net.IPv4(127, byte(1+rand.IntN(254)), byte(rand.IntN(256)), byte(1+rand.IntN(254)))
		listener, err := listenOn(ip.String())
		if err == nil || attempt == 20 {
			return listener, err
		}
	}
}

func listenOn(ip string) (net.Listener, error) {
	listener, err := net.Listen("tcp", net.JoinHostPort(ip, sqlPort))
	if err != nil {
		return nil, fmt.Errorf("connectors dial port %s, which is taken on %s: stop what uses it: %w", sqlPort, ip, err)
	}
	return listener, nil
}

func hostOf(l net.Listener) string { return l.Addr().(*net.TCPAddr).IP.String() }

// ConnectionName is the instance's name for connectors, project:region:instance.
func (i *SQLInstance) ConnectionName() string {
	return i.config.Project + ":" + i.config.Region + ":" + i.config.Instance
}

// AdminURL is where the Admin API answers, without a path, for CLOUD_SQL_ADMIN_API. The control API stands there too.
func (i *SQLInstance) AdminURL() string { return "http://" + i.adminAddr }

// Addresses are host and port of the endpoint: of the public address and of the private one.
func (i *SQLInstance) Addresses() (public, private string) {
	return net.JoinHostPort(i.config.PublicIP, sqlPort), net.JoinHostPort(i.config.PrivateIP, sqlPort)
}

// PlainAddress is host and port of the private address where Postgres itself is spoken, without the connector.
func (i *SQLInstance) PlainAddress() string { return i.plain.Addr().String() }

// Close ends the instance and its connections, and returns when all of it has ended. A second call waits for the first.
func (i *SQLInstance) Close() error {
	i.closing.Do(func() {
		i.cancel()
		if i.admin != nil {
			i.closeResult = i.admin.Close()
		}
		for _, endpoint := range i.endpoints {
			i.closeResult = errors.Join(i.closeResult, endpoint.Close())
		}
		if i.plain != nil {
			i.closeResult = errors.Join(i.closeResult, i.plain.Close())
		}
		i.state.closeAll()
		i.running.Wait()
	})
	return i.closeResult
}
